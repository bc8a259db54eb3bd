"""Any metric, over the samples of one shot."""

import keras
import numpy as np
from keras import ops

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.labels.shots import SHOTS, shots_of_counts
from keras_ranksim.registration import registered
from keras_ranksim.shapes import align_labels
from keras_ranksim.validation import one_of


@registered
class ShotMetric(keras.metrics.Metric):
    """A metric over the samples of one shot, so that `fit` shows rare labels at each epoch.

    Args:
        metric: A Keras metric or its name, for instance `"mae"`. It must accept sample
            weights, as all means do.
        shot: `"many"`, `"medium"`, `"few"` or `"zero"`.
        train_labels: The training labels, which decide what is rare.
        bins: The label bins.
        name: Name of the metric; `None` gives for instance `"few_mae"`.
        dtype: As in every Keras metric.

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

    def __init__(self, metric, shot, train_labels, bins: LabelBins, name=None, dtype=None):
        short_name = metric if isinstance(metric, str) else None
        metric = keras.metrics.get(metric)
        shot = one_of("shot", shot, SHOTS)
        super().__init__(name=name or f"{shot}_{short_name or metric.name}", dtype=dtype)
        self.metric = metric
        self.shot = shot
        self.bins = as_bins(bins)
        self.train_counts = self.bins.count(train_labels)
        self.seen = self.add_variable(shape=(), initializer="zeros", name="seen")

    def update_state(self, y_true, y_pred, sample_weight=None):
        labels, predictions = align_labels(y_true, y_pred)
        in_shot = ops.convert_to_tensor(shots_of_counts(self.train_counts) == self.shot)
        mask = ops.cast(ops.take(in_shot, self.bins.index(labels[..., 0])), "float32")
        self.seen.assign_add(ops.sum(mask))
        if sample_weight is not None:
            weight = ops.cast(ops.convert_to_tensor(sample_weight), "float32")
            mask = mask * ops.reshape(weight, ops.shape(mask))
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
            "bins": keras.saving.serialize_keras_object(self.bins),
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        bins = keras.saving.deserialize_keras_object(config.pop("bins"))
        metric = keras.metrics.deserialize(config.pop("metric"))
        counts = np.asarray(config.pop("train_counts"))
        restored = cls(metric=metric, bins=bins, train_labels=[], **config)
        restored.train_counts = counts
        return restored
