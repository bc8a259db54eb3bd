"""Dist Loss: predictions spread as labels are."""

import numpy as np
from keras import ops

from keras_ranksim.labels.quantiles import label_quantiles
from keras_ranksim.losses.counted_rows import LossOfBatch
from keras_ranksim.losses.focal import ERRORS
from keras_ranksim.ops.places import between, places
from keras_ranksim.registration import registered
from keras_ranksim.shapes import align_labels
from keras_ranksim.validation import non_negative, one_of

LEVELS = 1024


@registered
class DistLoss(LossOfBatch):
    """The regression loss, and the distance of the sorted predictions from the labels' quantiles.

    Of a batch of B, the prediction at place `i` of their ascending order is also compared with
    the quantile at `(i - 0.5) / B` of a smooth density of the training labels. So predictions
    that all lie near the frequent labels cost, even if each of them is a good guess. Equal
    predictions share the mean of their places. A sample's weight counts in both parts. Under a
    distribution strategy the places are those in the global batch.

    Needs batches that are large enough to show how labels spread, say 64 or more. A batch of one
    sample is compared with the median. As published, it is the loss of the second stage of RRT:
    `retrain_regressor(model, x, y, loss=DistLoss(train_labels))`.

    Args:
        train_labels: Training labels, from which the quantiles are computed.
        weight: Weight of the second part, at least 0.
        error: `"absolute"` or `"squared"`, in both parts.
        bandwidth: Deviation of the density's kernel, in units of the label; `None` for
            Silverman's rule. The paper uses 0.5 for ages.
        counts: How often each of `train_labels` occurs, `None` for once: for labels too many to
            hold in memory, give the centers of bins and the counts of these.
        reduction: As in every Keras loss.
        name: Name of the loss.
        across_replicas: Under a distribution strategy, whether predictions are sorted among those
            of all replicas, as on one device, or (`False`) among those of their own replica,
            which sends nothing between devices.

    Example:

    >>> import keras_ranksim as kr
    >>> loss = kr.losses.DistLoss(train_labels=[30.0] * 8 + [50.0] * 2, bandwidth=0.01)
    >>> labels = [[30.0], [30.0], [30.0], [30.0], [50.0]]
    >>> round(float(loss(labels, labels)), 2)  # predictions spread as the training labels are
    0.0
    >>> round(float(loss(labels, [[30.0]] * 4 + [[40.0]])), 2)  # 10 off by both parts, over 5
    4.0

    Reference: [Nie et al., ICLR 2025](https://arxiv.org/abs/2411.15216)
    """

    def __init__(
        self,
        train_labels,
        weight: float = 1.0,
        error: str = "absolute",
        *,
        bandwidth: float | None = None,
        counts=None,
        reduction: str = "sum_over_batch_size",
        name: str = "dist_loss",
        across_replicas: bool = True,
        **kwargs,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.weight = non_negative("weight", weight, "the weight of the second part")
        self.error = one_of("error", error, ERRORS)
        self.across_replicas = bool(across_replicas)
        levels = (np.arange(LEVELS) + 0.5) / LEVELS
        self._quantiles = label_quantiles(
            train_labels, levels, bandwidth=bandwidth, counts=counts
        ).astype("float32")

    def call(self, y_true, y_pred):
        labels, predictions = align_labels(y_true, y_pred)
        if predictions.shape[-1] != 1:
            raise ValueError(
                "DistLoss needs one label per sample, or per pixel, since only numbers have an "
                f"order. Received: labels of shape {tuple(labels.shape)}"
            )
        error = ERRORS[self.error]
        spread = error(predictions - self._quantiles_for(predictions))
        return ops.mean(error(predictions - labels) + self.weight * spread, axis=-1)

    def _quantiles_for(self, predictions):
        """For every prediction, the quantile at its place in the (global) batch."""
        # Rows that do not count stand above all others.
        others = ops.reshape(self.others(predictions, float("inf")), (-1,))
        count = ops.sum(ops.cast(ops.isfinite(others), "float32"))
        level = (places(predictions, others) + 0.5) / ops.maximum(count, 1.0)
        quantiles = ops.convert_to_tensor(self._quantiles)
        return ops.cast(between(quantiles, level * LEVELS - 0.5), predictions.dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "weight": self.weight,
            "error": self.error,
            "across_replicas": self.across_replicas,
            "quantiles": self._quantiles.tolist(),
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        quantiles = config.pop("quantiles")
        restored = cls(train_labels=quantiles, **config)
        restored._quantiles = np.asarray(quantiles, "float32")
        return restored
