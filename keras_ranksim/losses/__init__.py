"""Losses for imbalanced regression."""

from keras_ranksim.losses.balanced_mse import BalancedMSE
from keras_ranksim.losses.dist import DistLoss
from keras_ranksim.losses.focal import FocalR

__all__ = ["BalancedMSE", "DistLoss", "FocalR"]
