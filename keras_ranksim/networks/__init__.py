"""Backbones, each ending at the penultimate embedding."""

from keras_ranksim.networks.mlp import mlp
from keras_ranksim.networks.resnet import resnet50
from keras_ranksim.networks.small_cnn import small_cnn

__all__ = [
    "mlp",
    "resnet50",
    "small_cnn",
]
