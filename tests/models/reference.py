"""Trains a model with every regularizer; test_across_backends.py runs it on TensorFlow, too.

python reference.py train FOLDER      saves the model before and after, and its losses
python reference.py predict FOLDER    loads FOLDER/other.keras and saves its predictions
"""

import sys
from pathlib import Path

import keras
import numpy as np
from small import regressor

EPOCHS, BATCH = 2, 32
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(96, 6)).astype("float32")
Y = RANDOM.integers(0, 40, size=(96, 1)).astype("float32")
WEIGHT = RANDOM.uniform(0.5, 2, size=96).astype("float32")


def train(model):
    """The loss of every batch, and the predictions after the last."""
    losses = []
    record = keras.callbacks.LambdaCallback(on_batch_end=lambda _, logs: losses.append(logs))
    model.fit(
        X,
        Y,
        sample_weight=WEIGHT,
        batch_size=BATCH,
        epochs=EPOCHS,
        shuffle=False,
        verbose=0,
        callbacks=[record],
    )
    return [float(logs["loss"]) for logs in losses]


def main():
    action, folder = sys.argv[1], Path(sys.argv[2])
    if action == "predict":
        model = keras.models.load_model(folder / "other.keras")
    else:
        model = regressor("fds", "ranksim", "rnc", "conr")
        model.optimizer.build(model.trainable_variables)
        model.save(folder / "before.keras")
        np.savez(folder / "losses.npz", train(model))
        model.save(folder / "after.keras")
    np.savez(folder / "predictions.npz", model.predict(X, verbose=0))


if __name__ == "__main__":
    main()
