"""Regularization layers. They act during training and are identities otherwise."""

from keras_ranksim.layers.conr import ConRRegularizer
from keras_ranksim.layers.feature_distribution_smoothing import FeatureDistributionSmoothing
from keras_ranksim.layers.noise_scale import NoiseScale
from keras_ranksim.layers.per_image import PerImage
from keras_ranksim.layers.ranksim import RankSimRegularizer

__all__ = [
    "ConRRegularizer",
    "FeatureDistributionSmoothing",
    "NoiseScale",
    "PerImage",
    "RankSimRegularizer",
]
