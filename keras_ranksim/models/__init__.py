"""Models that train on rare labels, in one stage or two."""

from keras_ranksim.models.epoch_fold import EpochFold
from keras_ranksim.models.imbalanced_regressor import ImbalancedRegressor
from keras_ranksim.models.imbalanced_training import ImbalancedTraining
from keras_ranksim.models.plain_model import plain_model
from keras_ranksim.models.two_stage import retrain_regressor

__all__ = [
    "EpochFold",
    "ImbalancedRegressor",
    "ImbalancedTraining",
    "plain_model",
    "retrain_regressor",
]
