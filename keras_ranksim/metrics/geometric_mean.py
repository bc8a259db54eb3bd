"""The geometric mean of absolute errors."""

import keras
from keras import ops

from keras_ranksim.labels.report import SMALLEST_ERROR
from keras_ranksim.registration import registered
from keras_ranksim.shapes import align_labels


@registered
class GeometricMeanError(keras.metrics.Mean):
    """The geometric mean of absolute errors, `exp(mean(log |e|))`.

    It is lower than the MAE if errors are uneven, and dominated by predictions that are nearly
    exact: errors of zero count as 1e-10, so with whole-number labels one exact hit can hide many
    large errors. Read it beside the MAE.

    Args:
        name: Name of the metric.
        dtype: As in every Keras metric.

    Example:

    >>> import keras_ranksim as kr
    >>> metric = kr.metrics.GeometricMeanError()
    >>> metric.update_state([[30.0], [60.0]], [[31.0], [64.0]])
    >>> round(float(metric.result()), 4)
    2.0

    Reference: [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554)
    """

    def __init__(self, name: str = "gm", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        labels, predictions = align_labels(y_true, y_pred)
        error = ops.cast(ops.abs(predictions - labels), "float32")
        logs = ops.log(ops.maximum(error, SMALLEST_ERROR))
        super().update_state(ops.mean(logs, axis=-1), sample_weight=sample_weight)

    def result(self):
        return ops.exp(super().result())
