"""RankSim as a layer: an identity that adds the regulariser's loss while training."""

import keras
from keras import ops

from keras_ranksim.ops.distinct import one_per_label
from keras_ranksim.ops.ranksim import REDUCTIONS, ranksim_loss, ranksim_of_distinct
from keras_ranksim.ops.rows import rows_of_samples
from keras_ranksim.ops.similarity import has_direction, label_similarity_function
from keras_ranksim.registration import registered
from keras_ranksim.scope.before_calibration import before_calibration
from keras_ranksim.scope.label_scope import current_scope, labels_for
from keras_ranksim.scope.replicas import (
    gather,
    gather_rows,
    replica_count,
    replica_index,
    share_of_rows,
)
from keras_ranksim.validation import non_negative, one_of, positive

DEFAULT_LAMBDA = 100.0


@registered
class RankSimRegularizer(keras.layers.Layer):
    """Makes neighbours in label space neighbours in feature space (RankSim).

    Put it after the layer that gives the embedding, before the regression head. It returns
    its input. While training it adds `keras_ranksim.ops.ranksim_loss` to the model's losses;
    under a distribution strategy the term is that of the global batch, and every replica
    ranks its share of the rows.

    Args:
        gamma: Weight of the term, at least 0.
        lambda_: Interpolation strength of the black-box gradient, above 0; 100 where neither
            it nor `perturbation` is given. What counts is `gamma * lambda_`, the size of the
            perturbation: near 1 it is informative, far above it saturates, far below it gives
            zeros.
        reduction: `"sum"` over the distinct labels of a batch, as published, or `"mean"`.
        label_similarity: `"euclidean"`, `"cosine"`, or a function from labels `(M, L)` to
            similarities `(M, M)`, registered with Keras if the model is to be saved.
        seed: Seed of the draw among samples of one label.
        across_replicas: Under a distribution strategy, whether samples are ranked among those
            of all replicas, as on one device, or (`False`) among those of their own replica.
            The latter sends no features between devices; the term is then the mean of the
            replicas' own, whose batches hold fewer labels, so `gamma` has another effect.
        perturbation: `gamma * lambda_`, above 0, instead of `lambda_`. With it `gamma` is the
            weight of the term and nothing else: twice the gamma is twice the gradient.
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
        lambda_: float | None = None,
        reduction: str = "sum",
        label_similarity="euclidean",
        seed: int | None = None,
        across_replicas: bool = True,
        perturbation: float | None = None,
        **kwargs,
    ):
        super().__init__(**{"autocast": False, **kwargs})
        self.gamma = non_negative("gamma", gamma, "the weight of the regulariser")
        self.perturbation = perturbation
        self.lambda_ = _interpolation_strength(self.gamma, lambda_, perturbation)
        self.reduction = one_of("reduction", reduction, REDUCTIONS)
        label_similarity_function(label_similarity)
        self.label_similarity = label_similarity
        self.seed = seed
        self.across_replicas = bool(across_replicas)
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.built = True

    def call(self, features, labels=None, training=None):
        if training and self.trainable and self.gamma > 0:
            self._regularize(before_calibration(features), labels_for(self, labels))
        return features

    def _regularize(self, features, labels):
        replicas = replica_count()
        scope = current_scope()
        if replicas == 1 or not self.across_replicas:
            self.add_loss(
                ranksim_loss(features, labels, seed=self.seed_generator, **self._equation())
            )
        elif scope is not None:
            # Left for the end of the step: waiting for other replicas amid the forward pass
            # would mix up what the layers of all replicas put into `add_loss`.
            scope.add_loss(lambda predictions: self._share_of_global_loss(features, labels))
        else:
            raise ValueError(
                f"RankSimRegularizer '{self.name}' ranks the samples of all {replicas} replicas "
                "together, which `add_loss` cannot do. Build the model as "
                "keras_ranksim.ImbalancedRegressor; or open a keras_ranksim.label_scope and add "
                "its `total_loss()` to the loss; or set `across_replicas=False`."
            )

    def _share_of_global_loss(self, features, labels):
        """This replica's rows of the ranking of the global batch; the replicas' terms add up.

        Labels come first, which is cheap; features follow for the samples drawn alone.
        """
        features, labels = rows_of_samples(features), rows_of_samples(labels)
        usable = ops.cast(has_direction(features), "float32")[:, None]
        owner = ops.ones_like(usable) * ops.cast(replica_index(), "float32")
        (known,) = gather(ops.concatenate([labels, usable, owner], axis=-1))
        labels, usable, owner = known[:, :-2], known[:, -2] > 0, ops.cast(known[:, -1], "int32")
        kept = one_per_label(labels, usable, self.seed_generator)
        features = gather_rows(features, kept, owner)
        labels = ops.take(labels, kept, axis=0)
        rows = share_of_rows(ops.shape(features)[0])
        return ranksim_of_distinct(features, labels, rows=rows, **self._equation())

    def _equation(self):
        return {
            "gamma": self.gamma,
            "lambda_": self.lambda_,
            "reduction": self.reduction,
            "label_similarity": self.label_similarity,
        }

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
            **self._equation(),
            "lambda_": self.lambda_ if self.perturbation is None else None,
            "perturbation": self.perturbation,
            "label_similarity": similarity,
            "seed": self.seed,
            "across_replicas": self.across_replicas,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        if isinstance(config.get("label_similarity"), dict):
            config["label_similarity"] = keras.saving.deserialize_keras_object(
                config["label_similarity"]
            )
        return cls(**config)


def _interpolation_strength(gamma, lambda_, perturbation):
    if perturbation is None:
        lambda_ = DEFAULT_LAMBDA if lambda_ is None else lambda_
        return positive("lambda_", lambda_, "the interpolation strength")
    if lambda_ is not None:
        raise ValueError(
            "`lambda_` and `perturbation` must not both be given, since the perturbation is "
            f"gamma * lambda_. Received: lambda_={lambda_}, perturbation={perturbation}"
        )
    positive("perturbation", perturbation, "gamma * lambda_")
    return perturbation / gamma if gamma > 0 else DEFAULT_LAMBDA
