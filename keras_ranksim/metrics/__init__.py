"""Metrics for imbalanced regression."""

from keras_ranksim.metrics.geometric_mean import GeometricMeanError
from keras_ranksim.metrics.shot_metric import ShotMetric

__all__ = ["GeometricMeanError", "ShotMetric"]
