"""Models that train on rare labels, in one stage or two."""

from keras_ranksim.models.chief_backup import ChiefBackup
from keras_ranksim.models.epoch_fold import EpochFold
from keras_ranksim.models.imbalanced_regressor import ImbalancedRegressor
from keras_ranksim.models.two_stage import retrain_regressor

__all__ = ["ChiefBackup", "EpochFold", "ImbalancedRegressor", "retrain_regressor"]
