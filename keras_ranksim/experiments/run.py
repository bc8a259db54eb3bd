"""One cell of a table: a method on a benchmark, from one seed."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.checkpoint import Checkpoint, CountEpochs
from keras_ranksim.experiments.epoch_log import EpochLog, read_log
from keras_ranksim.experiments.evaluation import predict, report_of
from keras_ranksim.experiments.method import Method
from keras_ranksim.experiments.model import build_model
from keras_ranksim.experiments.settings import check_same_settings, settings_of, write_json
from keras_ranksim.models.two_stage import prepare_second_stage

if TYPE_CHECKING:
    import pandas

STAGES = ("stage_one", "stage_two")


@dataclasses.dataclass
class Result:
    """What a run found.

    Args:
        benchmark: Name of the benchmark.
        method: The method.
        seed: The seed.
        report: Errors on the test split by shot, a `pandas.DataFrame`.
        validation: The same on the validation split, on which weights were chosen.
        history: A dictionary of lists, a value an epoch, both stages one after the other.
        output_dir: The folder of the run, or `None`.
        model: The trained model, or `None` where the result was read from a folder.
    """

    benchmark: str
    method: Method
    seed: int
    report: pandas.DataFrame
    validation: pandas.DataFrame
    history: dict[str, list[float]]
    output_dir: Path | None = None
    model: Any = None

    @property
    def seconds(self) -> float:
        """Time spent training, validation included."""
        return sum(self.history["seconds"])


def run(
    benchmark: Benchmark,
    method: Method | str,
    seed: int = 0,
    epochs: int | None = None,
    output_dir: str | os.PathLike | None = None,
    verbose="auto",
    callbacks=(),
) -> Result:
    """Trains a method on a benchmark as its recipe says, and reports on the test split.

    The weights of the epoch with the best validation value are kept. With `output_dir`, a run
    that was cut off goes on where it was when called again, and a finished one is read, not
    repeated; the folder holds `model.keras`, `history.csv`, `settings.json`, `report.csv`,
    `validation.csv` and `predictions.npz`.

    Args:
        benchmark: The benchmark; its `recipe` holds all settings.
        method: A `Method` or its name, for instance `"SQINV + LDS + RANKSIM"`.
        seed: Seed of weights, order and augmentation.
        epochs: Epochs of each stage; `None` takes those of the recipe.
        output_dir: Folder of the run; `None` keeps nothing.
        verbose: As in `keras.Model.fit`.
        callbacks: Further Keras callbacks.

    Returns:
        A `Result`.

    Example:

    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=150, evaluation_per_age=1)
    >>> result = kr.experiments.run(benchmark, "RANKSIM", epochs=1, verbose=0)
    >>> result.report.loc["all", "n"].item()
    101
    """
    method = Method.parse(method)
    recipe = benchmark.recipe
    if epochs is not None:
        recipe = dataclasses.replace(recipe, epochs=epochs)
    views = recipe.conr_views if method.conr else benchmark.views
    benchmark = benchmark.replace(seed=seed, recipe=recipe, views=views)
    with _folder(output_dir) as folder:
        settings = settings_of(benchmark, method, seed)
        check_same_settings(folder / "settings.json", settings)
        if (folder / "result.json").exists():
            return _read_result(folder, benchmark, method, seed)
        write_json(folder / "settings.json", settings)
        built = build_model(benchmark, method, seed)
        _fit_stages(built, benchmark, method, folder, verbose, list(callbacks))
        return _finish(built.model, benchmark, method, seed, folder, output_dir)


def _fit_stages(built, benchmark, method, folder, verbose, callbacks):
    """Trains in one stage, or in two; each keeps its own log, checkpoint and best weights."""
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


def _fit_stage(model, benchmark, folder, verbose, callbacks):
    folder.mkdir(parents=True, exist_ok=True)
    recipe = benchmark.recipe
    checkpoint = Checkpoint(folder / "state.npz")
    first_epoch = checkpoint.restore(model)
    log = EpochLog(folder, recipe.monitor, recipe.patience, first_epoch)
    if first_epoch < recipe.epochs and not log.is_exhausted():

        def learning_rate(epoch):
            passed = sum(epoch >= milestone for milestone in recipe.milestones)
            return recipe.learning_rate * recipe.decay**passed

        model.fit(
            benchmark.train,
            validation_data=benchmark.val,
            initial_epoch=first_epoch,
            epochs=recipe.epochs,
            verbose=verbose,
            callbacks=[
                CountEpochs(benchmark.epoch),
                keras.callbacks.LearningRateScheduler(learning_rate),
                log,
                checkpoint,
                *callbacks,
            ],
        )
    if log.best_epoch() is None:
        raise ValueError(
            f"Training must reach a finite '{recipe.monitor}' to choose weights by. "
            f"Received: {[row[recipe.monitor] for row in log.rows]}"
        )
    model.load_weights(log.best_path)


def _finish(model, benchmark, method, seed, folder, output_dir):
    import pandas

    reports = {}
    for split in ("val", "test"):
        labels, predictions, weights = predict(model, benchmark, split)
        reports[split] = report_of(labels, predictions, weights, benchmark)
        if split == "test" and benchmark.pixel_counts is None:
            np.savez(folder / "predictions.npz", labels=labels, predictions=predictions)
    model.save(folder / "model.keras")
    reports["test"].to_csv(folder / "report.csv")
    reports["val"].to_csv(folder / "validation.csv")
    result = Result(
        benchmark=benchmark.name,
        method=method,
        seed=seed,
        report=reports["test"],
        validation=reports["val"],
        history=_history(folder),
        output_dir=None if output_dir is None else folder,
        model=model,
    )
    pandas.DataFrame(result.history).to_csv(folder / "history.csv", index=False)
    write_json(folder / "result.json", {"finished": True, "seconds": result.seconds})
    for stage in STAGES:
        (folder / stage / "state.npz").unlink(missing_ok=True)
        (folder / stage / "best.weights.h5").unlink(missing_ok=True)
    return result


def _read_result(folder, benchmark, method, seed):
    import pandas

    return Result(
        benchmark=benchmark.name,
        method=method,
        seed=seed,
        report=pandas.read_csv(folder / "report.csv", index_col=0),
        validation=pandas.read_csv(folder / "validation.csv", index_col=0),
        history=_history(folder),
        output_dir=folder,
    )


def _history(folder):
    rows = [row for stage in STAGES for row in read_log(folder / stage / "epochs.jsonl")]
    names = [name for name in rows[0] if all(name in row for row in rows)]
    return {name: [row[name] for row in rows] for name in names}


@contextlib.contextmanager
def _folder(output_dir):
    if output_dir is not None:
        folder = Path(output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
