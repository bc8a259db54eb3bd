"""Imbalanced regression for Keras: published methods as weights, layers and losses."""

import importlib

import keras

from keras_ranksim import labels, layers, losses, metrics, models, networks, ops
from keras_ranksim.labels import (
    LabelBins,
    balanced_split,
    conformal_intervals,
    dense_weights,
    diagnose,
    label_weights,
    outside_ranges,
    sera,
    shot_report,
    shots,
)
from keras_ranksim.models import ImbalancedRegressor, plain_model, retrain_regressor
from keras_ranksim.scope import Views, label_scope

__version__ = "0.2.0"

# Not needed to train a model of one's own, and some of them import TensorFlow.
_LOADED_WHEN_USED = ("data", "distribute", "experiments", "methods", "plots", "tuning")
if keras.config.backend() == "tensorflow":
    from keras_ranksim import data  # a saved model may hold its `TableEncoder`

__all__ = [
    "ImbalancedRegressor",
    "LabelBins",
    "Views",
    "balanced_split",
    "conformal_intervals",
    "data",
    "diagnose",
    "dense_weights",
    "distribute",
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
    "plain_model",
    "plots",
    "retrain_regressor",
    "sera",
    "shot_report",
    "shots",
    "tuning",
]


def __getattr__(name):
    if name in _LOADED_WHEN_USED:
        return importlib.import_module(f"keras_ranksim.{name}")
    hint = ""
    for room in (labels, layers, losses, metrics, models, networks, ops, globals().get("data")):
        if name in getattr(room, "__all__", ()):
            hint = f". Did you mean {room.__name__}.{name}?"
    raise AttributeError(f"module 'keras_ranksim' has no attribute '{name}'{hint}")
