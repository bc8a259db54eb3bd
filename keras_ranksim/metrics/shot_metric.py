"""Any metric, over the samples of one shot."""

import keras
import numpy as np
from keras import ops

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.labels.shots import FEW_BELOW, MANY_ABOVE, SHOTS, shots_of_counts
from keras_ranksim.registration import registered
from keras_ranksim.shapes import align_labels, align_weights
from keras_ranksim.validation import numbers, one_of, same_length


@registered
class ShotMetric(keras.metrics.Metric):
    """A metric over the samples of one shot, so that `fit` shows rare labels at each epoch.

    Args:
        metric: A Keras metric or its name, for instance `"mae"`. It must accept sample
            weights, as all means do.
        shot: `"many"`, `"medium"`, `"few"` or `"zero"`.
        train_labels: The training labels, which decide what is rare, or `None` where
            `train_counts` says it.
        bins: The label bins.
        train_counts: How many training labels every bin holds, for labels too many to hold in
            memory, such as the pixels of all depth maps.
        many_above: A bin with more training labels is `"many"`.
        few_below: A bin with fewer, but not none, is `"few"`.
        train_range: The smallest and the largest training label, where `train_counts` replaces
            the labels: labels beyond these and all bins are `"zero"`, as in `shot_report`.
        name: Name of the metric; `None` gives for instance `"few_mae"`.
        dtype: As in every Keras metric.

    Labels may be dense, `(batch, height, width, 1)`; every pixel then has a shot of its own.
    The result is NaN as long as no sample of that shot was seen.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 100, 10)
    >>> train_labels = [35] * 200 + [75] * 3
    >>> metric = kr.metrics.ShotMetric("mae", "few", train_labels, bins)
    >>> metric.update_state([[35.0], [75.0]], [[35.0], [70.0]])
    >>> metric.name, float(metric.result())
    ('few_mae', 5.0)
    """

    def __init__(
        self,
        metric,
        shot: str,
        train_labels,
        bins: LabelBins,
        train_counts=None,
        many_above: float = MANY_ABOVE,
        few_below: float = FEW_BELOW,
        train_range: tuple[float, float] | None = None,
        name: str | None = None,
        dtype=None,
    ):
        short_name = metric if isinstance(metric, str) else None
        metric = keras.metrics.get(metric)
        if not isinstance(metric, keras.metrics.Metric):
            raise ValueError(
                "`metric` must be a keras.metrics.Metric or its name; wrap a function in "
                f"keras.metrics.MeanMetricWrapper. Received: metric={metric}"
            )
        # A copy of its own: one metric given to two shots would add up both.
        metric = type(metric).from_config(metric.get_config())
        shot = one_of("shot", shot, SHOTS)
        super().__init__(name=name or f"{shot}_{short_name or metric.name}", dtype=dtype)
        self.metric = metric
        self.shot = shot
        self.bins = as_bins(bins)
        self.train_counts = _counts(train_labels, train_counts, self.bins)
        self.many_above, self.few_below = many_above, few_below
        labels = () if train_labels is None else numbers("train_labels", train_labels)
        train_range = (np.min(labels), np.max(labels)) if np.size(labels) else train_range
        self.train_range = None if train_range is None else tuple(map(float, train_range))
        self._in_shot = shots_of_counts(self.train_counts, many_above, few_below) == shot
        self.seen = self.add_variable(shape=(), initializer="zeros", name="seen")

    def update_state(self, y_true, y_pred, sample_weight=None):
        labels, predictions = align_labels(y_true, y_pred)
        if labels.shape[-1] != 1:
            raise ValueError(
                "A shot is that of one label per sample. Received: labels of shape "
                f"{tuple(labels.shape)}"
            )
        values = labels[..., 0]
        in_shot = ops.take(ops.convert_to_tensor(self._in_shot), self.bins.index(values))
        if self.train_range is not None:  # beyond all bins and all training labels: zero
            lowest, highest = self.train_range
            beyond = ops.logical_or(values < lowest, values > highest)
            beyond = ops.logical_and(beyond, self.bins.is_outside(values))
            in_shot = ops.where(beyond, self.shot == "zero", in_shot)
        mask = ops.cast(in_shot, "float32")
        if sample_weight is not None:
            mask = mask * align_weights(sample_weight, labels)[..., 0]
        self.seen.assign_add(ops.sum(ops.cast(mask > 0, "float32")))
        # A weight of 0 does not remove a NaN, so predictions of other shots are replaced.
        labels = ops.cast(labels, predictions.dtype)
        predictions = ops.where(mask[..., None] > 0, predictions, labels)
        self.metric.update_state(labels, predictions, sample_weight=mask)

    def result(self):
        return ops.where(self.seen > 0, self.metric.result(), np.nan)

    def get_config(self):
        return {
            "name": self.name,
            "dtype": self.dtype,
            "metric": keras.metrics.serialize(self.metric),
            "shot": self.shot,
            "train_counts": self.train_counts.tolist(),
            "train_range": self.train_range,
            "many_above": self.many_above,
            "few_below": self.few_below,
            "bins": keras.saving.serialize_keras_object(self.bins),
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        bins = keras.saving.deserialize_keras_object(config.pop("bins"))
        metric = keras.metrics.deserialize(config.pop("metric"))
        return cls(metric=metric, bins=bins, train_labels=None, **config)


def _counts(train_labels, train_counts, bins):
    if (train_labels is None) == (train_counts is None):
        raise ValueError(
            "Exactly one of `train_labels` and `train_counts` must be given, the training "
            f"labels or how many of them every bin holds. Received: train_labels={train_labels}, "
            f"train_counts={train_counts}"
        )
    if train_counts is None:
        return bins.count(train_labels)
    counts = numbers("train_counts", train_counts, ndim=1)
    same_length(train_counts=counts, bins=bins)
    return counts
