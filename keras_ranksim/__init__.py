"""Imbalanced regression for Keras: RankSim, LDS, FDS, ConR, Focal-R, RRT, Balanced MSE."""

import importlib

from keras_ranksim.startup import quiet_start

with quiet_start():
    import keras

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        "keras_ranksim runs on Keras with the TensorFlow backend. Set the environment variable "
        "KERAS_BACKEND=tensorflow before Keras is imported. "
        f"Received: KERAS_BACKEND={keras.backend.backend()}"
    )

from keras_ranksim import labels, layers, losses, metrics, models, ops
from keras_ranksim.labels import (
    LabelBins,
    balanced_split,
    label_weights,
    outside_ranges,
    shot_report,
    shots,
)
from keras_ranksim.models import ImbalancedRegressor, retrain_regressor
from keras_ranksim.scope import label_scope

__version__ = "0.1.0"

_LOADED_WHEN_USED = ("data", "experiments", "methods", "networks", "plots", "tuning")

__all__ = [
    "ImbalancedRegressor",
    "LabelBins",
    "balanced_split",
    "data",
    "experiments",
    "label_scope",
    "label_weights",
    "labels",
    "layers",
    "losses",
    "methods",
    "metrics",
    "models",
    "networks",
    "ops",
    "outside_ranges",
    "plots",
    "retrain_regressor",
    "shot_report",
    "shots",
    "tuning",
]


def __getattr__(name):
    if name in _LOADED_WHEN_USED:
        return importlib.import_module(f"keras_ranksim.{name}")
    raise AttributeError(f"module 'keras_ranksim' has no attribute '{name}'")
