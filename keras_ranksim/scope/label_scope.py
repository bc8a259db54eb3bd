"""Where the regularisers find the labels of the batch at hand."""

import contextlib
import threading

from keras import ops

_scopes = threading.local()


class LabelScope:
    """The labels of one training step, and the loss terms that layers leave for its end.

    A scope belongs to one thread, so the replicas of a distribution strategy, a thread each,
    do not see one another's. Terms that depend on the predictions, or that were found with
    other replicas' samples, cannot go through `add_loss`; they are left here.

    Args:
        labels: Labels of the batch, one row a sample.
        sample_weight: Optional weights of the samples.
        contrasted_rows: How many rows, from the first, hold views to be contrasted; `None` for
            all. Rows behind them serve the regression loss alone.

    Attributes:
        noise: The noise scale that a `NoiseScale` layer learns, for `BalancedMSE`.
        layer_losses: What this replica's layers put into `add_loss`, once the forward pass is
            over.
    """

    def __init__(self, labels, sample_weight=None, contrasted_rows=None):
        self.labels = labels
        self.sample_weight = sample_weight
        self.contrasted_rows = contrasted_rows
        self.noise = None
        self.layer_losses = None
        self._terms = []

    def add_loss(self, term) -> None:
        """Leaves a scalar, or a function from the predictions to a scalar."""
        self._terms.append(term)

    def total_loss(self, predictions=None):
        """The sum of what the layers left, a float32 scalar."""
        total = ops.zeros((), dtype="float32")
        for term in self._terms:
            total = total + ops.cast(term(predictions) if callable(term) else term, "float32")
        return total


@contextlib.contextmanager
def label_scope(labels, sample_weight=None, contrasted_rows=None):
    """Gives the layers called inside it the labels of the batch, for a custom training loop.

    `ImbalancedRegressor.fit` opens this scope by itself.

    Args:
        labels, sample_weight, contrasted_rows: As in `LabelScope`.

    Yields:
        The `LabelScope`. Add `scope.total_loss(predictions)` to the loss besides
        `model.losses`: it holds the terms of ConR, and all terms under several replicas.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> features = keras.random.normal((8, 4), seed=0)
    >>> layer = kr.layers.RankSimRegularizer(gamma=1.0)
    >>> with kr.label_scope(labels=[20, 30, 40, 50, 60, 70, 80, 90]):
    ...     outputs = layer(features, training=True)
    >>> float(layer.losses[0]) > 0
    True
    """
    scope = LabelScope(labels, sample_weight, contrasted_rows)
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
    """The labels a layer was called with, or those of the scope, or an error naming the ways."""
    if labels is None and current_scope() is not None:
        labels = current_scope().labels
    if labels is None:
        kind = type(layer).__name__
        raise ValueError(
            f"{kind} '{layer.name}' needs the labels of the batch while training. Give them in "
            "one of three ways: build the model as keras_ranksim.ImbalancedRegressor and call "
            f"`fit`; call the layer with them, `{kind}()(features, labels)`, from an optional "
            "`keras.Input`; or run the model inside `with keras_ranksim.label_scope(labels):`."
        )
    if isinstance(labels, (dict, tuple)) or (isinstance(labels, list) and len(labels) == 0):
        raise ValueError(
            f"{type(layer).__name__} '{layer.name}' needs one tensor of labels; for a model of "
            "several outputs, pass the right one as the layer's second argument. "
            f"Received: labels={labels}"
        )
    return ops.convert_to_tensor(labels)


def _stack():
    if not hasattr(_scopes, "stack"):
        _scopes.stack = []
    return _scopes.stack
