"""UVOTE as a layer: a regression head of several experts, of which the surest one answers."""

import keras
import numpy as np
from keras import ops

from keras_ranksim.labels.bins import LabelBins, as_bins, warn_of_labels_outside
from keras_ranksim.labels.weights import weights_of_counts
from keras_ranksim.ops.voting import of_surest, voting_loss
from keras_ranksim.registration import registered
from keras_ranksim.scope.global_batch import replica_count
from keras_ranksim.scope.label_scope import add_term, current_scope, labels_for, of_output
from keras_ranksim.scope.views import supervised_rows
from keras_ranksim.shapes import align_labels, align_weights
from keras_ranksim.validation import numbers, positive_integer, same_length

MOST_LOG_SCALE = 5.0
COUNT_CLIP = (5, 1000)  # of the expert that weighs by the whole inverse count


@registered
class VotingHead(keras.layers.Layer):
    """A regression head of several experts, of which the surest one answers (UVOTE).

    Put it in place of the last `Dense(1)` of an `ImbalancedRegressor`, and compile the model
    without a loss: the head leaves its own. From the same embedding every expert gives an answer
    and how unsure it is, the center and the scale of a Laplace distribution. The first expert
    learns from all samples equally, the last one weighs them by the inverse of their label's
    count, and those between by powers of it. The prediction is the answer of the expert with the
    least scale. In `fit`, all experts but the first count `(epoch / epochs) ** 2` times, so that
    they follow once the embedding is formed.

    With one expert it is an uncertainty for any model: `answers` gives the scale beside the
    prediction. The scale times the square root of 2 is the standard deviation. Labels are
    standardized inside; predictions and scales are in the unit of the label. `evaluate` has no
    loss to show, only metrics. Sample weights, if given, count for all experts.

    Args:
        train_labels: Training labels.
        bins: The label bins in which they are counted.
        experts: How many experts.
        kernel: Smooths the counts as in `label_weights` (LDS); `None` does not.
        kernel_size: Window of the kernel in bins, odd.
        sigma: Width of the kernel in bins.
        counts: How often each of `train_labels` occurs, `None` for once: for labels too many to
            hold in memory, give the centers of bins and the counts of these.
        label: Which labels to use if the model has several outputs: a key or an index of `y`.
        **kwargs: As in every Keras layer. The head computes in float32.

    Attributes:
        expert_weights: The weight of a label of each bin for each expert, `(bins, experts)`.

    Call arguments:
        features: Tensor of shape `(..., features)`.
        labels: Optional labels. Without them they come from `ImbalancedRegressor.fit` or from a
            `label_scope`.
        training: Whether the loss is left. A layer with `trainable=False` leaves none.

    Example:

    >>> import keras, keras_ranksim as kr, numpy as np
    >>> x, y = np.random.rand(64, 8), np.random.randint(20, 60, 64)
    >>> inputs = keras.Input((8,))
    >>> embedding = keras.layers.Dense(16, activation="relu")(inputs)
    >>> head = kr.layers.VotingHead(y, kr.LabelBins.uniform(0, 100, 1))
    >>> model = kr.ImbalancedRegressor(inputs, head(embedding))
    >>> model.compile("adam", metrics=["mae"])
    >>> history = model.fit(x, y, epochs=2, verbose=0)
    >>> model.predict(x, verbose=0).shape
    (64, 1)
    >>> both = keras.Model(model.input, head.answers(head.input))
    >>> predictions, scales = both.predict(x, verbose=0)

    Reference: [Jiang et al., GCPR 2024](https://arxiv.org/abs/2305.15178)
    """

    across_replicas = False  # its loss is that of each replica's own samples

    def __init__(
        self,
        train_labels,
        bins: LabelBins,
        experts: int = 2,
        *,
        kernel: str | None = None,
        kernel_size: int = 5,
        sigma: float = 2.0,
        counts=None,
        label: str | int | None = None,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.bins = as_bins(bins)
        self.experts = positive_integer("experts", experts, "of the head")
        self.smoothing = {"kernel": kernel, "kernel_size": kernel_size, "sigma": sigma}
        self.label = label
        labels = numbers("train_labels", train_labels).ravel()
        counts = np.ones(labels.shape) if counts is None else numbers("counts", counts).ravel()
        same_length(train_labels=labels, counts=counts)
        if not counts.any():
            raise ValueError("`train_labels` must hold at least one label. Received: none")
        warn_of_labels_outside(self.bins, labels, stacklevel=3)
        self.train_counts = np.bincount(self.bins.index(labels), counts, len(self.bins))
        self.expert_weights = self._expert_weights()
        self.mean = float(np.average(labels, weights=counts))
        self.deviation = float(np.sqrt(np.average((labels - self.mean) ** 2, weights=counts))) or 1
        self.outputs_of_experts = keras.layers.Dense(2 * self.experts, dtype=self.dtype_policy)
        self.ramp = self.add_weight(name="ramp", shape=(), initializer="ones", trainable=False)

    def build(self, features_shape, labels_shape=None):
        self.outputs_of_experts.build(features_shape)
        self._features_shape = tuple(features_shape)

    def call(self, features, labels=None, training=None):
        outputs = self.outputs_of_experts(features)
        if training and self.trainable:
            labels, scope = labels_for(self, labels), current_scope()
            # Read here: the term is evaluated after the forward pass, outside JAX' stateless call.
            ramp = ops.convert_to_tensor(self.ramp)
            add_term(self, lambda predictions: self._term(outputs, labels, scope, ramp))
        return self._answers(outputs)[0]

    def answers(self, features) -> tuple:
        """The predictions and their scales, two tensors of shape `(..., 1)`.

        Args:
            features: As in a call; `head.input` for a model with both outputs.
        """
        return self._answers(self.outputs_of_experts(features))

    def begin_epoch(self, epoch: int, epochs: int) -> None:
        """Sets the weight of all experts but the first; `EpochFold` calls it, from epoch 0 on."""
        self.ramp.assign(min((epoch + 1) / epochs, 1.0) ** 2)

    def as_plain_model(self) -> keras.Model:
        """The head without this library, a stock `keras.Model` from features to predictions."""
        inputs = keras.Input(batch_shape=self._features_shape, dtype=self.compute_dtype)
        dense = keras.layers.Dense.from_config(self.outputs_of_experts.get_config())
        plain = keras.Model(inputs, self._answers(dense(inputs))[0], name=self.name)
        dense.set_weights(self.outputs_of_experts.get_weights())
        return plain

    def _expert_weights(self):
        """For every bin and expert `1 / count ** power`, scaled to a mean of 1 over the samples."""
        counts, columns = self.train_counts, [np.ones(len(self.bins))]
        for power in np.arange(1, self.experts) / (self.experts - 1):
            clip = COUNT_CLIP if power == 1 else None
            columns.append(weights_of_counts(counts, power, count_clip=clip, **self.smoothing))
        return np.stack(columns, axis=-1).astype("float32")

    def _split(self, outputs):
        centers, log_scales = outputs[..., : self.experts], outputs[..., self.experts :]
        return centers, ops.clip(log_scales, -MOST_LOG_SCALE, MOST_LOG_SCALE)

    def _answers(self, outputs):
        centers, log_scales = self._split(outputs)
        prediction = of_surest(centers, log_scales) * self.deviation + self.mean
        return prediction, ops.exp(of_surest(log_scales, log_scales)) * self.deviation

    def _term(self, outputs, labels, scope, ramp):
        """The loss of this replica's samples, and only of views that the regression loss sees."""
        views, sample_weight = (1, None) if scope is None else (scope.views, scope.sample_weight)
        outputs, labels = supervised_rows(views, outputs, labels)
        labels, _ = align_labels(labels, outputs[..., :1])
        weights = ops.take(self.expert_weights, self.bins.index(labels[..., 0]), axis=0)
        if sample_weight is not None:
            (given,) = supervised_rows(views, of_output(self, sample_weight))
            weights = weights * align_weights(given, labels)
        standardized = (labels - self.mean) / self.deviation
        return voting_loss(standardized, *self._split(outputs), weights, ramp) / replica_count()

    def get_config(self):
        return {
            **super().get_config(),
            "bins": keras.saving.serialize_keras_object(self.bins),
            "experts": self.experts,
            **self.smoothing,
            "label": self.label,
            "train_counts": self.train_counts.tolist(),
            "mean": self.mean,
            "deviation": self.deviation,
            "policy_of_experts": keras.saving.serialize_keras_object(
                self.outputs_of_experts.dtype_policy  # another one once the model was quantized
            ),
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        bins = keras.saving.deserialize_keras_object(config.pop("bins"))
        counts, mean, deviation = map(config.pop, ("train_counts", "mean", "deviation"))
        policy = config.pop("policy_of_experts", None)
        head = cls(bins.centers, bins, counts=counts, **config)
        head.mean, head.deviation = mean, deviation
        if policy is not None:
            policy = keras.saving.deserialize_keras_object(policy)
            head.outputs_of_experts = keras.layers.Dense(2 * head.experts, dtype=policy)
        return head
