"""Backbones, each ending at the penultimate embedding."""

from keras_ranksim.networks.array_mlp import array_mlp
from keras_ranksim.networks.depth import depth_decoder, depth_head, depth_network
from keras_ranksim.networks.keras_application import keras_application
from keras_ranksim.networks.mlp import mlp
from keras_ranksim.networks.resnet import resnet50, resnet50_stages
from keras_ranksim.networks.sentence_pair import (
    CompareSentences,
    MaskedMaxPooling,
    SentencesToBatch,
    TokenEmbedding,
    bilstm_pair,
)
from keras_ranksim.networks.sentence_vectors import sentence_vectors
from keras_ranksim.networks.small_cnn import small_cnn
from keras_ranksim.networks.small_resnet import small_resnet
from keras_ranksim.networks.vector_pair import CompareVectors, vector_pair

__all__ = [
    "array_mlp",
    "CompareSentences",
    "CompareVectors",
    "MaskedMaxPooling",
    "SentencesToBatch",
    "TokenEmbedding",
    "bilstm_pair",
    "depth_decoder",
    "depth_head",
    "depth_network",
    "keras_application",
    "mlp",
    "resnet50",
    "resnet50_stages",
    "sentence_vectors",
    "small_cnn",
    "vector_pair",
    "small_resnet",
]
