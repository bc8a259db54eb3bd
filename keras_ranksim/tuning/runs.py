"""All that this package uses of `keras_ranksim.experiments` and `methods`, in one place."""

from keras_ranksim.experiments import evaluate
from keras_ranksim.experiments.evaluation import predict
from keras_ranksim.experiments.files import write_json
from keras_ranksim.experiments.model import build_model, forget_models
from keras_ranksim.experiments.settings import check_same_settings, code_of, plain, settings_of
from keras_ranksim.experiments.training import (
    as_trained,
    epoch_data,
    train,
    weighted_for,
    with_epochs,
)
from keras_ranksim.methods import Method, Tunable
from keras_ranksim.methods.registry import entries
from keras_ranksim.methods.regularizers import PERTURBATIONS

__all__ = [
    "PERTURBATIONS",
    "Method",
    "Tunable",
    "as_trained",
    "build_model",
    "check_same_settings",
    "code_of",
    "entries",
    "epoch_data",
    "evaluate",
    "forget_models",
    "plain",
    "predict",
    "settings_of",
    "train",
    "weighted_for",
    "with_epochs",
    "write_json",
]
