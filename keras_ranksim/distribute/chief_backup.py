"""Backup of training on several machines: one worker writes it, all resume from it."""

import os
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_ranksim.distribute.workers import has_several_workers, is_chief
from keras_ranksim.keras_internals import Backup, first_epoch
from keras_ranksim.variable_files import load_variables, save_variables


class ChiefBackup(Backup):
    """`keras.callbacks.BackupAndRestore` for one worker or many.

    All workers gather what is spread over them, only the chief writes it, and on a restart all
    load what it wrote. Give every worker the same folder, on a disk that all can read. If workers
    find different states there, training does not start. It also keeps the random states of
    dropout and augmentation layers, which `BackupAndRestore` leaves out: a resumed training draws
    what an uninterrupted one draws.

    Args:
        backup_dir: The folder, seen by all workers.
        **kwargs: As in `keras.callbacks.BackupAndRestore`.

    Example:

    >>> import keras_ranksim as kr, tempfile
    >>> callbacks = [kr.distribute.ChiefBackup(tempfile.mkdtemp())]
    """

    def __init__(self, backup_dir: str | os.PathLike, **kwargs):
        super().__init__(os.fspath(backup_dir), **kwargs)
        self._shared_dir = self.backup_dir
        self._random_states_path = Path(backup_dir) / "random_states.npz"

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        strategy = self.model.distribute_strategy
        if has_several_workers(strategy):
            epoch = first_epoch(self.model)
            epochs = strategy.run(tf.function(lambda: tf.constant([epoch])))
            _assert_same_epoch(strategy, epochs, self._shared_dir)

    def read_backup(self):
        super().read_backup()
        if self._random_states_path.exists():
            load_variables(self._random_states_path, _random_states(self.model))

    def write_backup(self):
        if is_chief(self.model.distribute_strategy):
            super().write_backup()
            save_variables(self._random_states_path, _random_states(self.model))
            return
        # Reading variables that are spread over the workers takes all workers.
        with tempfile.TemporaryDirectory() as folder:
            self.model.save_weights(os.path.join(folder, "passing.weights.h5"))

    def on_train_end(self, logs=None):
        if is_chief(self.model.distribute_strategy):
            super().on_train_end(logs)


def _random_states(model):
    others = {id(variable) for variable in (*model.weights, *model.metrics_variables)}
    return [variable for variable in model.variables if id(variable) not in others]


def _assert_same_epoch(strategy, epochs, folder):
    epochs = np.unique(strategy.gather(epochs, axis=0))
    if len(epochs) > 1:
        raise ValueError(
            "`backup_dir` must be a folder that all workers share. Received: "
            f"backup_dir={folder}, from which workers would resume at different epochs, "
            f"{epochs.tolist()}"
        )
