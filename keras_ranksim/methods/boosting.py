"""Gradient-boosted trees on the inputs of a table: whether a network pays at all."""

from __future__ import annotations

import contextlib
import time

import numpy as np

from keras_ranksim.methods.registry import Entry
from keras_ranksim.validation import one_of, optional_package

ROUNDS, LEARNING_RATE = 500, 0.1
SMALL = 50_000  # rows; below, threads cost more than they save, on a busy machine a hundred times
LOSSES = {"mae": "absolute_error", "mse": "squared_error"}


class Boosting:
    """Boosted trees of scikit-learn; the validation split chooses the number of rounds.

    Args:
        benchmark: A table; its recipe says which loss, its `weights` weigh the training rows.

    Attributes:
        trees: The fitted `HistGradientBoostingRegressor`.
        history: A dictionary of the errors after every round.
    """

    def __init__(self, benchmark):
        ensemble = optional_package("sklearn.ensemble", extra="boosting")
        recipe = benchmark.recipe
        loss = LOSSES[one_of("recipe.loss", recipe.loss, LOSSES)]
        watched = recipe.monitor.removeprefix("val_")
        one_of("recipe.monitor", watched, LOSSES)
        x, y = _arrays(benchmark, "train")

        def trees_of(rounds):
            trees = ensemble.HistGradientBoostingRegressor(
                loss=loss,
                learning_rate=LEARNING_RATE,
                max_iter=rounds,
                early_stopping=False,
                random_state=benchmark.seed,
            )
            return trees.fit(x, y, sample_weight=benchmark.weights)

        started = time.monotonic()
        with _threads_for(x):
            trees = trees_of(ROUNDS)
            self.history = {
                **_errors(trees, x, y, ""),
                **_errors(trees, *_arrays(benchmark, "val"), "val_"),
            }
            best = int(np.argmin(self.history[f"val_{watched}"])) + 1
            # The same first rounds again, since nothing in them is random.
            self.trees = trees_of(best)
        self.history["loss"] = self.history[recipe.loss]
        self.history["val_loss"] = self.history[f"val_{recipe.loss}"]
        self.history["seconds"] = [(time.monotonic() - started) / ROUNDS] * ROUNDS

    def predict(self, data, verbose=0) -> np.ndarray:
        """Predictions of shape `(rows, 1)` for the batches of a split, as `keras.Model.predict`."""
        x = np.concatenate([np.asarray(batch[0]) for batch in data])
        with _threads_for(x):
            return self.trees.predict(x)[:, None]


def _threads_for(x):
    """A context in which scikit-learn takes one thread if there are few rows."""
    if len(x) >= SMALL:
        return contextlib.nullcontext()
    return optional_package("threadpoolctl", extra="boosting").threadpool_limits(1)


def _errors(trees, x, y, prefix):
    """Errors after every round, in their order."""
    differences = [predicted - y for predicted in trees.staged_predict(x)]
    return {
        f"{prefix}mae": [float(np.abs(difference).mean()) for difference in differences],
        f"{prefix}mse": [float((difference**2).mean()) for difference in differences],
    }


def _arrays(benchmark, split):
    arrays = getattr(benchmark.make_pipeline, "arrays", {})
    if np.ndim(arrays.get(split)) != 2:
        raise ValueError(
            "BOOSTING needs a table in memory, one row of numbers per sample. "
            f"Received: the benchmark '{benchmark.name}'"
        )
    return arrays[split], np.asarray(benchmark.labels[split], dtype="float64")


BOOSTING = Entry(
    "BOOSTING",
    "gradient-boosted trees of scikit-learn instead of a network",
    base=True,
    fit=Boosting,
)
