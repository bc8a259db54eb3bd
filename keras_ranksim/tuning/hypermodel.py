"""A benchmark's model as a KerasTuner `HyperModel`."""

from __future__ import annotations

from pathlib import Path

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.tuning.package import keras_tuner
from keras_ranksim.tuning.runs import (
    Method,
    as_trained,
    build_model,
    epoch_data,
    forget_models,
    predict,
    settings_of,
    train,
    weighted_for,
    with_epochs,
)
from keras_ranksim.tuning.space import checked_range, settings_to_tune, tuned_benchmark


class RankSimHyperModel(keras_tuner.HyperModel):
    """A benchmark's model as a function of gamma, the perturbation and other settings.

    It works with every KerasTuner tuner, for instance `keras_tuner.Hyperband`.
    `keras_ranksim.tuning.search` adds a baseline, an objective by shot and a table. The
    learning rate falls at the recipe's milestones; when to stop and which epoch's weights to
    keep is up to the tuner. The test split is not read.

    Args:
        benchmark: The benchmark.
        method: The method or its name.
        tune: What to vary: `"learning_rate"`, `"batch_size"`, and settings that a part of the
            method has, such as `"ranksim"`, `"lds"`, `"fds"` or `"conr"`; `None` for RankSim
            alone. Parts that are registered with `tunable` settings are found by themselves.
        gamma: Smallest and largest weight; `None` for a hundredth to a hundred times the
            recipe's.
        perturbation: Smallest and largest `gamma * lambda_`; `None` for 0.001 to 10, extended
            to the recipe's.
        seed: Seed of weights, order and augmentation.
        epochs: Epochs of a training; `None` for the recipe's.

    Example:

    >>> import keras_tuner, keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=100, evaluation_per_age=1)
    >>> hypermodel = kr.tuning.RankSimHyperModel(benchmark, "SQINV + RANKSIM")
    >>> hp = keras_tuner.HyperParameters()
    >>> model = hypermodel.build(hp)
    >>> hp.values
    {'gamma': 0.01, 'perturbation': 1.0}
    """

    def __init__(
        self,
        benchmark: Benchmark,
        method: Method | str = "RANKSIM",
        *,
        tune=None,
        gamma: tuple[float, float] | None = None,
        perturbation: tuple[float, float] | None = None,
        seed: int = 0,
        epochs: int | None = None,
    ):
        super().__init__(name=benchmark.name)
        self.benchmark = benchmark
        self.method = Method.parse(method)
        self.tune = settings_to_tune(self.method, tune)
        self.ranges = {"gamma": gamma, "perturbation": perturbation}
        self.seed = seed
        self.epochs = epochs
        for name, values in self.ranges.items():
            if values is not None:
                checked_range(name, values)
                if "ranksim" not in self.tune:
                    raise ValueError(
                        f"`{name}` must be left out if 'ranksim' is not in `tune`. "
                        f"Received: {name}={values}, tune={self.tune}"
                    )

    def declare_hyperparameters(self, hp):
        """Declares the space to `hp`."""
        self.tuned(hp)

    def tuned(self, hp) -> Benchmark:
        """The benchmark with the settings in `hp`, which are declared to an empty `hp`."""
        return tuned_benchmark(hp, self.benchmark, self.method, self.tune, self.ranges)

    def build(self, hp):
        """The compiled model for the settings in `hp`."""
        return build_model(self._as_trained(hp, self.seed), self.method, self.seed).model

    def fit(self, hp, model, *args, callbacks=(), epochs=None, **kwargs):
        """Fits on the training split and validates on the validation split."""
        if len(self.method.stages) > 1:
            raise ValueError(
                "`method` must be trained in one stage; otherwise use keras_ranksim.tuning.search. "
                f"Received: method='{self.method}'"
            )
        if args or {"x", "validation_data"} & set(kwargs):
            raise keras_tuner.errors.FatalValueError(
                "Call the tuner's `search()` without data: a RankSimHyperModel trains on its "
                "benchmark, and validates on it."
            )
        benchmark = weighted_for(self._as_trained(hp, self.seed), self.method)
        data, before = epoch_data(benchmark, self.method)
        return model.fit(
            data,
            validation_data=benchmark.val,
            epochs=benchmark.recipe.epochs if epochs is None else epochs,
            callbacks=[*before, *callbacks],
            **kwargs,
        )

    def train(self, hp, seed: int, folder: Path, verbose=0, callbacks=()):
        """Trains as `keras_ranksim.experiments.run` does, resuming what `folder` holds.

        Returns:
            The model with the best epoch's weights, and its validation report.
        """
        forget_models()
        benchmark = self._as_trained(hp, seed)
        model = train(benchmark, self.method, folder, verbose, callbacks)
        return model, benchmark.data.report(*predict(model, benchmark, "val"))

    def settings(self) -> dict:
        """Everything that determines the result of a search, as in `settings.json` of a run."""
        benchmark = with_epochs(self.benchmark, self.epochs)
        settings = settings_of(benchmark, self.method, self.seed)
        return {**settings, "tune": self.tune, **self.ranges}

    def _as_trained(self, hp, seed):
        return without_test(as_trained(self.tuned(hp), self.method, seed, self.epochs))


def without_test(benchmark: Benchmark) -> Benchmark:
    """The benchmark with a test split that cannot be read."""
    make_pipeline = benchmark.make_pipeline

    def pipeline(split, benchmark):
        if split == "test":
            raise ValueError(
                "A search must not read the test split, which is for reporting its result."
            )
        return make_pipeline(split, benchmark)

    return benchmark.replace(make_pipeline=pipeline)
