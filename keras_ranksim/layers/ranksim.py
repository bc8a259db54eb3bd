"""RankSim as a layer: an identity that adds the regulariser's loss while training."""

import keras
from keras import ops

from keras_ranksim.layers.automatic import (
    AUTO,
    is_measuring,
    mean_so_far,
    measurement,
    perturbation_of_spread,
    recorded,
    value_and_gradient,
    weighed,
)
from keras_ranksim.ops.distinct import one_per_label
from keras_ranksim.ops.ranksim import REDUCTIONS, distinct_samples, ranksim_of_distinct
from keras_ranksim.ops.rows import rows_of_samples
from keras_ranksim.ops.similarity import has_direction, label_similarity_function
from keras_ranksim.registration import registered
from keras_ranksim.scope.before_calibration import before_calibration, remember
from keras_ranksim.scope.label_scope import current_scope, labels_for
from keras_ranksim.scope.replicas import (
    gather,
    gather_rows,
    replica_count,
    replica_index,
    share_of_rows,
)
from keras_ranksim.validation import non_negative, one_of, positive

DEFAULT_GAMMA = 0.01
DEFAULT_LAMBDA = 100.0
SMALLEST_PERTURBATION = 1e-6


@registered
class RankSimRegularizer(keras.layers.Layer):
    """Makes neighbours in label space neighbours in feature space (RankSim).

    Put it after the layer that gives the embedding, before the regression head. It returns
    its input. While training it adds `keras_ranksim.ops.ranksim_loss` to the model's losses;
    under a distribution strategy the term is that of the global batch, and every replica
    ranks its share of the rows.

    Args:
        gamma: Weight of the term, at least 0; or `"auto"`, which takes the weight at which the
            term's gradient at the features is a tenth as long as that of the layers above, the
            geometric mean over the first 50 steps. The layer's output must then lead to the
            loss; the unit of the labels does not matter.
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
            weight of the term and nothing else: twice the gamma is twice the gradient. `"auto"`
            takes one that moves similarities by a twentieth of their spread, the geometric
            mean over the first 50 steps; where gamma is `"auto"`, this is too unless it is given.
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
        gamma: float | str = DEFAULT_GAMMA,
        lambda_: float | None = None,
        reduction: str = "sum",
        label_similarity="euclidean",
        seed: int | None = None,
        across_replicas: bool = True,
        perturbation: float | str | None = None,
        **kwargs,
    ):
        super().__init__(**{"autocast": False, **kwargs})
        self.gamma = _weight(gamma)
        self.lambda_ = _interpolation_strength(self.gamma, lambda_, perturbation)
        self.perturbation = AUTO if gamma == AUTO and perturbation is None else perturbation
        self.reduction = one_of("reduction", reduction, REDUCTIONS)
        label_similarity_function(label_similarity)
        self.label_similarity = label_similarity
        self.seed = seed
        self.across_replicas = bool(across_replicas)
        self.seed_generator = keras.random.SeedGenerator(seed)
        self._measured = {}
        for name in ("gamma", "perturbation"):
            if getattr(self, name) == AUTO:
                _across_replicas_only(self.across_replicas, name)
                self._measured[name] = measurement(f"measured_{name}")
        self.supports_masking = True
        self.built = True

    def call(self, features, labels=None, training=None):
        if training and self.trainable and self.gamma != 0:
            return self._regularize(features, labels_for(self, labels))
        return features

    def _regularize(self, features, labels):
        raw = before_calibration(features)
        replicas = replica_count()
        scope = current_scope()
        alone = replicas == 1 or not self.across_replicas
        if not alone and scope is None:
            raise ValueError(
                f"RankSimRegularizer '{self.name}' ranks the samples of all {replicas} replicas "
                "together, which `add_loss` cannot do. Build the model as "
                "keras_ranksim.ImbalancedRegressor; or open a keras_ranksim.label_scope and add "
                "its `total_loss()` to the loss; or set `across_replicas=False`."
            )
        find = self._loss if alone else self._share_of_global_loss
        outputs = features
        if self.gamma == AUTO:
            term, probe = self._weighed_term(raw, lambda raw: find(raw, labels))
            outputs = features + ops.cast(probe, features.dtype)
            outputs = outputs if raw is features else remember(outputs, raw)
        else:

            def term(predictions=None):
                return find(raw, labels)

        if alone:
            self.add_loss(term())
        else:
            # Left for the end of the step: waiting for other replicas amid the forward pass
            # would mix up what the layers of all replicas put into `add_loss`.
            scope.add_loss(term)
        return outputs

    def _weighed_term(self, raw, find):
        """A function that gives the term, and zeros that let the layer see other gradients."""
        gradients = []
        probe, anchor = weighed(raw, lambda: gradients[-1], self._measured["gamma"])

        def term(predictions=None):
            weight = mean_so_far(self._measured["gamma"])
            value, gradient = value_and_gradient(find, raw)
            gradients.append(gradient)
            return anchor + ops.stop_gradient(weight * value)

        return term, probe

    def _loss(self, features, labels):
        """The term of this replica's own batch."""
        features, labels = distinct_samples(features, labels, self.seed_generator)
        return ranksim_of_distinct(features, labels, **self._equation(features))

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
        return ranksim_of_distinct(features, labels, rows=rows, **self._equation(features))

    def _equation(self, features):
        """Arguments of the equation for the samples kept; a measured weight is applied later."""
        lambda_ = self.lambda_
        gamma = 1.0 if self.gamma == AUTO else self.gamma
        if self.perturbation == AUTO:
            lambda_ = self._measure_perturbation(ops.stop_gradient(features)) / gamma
        return {
            "gamma": gamma,
            "lambda_": lambda_,
            "reduction": self.reduction,
            "label_similarity": self.label_similarity,
        }

    def _measure_perturbation(self, features):
        measured = self._measured["perturbation"]
        now = ops.cond(
            is_measuring(measured),
            lambda: perturbation_of_spread(features, self.reduction),
            lambda: 0.0,
        )
        # Features all alike have no spread, and any perturbation does.
        return ops.maximum(recorded(measured, now), SMALLEST_PERTURBATION)

    @property
    def current_gamma(self) -> float:
        """The weight as it is given, or as it was measured up to now."""
        return self._current("gamma", self.gamma)

    @property
    def current_perturbation(self) -> float:
        """The perturbation as it is given, or as it was measured up to now."""
        if self.perturbation is None:
            return self.gamma * self.lambda_
        return self._current("perturbation", self.perturbation)

    def _current(self, name, given):
        return float(mean_so_far(self._measured[name])) if given == AUTO else given

    def compute_output_shape(self, features_shape, labels_shape=None):
        return features_shape

    def save_own_variables(self, store):
        """Saves which draw comes next, so that a resumed run repeats an uncut one."""
        store["seed_generator_state"] = keras.ops.convert_to_numpy(self.seed_generator.state)
        for name, measured in self._measured.items():
            store[f"measured_{name}"] = keras.ops.convert_to_numpy(measured)

    def load_own_variables(self, store):
        self.seed_generator.state.assign(store["seed_generator_state"])
        for name, measured in self._measured.items():
            measured.assign(store[f"measured_{name}"])

    def get_config(self):
        similarity = self.label_similarity
        if callable(similarity):
            similarity = keras.saving.serialize_keras_object(similarity)
        return {
            **super().get_config(),
            "gamma": self.gamma,
            "lambda_": self.lambda_ if self.perturbation is None else None,
            "reduction": self.reduction,
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


def _weight(gamma):
    if isinstance(gamma, str) and gamma == AUTO:
        return gamma
    return non_negative("gamma", gamma, "the weight of the regulariser, or 'auto'")


def _interpolation_strength(gamma, lambda_, perturbation):
    """Lambda at the weight `gamma`, or at weight 1 where that is measured; `None` if measured."""
    if lambda_ is not None and gamma == AUTO:
        raise ValueError(
            "`lambda_` must be left out where `gamma` is measured, since it means something for "
            f"a known gamma only; give `perturbation`. Received: gamma='auto', lambda_={lambda_}"
        )
    if lambda_ is not None and perturbation is not None:
        raise ValueError(
            "`lambda_` and `perturbation` must not both be given, since the perturbation is "
            f"gamma * lambda_. Received: lambda_={lambda_}, perturbation={perturbation}"
        )
    if perturbation == AUTO or (gamma == AUTO and perturbation is None):
        return None
    if perturbation is None:
        lambda_ = DEFAULT_LAMBDA if lambda_ is None else lambda_
        return positive("lambda_", lambda_, "the interpolation strength")
    positive("perturbation", perturbation, "gamma * lambda_, or 'auto'")
    if gamma == AUTO:
        return float(perturbation)
    return perturbation / gamma if gamma > 0 else DEFAULT_LAMBDA


def _across_replicas_only(across_replicas, name):
    if not across_replicas:
        raise ValueError(
            f"`across_replicas` must be True where `{name}` is 'auto', which is measured on the "
            "global batch. Received: across_replicas=False"
        )
