"""Backbones, each ending at the penultimate embedding."""

from keras_ranksim.networks.mlp import mlp
from keras_ranksim.networks.resnet import resnet50
from keras_ranksim.networks.sentence_vectors import sentence_vectors
from keras_ranksim.networks.small_cnn import small_cnn
from keras_ranksim.networks.small_resnet import small_resnet

__all__ = [
    "mlp",
    "resnet50",
    "sentence_vectors",
    "small_cnn",
    "small_resnet",
]
