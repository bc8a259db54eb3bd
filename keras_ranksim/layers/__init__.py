"""The layers: identities in evaluation, teachers of the embedding while training."""

from keras_ranksim.layers.feature_distribution_smoothing import FeatureDistributionSmoothing
from keras_ranksim.layers.label_scope import LabelScope, label_scope
from keras_ranksim.layers.ranksim import RankSimRegularizer

__all__ = ["FeatureDistributionSmoothing", "LabelScope", "RankSimRegularizer", "label_scope"]
