"""Losses for imbalanced regression."""

from keras_ranksim.losses.focal import FocalR

__all__ = ["FocalR"]
