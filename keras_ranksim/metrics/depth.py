"""The metrics of depth maps: RMSE, absolute relative error, log10 error, delta accuracies."""

import keras
from keras import ops

from keras_ranksim.labels.depth_report import SMALLEST_DEPTH
from keras_ranksim.registration import registered
from keras_ranksim.shapes import align_labels, align_weights
from keras_ranksim.validation import positive, positive_integer


class MeasuredMean(keras.metrics.Mean):
    """Base of the metrics of depth: a mean over the pixels whose depth was measured.

    A label of 0 or less stands for a pixel without measurement and does not count. A subclass
    says in `errors(labels, predictions)` what is averaged; both are float32.
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        labels, predictions = align_labels(y_true, ops.cast(y_pred, "float32"))
        measured = labels > 0
        weight = ops.cast(measured, "float32")
        if sample_weight is not None:
            weight = weight * align_weights(sample_weight, labels)
        labels = ops.where(measured, labels, 1.0)
        predictions = ops.where(measured, predictions, 1.0)
        super().update_state(self.errors(labels, predictions), sample_weight=weight)

    def errors(self, labels, predictions):
        raise NotImplementedError


@registered
class DepthRMSE(MeasuredMean):
    """Root of the mean squared error over all measured pixels, in the unit of the labels.

    Args:
        name: Name of the metric.
        dtype: As in every Keras metric.

    Example:

    >>> import keras_ranksim as kr
    >>> metric = kr.metrics.DepthRMSE()
    >>> metric.update_state([[2.0], [4.0], [0.0]], [[2.0], [2.0], [9.0]])
    >>> round(float(metric.result()), 4)
    1.4142
    """

    def __init__(self, name: str = "rmse", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def errors(self, labels, predictions):
        return ops.square(predictions - labels)

    def result(self):
        return ops.sqrt(super().result())


@registered
class AbsoluteRelativeError(MeasuredMean):
    """Mean of `|prediction - depth| / depth` over all measured pixels.

    Args:
        name: Name of the metric.
        dtype: As in every Keras metric.

    Example:

    >>> import keras_ranksim as kr
    >>> metric = kr.metrics.AbsoluteRelativeError()
    >>> metric.update_state([[2.0], [4.0]], [[3.0], [4.0]])
    >>> float(metric.result())
    0.25
    """

    def __init__(self, name: str = "abs_rel", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def errors(self, labels, predictions):
        return ops.abs(predictions - labels) / labels


@registered
class Log10Error(MeasuredMean):
    """Mean of `|log10(prediction) - log10(depth)|` over all measured pixels.

    Predictions below 0.001 count as 0.001, so that no prediction makes it infinite.

    Args:
        name: Name of the metric.
        dtype: As in every Keras metric.

    Example:

    >>> import keras_ranksim as kr
    >>> metric = kr.metrics.Log10Error()
    >>> metric.update_state([[0.1], [5.0]], [[1.0], [5.0]])
    >>> float(metric.result())
    0.5
    """

    def __init__(self, name: str = "log10", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def errors(self, labels, predictions):
        return ops.abs(ops.log10(ops.maximum(predictions, SMALLEST_DEPTH)) - ops.log10(labels))


@registered
class DeltaAccuracy(MeasuredMean):
    """Share of the measured pixels whose prediction is right up to a factor of `1.25 ** power`.

    A prediction is right when neither `prediction / depth` nor `depth / prediction` is above
    that factor. Predictions below 0.001 count as 0.001, so that a negative one is wrong.

    Args:
        power: 1, 2 or 3 for what is called delta1, delta2 and delta3.
        base: The factor of delta1, above 0.
        name: Name of the metric; `None` gives for instance `"delta1"`.
        dtype: As in every Keras metric.

    Example:

    >>> import keras_ranksim as kr
    >>> metric = kr.metrics.DeltaAccuracy(power=1)
    >>> metric.update_state([[2.0], [2.0]], [[2.4], [1.5]])
    >>> metric.name, float(metric.result())
    ('delta1', 0.5)
    """

    def __init__(self, power: int = 1, base: float = 1.25, name: str | None = None, dtype=None):
        self.power = positive_integer("power", power, "the exponent of the factor")
        self.base = positive("base", base, "the factor of delta1")
        super().__init__(name=name or f"delta{self.power}", dtype=dtype)

    def errors(self, labels, predictions):
        ratio = ops.maximum(predictions, SMALLEST_DEPTH) / labels
        worst = ops.maximum(ratio, 1 / ratio)
        return ops.cast(worst <= self.base**self.power, "float32")

    def get_config(self):
        return {**super().get_config(), "power": self.power, "base": self.base}
