"""Training that goes on where it was cut off, and keeps the best epoch's weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import keras

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.checkpoint import Checkpoint, CountEpochs
from keras_ranksim.experiments.epoch_log import EpochLog
from keras_ranksim.experiments.method import Method
from keras_ranksim.experiments.model import build_model
from keras_ranksim.experiments.result import STAGES
from keras_ranksim.models.two_stage import prepare_second_stage
from keras_ranksim.validation import positive_integer


def as_trained(
    benchmark: Benchmark, method: Method, seed: int, epochs: int | None = None
) -> Benchmark:
    """The benchmark with the seed, the epochs and the views that a run of the method takes."""
    recipe = benchmark.recipe
    if epochs is not None:
        epochs = positive_integer("epochs", epochs, "of each stage")
        recipe = dataclasses.replace(recipe, epochs=epochs)
    views = recipe.conr_views if method.conr else benchmark.views
    return benchmark.replace(seed=int(seed), recipe=recipe, views=views)


def train(
    benchmark: Benchmark, method: Method, folder: Path, verbose="auto", callbacks: Sequence = ()
) -> keras.Model:
    """Trains in one stage, or in two; each keeps its own log, checkpoint and best weights.

    Reads the training and the validation split, and never the test split.

    Args:
        benchmark: What `as_trained` gave.
        method: The method.
        folder: Where a cut run finds how far it was.
        verbose: As in `keras.Model.fit`.
        callbacks: Further Keras callbacks.

    Returns:
        The model with the weights of the best epoch.
    """
    built = build_model(benchmark, method, benchmark.seed)
    recipe, weights = benchmark.recipe, method.weighting(benchmark.recipe)
    weighted = benchmark
    if weights is not None:
        weighted = benchmark.replace(weights=benchmark.label_weights(**weights))
    model = built.model
    data = benchmark if method.base == "RRT" else weighted
    _fit_stage(model, data, folder / STAGES[0], verbose, callbacks)
    if method.base == "RRT":
        # The head is drawn anew from a seed of its own, the same for resumed and uncut runs.
        keras.utils.set_random_seed(benchmark.seed + 1)
        prepare_second_stage(model, built.regressor, learning_rate=recipe.learning_rate)
        _fit_stage(model, weighted, folder / STAGES[1], verbose, callbacks)
    return model


def epoch_callbacks(benchmark: Benchmark) -> list[keras.callbacks.Callback]:
    """What sets the learning rate and the order of the samples of every epoch."""
    recipe = benchmark.recipe

    def learning_rate(epoch):
        passed = sum(epoch >= milestone for milestone in recipe.milestones)
        return recipe.learning_rate * recipe.decay**passed

    return [
        CountEpochs(benchmark.epoch),
        keras.callbacks.LearningRateScheduler(learning_rate),
    ]


def _fit_stage(model, benchmark, folder, verbose, callbacks):
    recipe = benchmark.recipe
    fit_resumably(
        model,
        folder,
        recipe.epochs,
        recipe.monitor,
        patience=recipe.patience,
        before=epoch_callbacks(benchmark),
        callbacks=callbacks,
        x=benchmark.train,
        validation_data=benchmark.val,
        verbose=verbose,
    )


def fit_resumably(
    model: keras.Model,
    folder: Path,
    epochs: int,
    monitor: str,
    patience: int | None = None,
    lower_is_better: bool = True,
    before: Sequence = (),
    callbacks: Sequence = (),
    **fit_arguments,
) -> None:
    """Calls `fit` for the epochs that are left, and loads the weights of the best one.

    Args:
        model: A compiled model.
        folder: Holds the log, the checkpoint and the best weights of this call alone.
        epochs: Epochs in total.
        monitor: The logged value that chooses the best epoch.
        patience: Stop after this many epochs without a better one; `None` for never.
        lower_is_better: Whether the smallest `monitor` is the best.
        before: Callbacks to run before an epoch is logged.
        callbacks: Callbacks to run after it.
        **fit_arguments: Data and other arguments of `keras.Model.fit`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = Checkpoint(folder / "state.npz")
    first_epoch = checkpoint.restore(model)
    log = EpochLog(folder, monitor, patience, first_epoch, lower_is_better)
    if first_epoch < epochs and not log.is_exhausted():
        model.fit(
            **fit_arguments,
            initial_epoch=first_epoch,
            epochs=epochs,
            callbacks=[*before, log, checkpoint, *callbacks],
        )
    if log.best_epoch() is None:
        raise ValueError(
            f"Training must reach a finite '{monitor}' to choose weights by. "
            f"Received: {[row[monitor] for row in log.rows]}"
        )
    model.load_weights(log.best_path)


def forget_states(folder: Path) -> None:
    """Deletes what only an interrupted run needs."""
    for stage in STAGES:
        (folder / stage / "state.npz").unlink(missing_ok=True)
        (folder / stage / "best.weights.h5").unlink(missing_ok=True)
