"""Training that resumes after an interruption and keeps the best epoch's weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.checkpoint import ENDED, Checkpoint, CountEpochs
from keras_ranksim.experiments.epoch_log import LOG, EpochLog, write_log
from keras_ranksim.experiments.model import build_model, loss_of
from keras_ranksim.experiments.result import STAGES
from keras_ranksim.experiments.steps import epochs_of, several_steps, steps_at_once
from keras_ranksim.files import UNFINISHED
from keras_ranksim.methods.method import Method
from keras_ranksim.validation import positive_integer


def as_trained(
    benchmark: Benchmark, method: Method, seed: int, epochs: int | None = None
) -> Benchmark:
    """The benchmark with the seed, the epochs and the views of a run of the method."""
    if not isinstance(benchmark, Benchmark):
        raise ValueError(
            "`benchmark` must be a Benchmark, such as keras_ranksim.data.load_table returns. "
            f"Received: {str(benchmark)[:100]!r}"
        )
    benchmark, views = with_epochs(benchmark, epochs), method.hook("views")
    return benchmark.replace(
        seed=int(seed), views=benchmark.views if views is None else views(benchmark.recipe)
    )


def with_epochs(benchmark: Benchmark, epochs: int | None) -> Benchmark:
    """The benchmark with these epochs in its recipe; `None` for its own."""
    if epochs is None:
        return benchmark
    epochs = positive_integer("epochs", epochs, "of each stage")
    return benchmark.replace(recipe=dataclasses.replace(benchmark.recipe, epochs=epochs))


def train(
    benchmark: Benchmark, method: Method, folder: Path, verbose="auto", callbacks: Sequence = ()
) -> keras.Model:
    """Trains in the method's stages; each keeps its own log, checkpoint and best weights.

    Reads the training and the validation split, and never the test split.

    Args:
        benchmark: What `as_trained` returned.
        method: The method.
        folder: Checkpoint folder; an interrupted run resumes from it.
        verbose: As in `keras.Model.fit`.
        callbacks: Further Keras callbacks.

    Returns:
        The model with the weights of the best epoch, or what the method's `fit` made.
    """
    weighted, fit = weighted_for(benchmark, method), method.hook("fit")
    if fit is not None:
        model = fit(weighted)
        (folder / STAGES[0]).mkdir(parents=True, exist_ok=True)
        write_log(folder / STAGES[0] / LOG, model.history)
        return model
    built = build_model(benchmark, method, benchmark.seed)
    model, recipe = built.model, benchmark.recipe
    for number, (stage, name) in enumerate(zip(method.stages, STAGES)):
        if stage.prepare is not None:
            # A seed of its own per stage: the same for resumed and uninterrupted runs.
            keras.utils.set_random_seed(benchmark.seed + number)
            loss = loss_of(benchmark, method, stage)
            stage.prepare(model, built.regressor, recipe.learning_rate, loss)
        data = weighted if stage.weighted else benchmark
        monitor = stage.monitor or recipe.monitor
        _fit_stage(model, data, method, folder / name, monitor, verbose, callbacks)
    return model


def weighted_for(benchmark: Benchmark, method: Method) -> Benchmark:
    """The benchmark with the method's sample weights; itself if no stage of it has any.

    Weights that the benchmark has already, the user's own, are multiplied with them.
    """
    weights, own = method.weighting(benchmark.recipe), benchmark.weights
    if weights is None or not any(stage.weighted for stage in method.stages):
        return benchmark
    weighted = benchmark.weighted(**weights)
    if own is None:
        return weighted
    product = own * weighted.weights
    return benchmark.replace(weights=product * (np.mean(own) / np.mean(product)))


def epoch_data(
    benchmark: Benchmark, method: Method
) -> tuple[tf.data.Dataset, list[keras.callbacks.Callback]]:
    """Training data, and callbacks that set their order and the learning rate of every epoch."""
    recipe, counter = benchmark.recipe, tf.Variable(0, dtype="int64", trainable=False)

    def of_recipe(epoch):
        passed = sum(epoch >= milestone for milestone in recipe.milestones)
        return recipe.learning_rate * recipe.decay**passed

    def learning_rate(epoch, current):
        if epoch == 0 or np.float32(current) == np.float32(of_recipe(epoch - 1)):
            return of_recipe(epoch)
        # A callback of the user's, such as ReduceLROnPlateau, has changed it.
        return current * of_recipe(epoch) / of_recipe(epoch - 1)

    callbacks = [CountEpochs(counter), keras.callbacks.LearningRateScheduler(learning_rate)]
    data = benchmark.dataset("train", counter)
    for entry in method.entries:
        if entry.batches is not None:
            data = entry.batches(data, benchmark, counter)
            if data.cardinality() == tf.data.INFINITE_CARDINALITY:
                raise ValueError(
                    f"`batches` of the method {entry.name} must return a dataset that ends with "
                    "the epoch. Received: one without end; leave out `repeat()`"
                )
    return data, callbacks


def _fit_stage(model, benchmark, method, folder, monitor, verbose, callbacks):
    recipe = benchmark.recipe
    data, before = epoch_data(benchmark, method)
    steps = steps_at_once(model, int(data.cardinality()), recipe.batch_size, callbacks)
    with several_steps(model, steps):
        fit_resumably(
            model,
            folder,
            recipe.epochs,
            monitor,
            patience=recipe.patience,
            before=before,
            callbacks=callbacks,
            **epochs_of(data, steps),
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
    """Calls `fit` for the remaining epochs, and loads the weights of the best one.

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
    if first_epoch < epochs and not log.is_exhausted() and not checkpoint.has_ended:
        model.fit(
            **fit_arguments,
            initial_epoch=first_epoch,
            epochs=epochs,
            callbacks=[*before, log, checkpoint, *callbacks],
        )
    if log.best_epoch() is None:
        raise ValueError(
            f"Training must reach a finite '{monitor}', which chooses the weights. "
            f"Received: {[row[monitor] for row in log.rows]}"
        )
    log.load_best(model)


def forget_states(folder: Path) -> None:
    """Deletes the files that only an interrupted run needs."""
    for stage in STAGES:
        for name in ("state.npz", "best.npz", ENDED, f"{UNFINISHED}*"):
            for path in (folder / stage).glob(name):
                path.unlink()
