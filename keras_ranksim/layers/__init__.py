"""Regularizers, which are identities except in training, and a regression head."""

from keras_ranksim.layers.conr import ConRRegularizer
from keras_ranksim.layers.feature_distribution_smoothing import FeatureDistributionSmoothing
from keras_ranksim.layers.noise_scale import NoiseScale
from keras_ranksim.layers.per_image import PerImage
from keras_ranksim.layers.rank_n_contrast import RankNContrastRegularizer
from keras_ranksim.layers.ranksim import RankSimRegularizer
from keras_ranksim.layers.voting_head import VotingHead

__all__ = [
    "ConRRegularizer",
    "FeatureDistributionSmoothing",
    "NoiseScale",
    "PerImage",
    "RankNContrastRegularizer",
    "RankSimRegularizer",
    "VotingHead",
]
