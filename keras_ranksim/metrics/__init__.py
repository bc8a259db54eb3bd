"""Metrics for imbalanced regression."""

from keras_ranksim.metrics.depth import (
    AbsoluteRelativeError,
    DeltaAccuracy,
    DepthRMSE,
    Log10Error,
)
from keras_ranksim.metrics.geometric_mean import GeometricMeanError
from keras_ranksim.metrics.shot_metric import ShotMetric

__all__ = [
    "AbsoluteRelativeError",
    "DeltaAccuracy",
    "DepthRMSE",
    "GeometricMeanError",
    "Log10Error",
    "ShotMetric",
]
