"""One of several workers, started by test_multi_worker.py: trains, and dies where it is told to.

    python worker.py FOLDER [EPOCH]

Backs up to FOLDER/backup and leaves there what it learned. Worker 1 dies in the middle of EPOCH.
"""

import os
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from small import BINS, data

import keras_ranksim as kr

EPOCHS = 2
RARE = list(range(20)) + list(range(20, 40)) * 30


def balanced_regressor():
    """Its loss, too, is that of the batch of all workers."""
    return regressor(kr.losses.BalancedMSE(noise=2.0))


def regressor(loss="mse"):
    keras.utils.set_random_seed(3)
    inputs = keras.Input((6,))
    embedding = keras.layers.Dense(16, activation="relu")(inputs)
    for layer in (
        kr.layers.FeatureDistributionSmoothing(BINS),
        kr.layers.RankSimRegularizer(0.5, 2.0, seed=1),
        kr.layers.ConRRegularizer(0.5, window=3.0),
    ):
        embedding = layer(embedding)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    metrics = ["mae", kr.metrics.ShotMetric("mae", "few", RARE, BINS)]
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss=loss, metrics=metrics)
    return model


class Die(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.last_epoch, self.epoch = epoch, None

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == (self.last_epoch, 1):
            os._exit(9)


def main():
    folder = Path(sys.argv[1])
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    task = strategy.cluster_resolver.task_id
    with strategy.scope():
        model = regressor()
    callbacks = [kr.distribute.ChiefBackup(folder / "backup", delete_checkpoint=False)]
    if task == 1 and len(sys.argv) > 2:
        callbacks.append(Die(int(sys.argv[2])))
    history = model.fit(
        data(), validation_data=data(), epochs=EPOCHS, verbose=0, callbacks=callbacks
    )
    predictions = model.predict(data(), verbose=0)
    with strategy.scope():
        balanced = balanced_regressor()
    balanced.fit(data(), epochs=EPOCHS, verbose=0)
    np.savez(
        folder / f"{task}.npz",
        epochs=history.epoch,
        val_loss=history.history["val_loss"],
        val_few_mae=history.history["val_few_mae"],
        predictions=predictions,
        **{f"weight_{i}": weight for i, weight in enumerate(model.get_weights())},
        **{f"balanced_{i}": weight for i, weight in enumerate(balanced.get_weights())},
    )


if __name__ == "__main__":
    main()
