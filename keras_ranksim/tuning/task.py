"""What a trial trains: a benchmark as its recipe says, or a model that a user builds."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.epoch_log import best_row, read_log
from keras_ranksim.experiments.evaluation import TUNED_ON, predict
from keras_ranksim.experiments.result import STAGES
from keras_ranksim.experiments.training import as_trained, fit_resumably, train
from keras_ranksim.methods.method import Method
from keras_ranksim.tuning.objective import Objective
from keras_ranksim.tuning.space import Space, with_settings


@dataclasses.dataclass(frozen=True)
class BenchmarkTask:
    """Trains a method on a benchmark, as `keras_ranksim.experiments.run` does, without testing.

    Args:
        benchmark: The benchmark, with the epochs and the patience of the search.
        method: The method.
        space: What is searched.
        objective: What a trial is judged by.
    """

    benchmark: Benchmark
    method: Method
    space: Space
    objective: Objective

    @property
    def name(self) -> str:
        """What the search is of."""
        return f"{self.benchmark.name}, {self.method}"

    @property
    def epochs(self) -> int:
        """Epochs of a full training."""
        return self.benchmark.recipe.epochs

    def build(self, hp) -> None:
        """Declares the space; the model itself is not needed to know it."""
        self.space.choose(hp, self.benchmark.recipe, self.benchmark.batch_size)

    def tuned(self, hp) -> Benchmark:
        """The benchmark with the chosen settings, which knows that they were chosen on `val`."""
        chosen = self.space.choose(hp, self.benchmark.recipe, self.benchmark.batch_size)
        facts = {**self.benchmark.facts, TUNED_ON: "val"}
        return with_settings(self.benchmark, chosen).replace(facts=facts)

    def train(self, hp, seed: int, epochs: int, folder: Path, verbose, callbacks):
        """Trains a model and returns it, the logs of the epoch kept, and its report."""
        benchmark = without_test(as_trained(self.tuned(hp), self.method, seed, epochs))
        model = train(benchmark, self.method, folder, verbose, copy.deepcopy(callbacks))
        report = benchmark.data.report(*predict(model, benchmark, "val"))
        return model, best_row(_last_log(folder), benchmark.recipe.monitor), report

    def load(self, path: Path, hp) -> keras.Model:
        """The model that a trial saved."""
        return keras.models.load_model(path)


@dataclasses.dataclass(frozen=True)
class BuildTask:
    """Trains the model that a user's `build(hp)` returns.

    Args:
        build: Function from `keras_tuner.HyperParameters` to a compiled model.
        train_data: A dataset, or a tuple of arrays `(x, y)` or `(x, y, sample_weight)`.
        validation_data: The same, to choose by.
        objective: What a trial is judged by, a logged value.
        epochs: Epochs of a full training.
        patience: Epochs without a better objective after which training stops, or `None`.
        fit_arguments: Further arguments of `keras.Model.fit`, for instance `batch_size`.
    """

    build: Callable
    train_data: Any
    validation_data: Any
    objective: Objective
    epochs: int
    patience: int | None = None
    fit_arguments: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        """What the search is of."""
        return getattr(self.build, "__name__", "model")

    def train(self, hp, seed: int, epochs: int, folder: Path, verbose, callbacks):
        """Trains a model and returns it, the logs of the epoch kept, and no report."""
        keras.utils.set_random_seed(seed)
        model = self._built(hp)
        data = self.train_data
        names = ("x", "y", "sample_weight")
        arguments = dict(zip(names, data)) if isinstance(data, tuple) else {"x": data}
        fit_resumably(
            model,
            folder / STAGES[0],
            epochs,
            self.objective.name,
            patience=self.patience,
            lower_is_better=self.objective.lower_is_better,
            callbacks=copy.deepcopy(callbacks),
            validation_data=self.validation_data,
            verbose=verbose,
            **{**arguments, **self.fit_arguments},
        )
        logs = best_row(_last_log(folder), self.objective.name, self.objective.lower_is_better)
        return model, logs, None

    def load(self, path: Path, hp) -> keras.Model:
        """The model that a trial saved, built anew so that its layers need no registration."""
        model = self._built(hp)
        model.optimizer.build(model.trainable_variables)
        model.load_weights(path)
        return model

    def _built(self, hp):
        model = self.build(hp)
        if not isinstance(model, keras.Model) or not model.built or not model.compiled:
            raise ValueError(
                "`build` must return a compiled keras.Model that knows the shape of its input. "
                f"Received: {model}"
            )
        return model


def _last_log(folder):
    logs = [read_log(folder / stage / "epochs.jsonl") for stage in STAGES]
    return [rows for rows in logs if rows][-1]


def without_test(benchmark):
    """The benchmark with a test split that cannot be read."""
    make_pipeline = benchmark.make_pipeline

    def pipeline(split, benchmark):
        if split == "test":
            raise ValueError(
                "A search must not read the test split, which is for reporting what it chose."
            )
        return make_pipeline(split, benchmark)

    return benchmark.replace(make_pipeline=pipeline)
