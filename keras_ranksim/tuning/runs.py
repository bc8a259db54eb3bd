"""All that this package uses of `keras_ranksim.experiments`, in one place."""

from keras_ranksim.experiments import Method, build_model, evaluate
from keras_ranksim.experiments.model import forget_models
from keras_ranksim.experiments.settings import (
    check_same_settings,
    plain,
    settings_of,
    write_json,
)
from keras_ranksim.experiments.training import as_trained, epoch_callbacks, train

__all__ = [
    "Method",
    "as_trained",
    "build_model",
    "check_same_settings",
    "epoch_callbacks",
    "evaluate",
    "forget_models",
    "plain",
    "settings_of",
    "train",
    "write_json",
]
