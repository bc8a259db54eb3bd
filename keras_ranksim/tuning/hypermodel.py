"""The space of a method as a KerasTuner `HyperModel`, for tuners other than `search` offers."""

from __future__ import annotations

import keras_tuner

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.model import build_model
from keras_ranksim.experiments.training import as_trained, epoch_data, weighted_for
from keras_ranksim.methods.method import Method
from keras_ranksim.tuning.space import Space, with_settings
from keras_ranksim.tuning.task import without_test


class RankSimHyperModel(keras_tuner.HyperModel):
    """A benchmark's model as a function of gamma, delta and other settings.

    It works with every KerasTuner tuner, also your own; `keras_ranksim.tuning.search` adds a
    baseline, resuming inside a trial, an objective by shot and a report. The learning rate falls
    at the recipe's milestones; when to stop and which epoch's weights to keep is the tuner's to
    say. The test split is not read.

    Args:
        benchmark: The benchmark.
        method: The method; not one with RRT, whose two stages are more than one `fit`.
        tune: What is varied, as in `search`.
        gamma: Smallest and largest weight, as in `search`.
        delta: Smallest and largest perturbation, as in `search`.
        seed: Seed of weights, order and augmentation.

    Example:

    >>> import keras_tuner, keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=100, evaluation_per_age=1)
    >>> hypermodel = kr.tuning.RankSimHyperModel(benchmark, "SQINV + RANKSIM")
    >>> hp = keras_tuner.HyperParameters()
    >>> model = hypermodel.build(hp)
    >>> hp.values
    {'gamma': 0.01, 'delta': 1.0}
    """

    def __init__(
        self,
        benchmark: Benchmark,
        method: Method | str = "RANKSIM",
        tune=None,
        gamma: tuple[float, float] | None = None,
        delta: tuple[float, float] | None = None,
        seed: int = 0,
    ):
        super().__init__(name=benchmark.name)
        self.method = Method.parse(method)
        if len(self.method.stages) > 1:
            raise ValueError(
                "`method` must be trained in one stage; take keras_ranksim.tuning.search for "
                f"RRT. Received: method='{self.method}'"
            )
        self.benchmark = without_test(as_trained(benchmark, self.method, seed))
        self.space = Space.of(self.method, tune, gamma, delta)

    def build(self, hp):
        """The compiled model of the settings in `hp`."""
        return build_model(self._tuned(hp), self.method, self.benchmark.seed).model

    def fit(self, hp, model, *args, callbacks=(), epochs=None, **kwargs):
        """Fits on the benchmark's training split and validates on its validation split."""
        benchmark = self._tuned(hp)
        benchmark = weighted_for(benchmark, self.method)
        data, before = epoch_data(benchmark)
        return model.fit(
            data,
            *args,
            validation_data=benchmark.val,
            epochs=benchmark.recipe.epochs if epochs is None else epochs,
            callbacks=[*before, *callbacks],
            **kwargs,
        )

    def _tuned(self, hp):
        chosen = self.space.choose(hp, self.benchmark.recipe, self.benchmark.batch_size)
        return with_settings(self.benchmark, chosen)
