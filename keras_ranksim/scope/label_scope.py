"""Where layers find the labels of the batch, and where they leave their loss terms."""

import contextlib
import threading

import keras
from keras import ops

from keras_ranksim.scope.global_batch import replica_count

_scopes = threading.local()


class LabelScope:
    """The labels of one training step, and the loss terms that layers leave for its end.

    A scope belongs to one thread, so the replicas of a distribution strategy, each with a thread
    of its own, do not see one another's. Terms are evaluated after the forward pass: some need
    the predictions, and some wait for other replicas, which must not happen during it.

    Args:
        labels: Labels of the batch, one row per sample.
        sample_weight: Optional weights of the samples.
        views: How many views of every sample the batch holds, one after the other.

    Attributes:
        noise: The noise scale that a `NoiseScale` layer learns, for `BalancedMSE`.
        layer_losses: What the layers of this replica gave to `add_loss`, once the forward pass
            is over.
    """

    def __init__(self, labels, sample_weight=None, views=1):
        self.labels = _tensors(labels)
        self.sample_weight = _tensors(sample_weight)
        self.is_traced = _is_traced()
        self.views = views
        self.noise = None
        self.layer_losses = None
        self._terms = []

    def add_loss(self, term) -> None:
        """Leaves a term: a scalar, or a function from the predictions to a scalar."""
        self._terms.append(term)

    @property
    def has_terms(self) -> bool:
        """Whether any layer left a term."""
        return bool(self._terms)

    def total_loss(self, predictions=None):
        """The sum of what the layers left, a float32 scalar."""
        total = ops.zeros((), dtype="float32")
        for term in self._terms:
            total = total + ops.cast(term(predictions) if callable(term) else term, "float32")
        return total


@contextlib.contextmanager
def label_scope(labels, sample_weight=None, views=1):
    """Gives the layers called inside it the labels of the batch, for a custom training loop.

    `ImbalancedRegressor.fit` opens this scope by itself.

    Args:
        labels, sample_weight, views: As in `LabelScope`.

    Yields:
        The `LabelScope`. Add `scope.total_loss(predictions)` to the loss: it holds the terms of
        this library's layers, which leave none in `model.losses` while a scope is open.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> features = keras.random.normal((8, 4), seed=0)
    >>> layer = kr.layers.RankSimRegularizer(gamma=1.0)
    >>> with kr.label_scope(labels=[20, 30, 40, 50, 60, 70, 80, 90]) as scope:
    ...     outputs = layer(features, training=True)
    >>> float(scope.total_loss()) > 0
    True
    """
    scope = LabelScope(labels, sample_weight, views)
    stack = _stack()
    stack.append(scope)
    try:
        yield scope
    finally:
        stack.pop()


def current_scope() -> LabelScope | None:
    """The innermost scope of this thread, or `None`."""
    stack = _stack()
    return stack[-1] if stack else None


def labels_for(layer, labels=None):
    """The labels a layer was called with, or those of the scope; an error names what is missing.

    Args:
        layer: The layer; its `label` says which labels to take if the model has several outputs.
        labels: What the layer was called with, or `None`.
    """
    scope = current_scope()
    if labels is not None:
        return ops.convert_to_tensor(labels)
    if scope is None or scope.labels is None:
        kind = type(layer).__name__
        raise ValueError(
            f"{kind} '{layer.name}' needs the labels of the batch during training. Provide them "
            "in one of three ways: build the model as keras_ranksim.ImbalancedRegressor and call "
            f"`fit`; call the layer with them, `{kind}()(features, labels)`, from an optional "
            "`keras.Input`; or run the model inside `with keras_ranksim.label_scope(labels):`. To "
            "predict with dropout, call keras_ranksim.plain_model(model) instead."
        )
    if _is_traced() and not scope.is_traced:
        raise ValueError(
            "`label_scope` must be opened inside the compiled step, or all batches get the labels "
            f"of the first one. Received: {type(layer).__name__} '{layer.name}' in a function "
            "compiled by TensorFlow or JAX, and a scope that was opened outside of it"
        )
    return ops.convert_to_tensor(of_output(layer, scope.labels))


def of_output(layer, values):
    """What belongs to the output that the layer's `label` names, of a value for each output."""
    label = getattr(layer, "label", None)
    if not isinstance(values, (dict, list, tuple)):
        return values
    named = values if isinstance(values, dict) else dict(enumerate(values))
    if len(named) == 1 and (label is None or named is not values):
        return next(iter(named.values()))
    if label not in named:
        names = list(named)
        raise ValueError(
            f"{type(layer).__name__} '{layer.name}' must know which labels to use, since `y` "
            f"holds several: {names}. Set `label`, for example "
            f"{type(layer).__name__}(label={names[0]!r}). Received: label={label!r}"
        )
    return named[label]


def add_term(layer, term) -> None:
    """Adds a loss term: to the label scope if one is open, or else through `add_loss`.

    Args:
        layer: The layer; its `across_replicas` says whether the term needs all replicas.
        term: Function from the predictions (`None` without a scope) to a scalar, the share of
            this replica.
    """
    if current_scope() is not None:
        current_scope().add_loss(term)
    elif replica_count() == 1 or not layer.across_replicas:
        # Keras divides what is added here by the number of replicas, as `term` already did.
        layer.add_loss(term(None) * replica_count())
    else:
        raise ValueError(
            f"{type(layer).__name__} '{layer.name}' acts on the samples of all {replica_count()} "
            "replicas together, which `add_loss` cannot do. Build the model as "
            "keras_ranksim.ImbalancedRegressor; or open a keras_ranksim.label_scope and add its "
            "`total_loss(predictions)` to the loss; or set `across_replicas=False`."
        )


def _is_traced():
    """Whether a function is being compiled, in which other values are constants."""
    backend = keras.config.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.inside_function()
    if backend == "jax":
        import jax

        return isinstance(jax.numpy.zeros(()), jax.core.Tracer)
    return False


def _tensors(labels):
    """A list of numbers as a tensor; tensors, and structures of them, as they are."""
    if isinstance(labels, (list, tuple)) and not any(getattr(part, "shape", ()) for part in labels):
        return ops.convert_to_tensor(labels)
    return labels


def _stack():
    if not hasattr(_scopes, "stack"):
        _scopes.stack = []
    return _scopes.stack
