"""The whole state of training in one file, from which an interrupted run resumes exactly."""

from __future__ import annotations

from pathlib import Path

import keras

from keras_ranksim.experiments.files import explain_damage
from keras_ranksim.variable_files import load_variables, save_variables

ENDED = "ended"


class Checkpoint(keras.callbacks.Callback):
    """Saves weights, optimizer, statistics and random states after every epoch.

    `keras.callbacks.BackupAndRestore` leaves out the random states of dropout and
    augmentation layers, so a run resumed from it draws different numbers than an uninterrupted
    one.

    Args:
        path: The file, an `.npz`.
    """

    def __init__(self, path: Path):
        super().__init__()
        self.path = path

    @property
    def has_ended(self) -> bool:
        """Whether training came to its end, by its last epoch or a callback that stopped it."""
        return self._end.exists()

    @property
    def _end(self):
        return self.path.with_name(ENDED)

    def on_epoch_end(self, epoch, logs=None):
        save_variables(self.path, _variables(self.model), epoch=epoch)

    def on_train_end(self, logs=None):
        self._end.touch()

    def restore(self, model: keras.Model) -> int:
        """Loads the file, if there is one, and returns the epoch to resume with."""
        if not self.path.exists():
            return 0
        model.optimizer.build(model.trainable_variables)
        with explain_damage(self.path):
            return int(load_variables(self.path, _variables(model))["epoch"]) + 1


def _variables(model):
    """Variables of the layers, including random states, and of the optimizer."""
    return [*model.variables, *model.optimizer.variables]


class CountEpochs(keras.callbacks.Callback):
    """Sets the epoch that a dataset starts with, on which order and augmentation depend.

    The dataset counts on from there. Later epochs are not set: a repeated dataset may have begun
    the next one before the callback is called.

    Args:
        counter: The `epoch` given to `Benchmark.dataset`.
    """

    def __init__(self, counter):
        super().__init__()
        self.counter = counter

    def on_train_begin(self, logs=None):
        self.first = True

    def on_epoch_begin(self, epoch, logs=None):
        if self.first:
            self.counter.assign(epoch)
            self.first = False
