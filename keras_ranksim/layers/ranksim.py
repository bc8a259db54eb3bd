"""RankSim as a layer: an identity that adds the regulariser's loss while training."""

import keras

from keras_ranksim.ops.ranksim import REDUCTIONS, ranksim_loss
from keras_ranksim.ops.similarity import label_similarity_function
from keras_ranksim.registration import registered
from keras_ranksim.scope.before_calibration import before_calibration
from keras_ranksim.scope.label_scope import current_scope, labels_for
from keras_ranksim.scope.replicas import gather, replica_count
from keras_ranksim.validation import non_negative, one_of, positive


@registered
class RankSimRegularizer(keras.layers.Layer):
    """Makes neighbours in label space neighbours in feature space (RankSim).

    Put it after the layer that gives the embedding, before the regression head. It returns
    its input. While training it adds `keras_ranksim.ops.ranksim_loss` to the model's losses;
    under a distribution strategy the term is that of the global batch.

    Args:
        gamma: Weight of the term, at least 0.
        lambda_: Interpolation strength of the black-box gradient, above 0. What counts is
            `gamma * lambda_`, the size of the perturbation: near 1 it is informative, far
            above it saturates, far below it gives zeros.
        reduction: `"sum"` over the distinct labels of a batch, as published, or `"mean"`.
        label_similarity: `"euclidean"`, `"cosine"`, or a function from labels `(M, L)` to
            similarities `(M, M)`, registered with Keras if the model is to be saved.
        seed: Seed of the draw among samples of one label.
        **kwargs: As in every Keras layer.

    Call arguments:
        features: Tensor of shape `(batch, ...)`, flattened per sample.
        labels: Optional tensor of one row a sample. Without it the labels come from
            `ImbalancedRegressor.fit` or from a `label_scope`.
        training: Whether the term is added. A layer with `trainable=False` adds none.

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
        gamma: float = 0.01,
        lambda_: float = 100.0,
        reduction: str = "sum",
        label_similarity="euclidean",
        seed: int | None = None,
        **kwargs,
    ):
        super().__init__(**{"autocast": False, **kwargs})
        self.gamma = non_negative("gamma", gamma, "the weight of the regulariser")
        self.lambda_ = positive("lambda_", lambda_, "the interpolation strength")
        self.reduction = one_of("reduction", reduction, REDUCTIONS)
        label_similarity_function(label_similarity)
        self.label_similarity = label_similarity
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.built = True

    def call(self, features, labels=None, training=None):
        if training and self.trainable and self.gamma > 0:
            self._regularize(before_calibration(features), labels_for(self, labels))
        return features

    def _regularize(self, features, labels):
        replicas = replica_count()
        if replicas == 1:
            self.add_loss(self._loss(features, labels))
        elif current_scope() is not None:
            current_scope().add_loss(self._loss(*gather(features, labels)) / replicas)
        else:
            raise ValueError(
                f"RankSimRegularizer '{self.name}' ranks the samples of all {replicas} replicas "
                "together, which `add_loss` cannot do. Build the model as "
                "keras_ranksim.ImbalancedRegressor, or open a keras_ranksim.label_scope and add "
                "its `total_loss()` to the loss."
            )

    def _loss(self, features, labels):
        return ranksim_loss(
            features,
            labels,
            gamma=self.gamma,
            lambda_=self.lambda_,
            reduction=self.reduction,
            seed=self.seed_generator,
            label_similarity=self.label_similarity,
        )

    def compute_output_shape(self, features_shape, labels_shape=None):
        return features_shape

    def save_own_variables(self, store):
        """Saves which draw comes next, so that a resumed run repeats an uncut one."""
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
            "lambda_": self.lambda_,
            "reduction": self.reduction,
            "label_similarity": similarity,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        if isinstance(config.get("label_similarity"), dict):
            config["label_similarity"] = keras.saving.deserialize_keras_object(
                config["label_similarity"]
            )
        return cls(**config)
