"""RankSim as a layer: an identity that adds the regularizer's loss during training."""

import keras

from keras_ranksim.ops.ranksim import REDUCTIONS, ranksim_loss
from keras_ranksim.ops.similarity import label_similarity_function
from keras_ranksim.registration import registered
from keras_ranksim.scope.before_calibration import before_calibration
from keras_ranksim.scope.global_batch import on_global_batch
from keras_ranksim.scope.label_scope import add_term, labels_for
from keras_ranksim.validation import non_negative, one_of, positive

DEFAULT_GAMMA = 0.01
DEFAULT_LAMBDA = 100.0


@registered
class RankSimRegularizer(keras.layers.Layer):
    """Makes neighbors in label space neighbors in feature space (RankSim).

    Put it after the layer that gives the embedding, before the regression head. It returns its
    input, and adds `keras_ranksim.ops.ranksim_loss` to the loss in training; under a distribution
    strategy the term is that of the global batch, and every replica ranks its share of the rows.

    The defaults, gamma 0.01 and lambda 100, changed errors little; the paper has others, such as
    (100, 2) for ages. What counts is `gamma * lambda_`, the perturbation: far above 1 it saturates,
    far below 0.01 it gives zeros. Search it with `keras_ranksim.tuning.search`.

    Args:
        gamma: Weight of the term, at least 0.
        lambda_: Interpolation strength of the black-box gradient, above 0; `None` for 100.
        reduction: `"sum"` over the distinct labels of a batch, as published, or `"mean"`.
        label_similarity: `"euclidean"`, `"cosine"`, or a function from labels `(M, L)` to
            similarities `(M, M)`, registered with Keras if the model is to be saved.
        seed: Seed of the draw among samples with the same label.
        across_replicas: Under a distribution strategy, whether samples are ranked among those of
            all replicas, as on one device, or (`False`) of their own, which sends no features
            between devices. Its batches hold fewer labels, so `gamma` has another effect.
        perturbation: `gamma * lambda_`, above 0, instead of `lambda_`. Twice the `gamma` is then
            twice the gradient, and nothing else.
        label: Which labels to use if the model has several outputs: a key or an index of `y`.
        **kwargs: As in every Keras layer.

    Call arguments:
        features: Tensor of shape `(batch, ...)`, flattened per sample.
        labels: Tensor, one row per sample; `None` takes those of `fit` or of a `label_scope`.
        training: Whether to add the term. A layer with `trainable=False` adds none.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> inputs = keras.Input((8,))
    >>> embedding = keras.layers.Dense(16, activation="relu")(inputs)
    >>> embedding = kr.layers.RankSimRegularizer(gamma=0.01, lambda_=100.0)(embedding)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))

    Reference: [Gong, Mori, Tung, ICML 2022](https://arxiv.org/abs/2205.15236)
    """

    def __init__(
        self,
        gamma: float = DEFAULT_GAMMA,
        lambda_: float | None = None,
        reduction: str = "sum",
        label_similarity="euclidean",
        seed: int | None = None,
        across_replicas: bool = True,
        perturbation: float | None = None,
        label: str | int | None = None,
        **kwargs,
    ):
        super().__init__(**{"autocast": False, **kwargs})
        label_similarity_function(label_similarity)
        self.gamma = non_negative("gamma", gamma, "the weight of the term")
        self.lambda_ = lambda_of(self.gamma, lambda_, perturbation)
        self.perturbation = perturbation
        self.reduction = one_of("reduction", reduction, REDUCTIONS)
        self.label_similarity = label_similarity
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.across_replicas = bool(across_replicas)
        self.label = label
        self.supports_masking = True
        self.built = True

    def call(self, features, labels=None, training=None):
        if training and self.trainable and self.gamma > 0:
            raw, labels = before_calibration(features), labels_for(self, labels)
            seed = self.seed_generator.next()  # here: the term is left for after the forward pass
            add_term(self, lambda predictions: self._term(raw, labels, seed))
        return features

    def _term(self, features, labels, seed):
        def loss(features, labels, rows):
            return ranksim_loss(
                features,
                labels,
                gamma=self.gamma,
                lambda_=self.lambda_,
                reduction=self.reduction,
                seed=seed,
                label_similarity=self.label_similarity,
                rows=rows,
            )

        return on_global_batch(loss, features, labels, across_replicas=self.across_replicas)

    def compute_output_shape(self, features_shape, labels_shape=None):
        return features_shape

    def save_own_variables(self, store):
        """Saves which draw comes next, so that a resumed run repeats an uninterrupted one."""
        store["seed_generator_state"] = keras.ops.convert_to_numpy(self.seed_generator.state)

    def load_own_variables(self, store):
        self.seed_generator.state.assign(store["seed_generator_state"])

    def get_config(self):
        similarity = self.label_similarity
        if callable(similarity):
            similarity = keras.saving.serialize_keras_object(similarity)
        return {
            **super().get_config(),
            "gamma": self.gamma,
            "lambda_": self.lambda_ if self.perturbation is None else None,
            "reduction": self.reduction,
            "label_similarity": similarity,
            "seed": self.seed,
            "across_replicas": self.across_replicas,
            "perturbation": self.perturbation,
            "label": self.label,
        }

    @classmethod
    def from_config(cls, config):
        similarity = config.get("label_similarity")
        if isinstance(similarity, dict):
            similarity = keras.saving.deserialize_keras_object(similarity)
            config = {**config, "label_similarity": similarity}
        return cls(**config)


def lambda_of(gamma: float, lambda_: float | None = None, perturbation: float | None = None):
    """The interpolation strength of these arguments of the layer, or an error."""
    if perturbation is None:
        lambda_ = DEFAULT_LAMBDA if lambda_ is None else lambda_
        return positive("lambda_", lambda_, "the interpolation strength")
    if lambda_ is not None:
        raise ValueError(
            "`lambda_` and `perturbation` must not both be given, since the perturbation is "
            f"gamma * lambda_. Received: lambda_={lambda_}, perturbation={perturbation}"
        )
    positive("perturbation", perturbation, "gamma * lambda_")
    # At gamma 0 the term is off, whatever lambda is.
    return perturbation / gamma if gamma > 0 else DEFAULT_LAMBDA


def perturbation_of(gamma: float = DEFAULT_GAMMA, lambda_=None, perturbation=None, **others):
    """The perturbation, `gamma * lambda_`, of these arguments of the layer."""
    return gamma * lambda_of(gamma, lambda_) if perturbation is None else perturbation
