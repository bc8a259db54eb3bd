"""One cell of a table: a method on a benchmark, from one seed."""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.artifacts.embeddings import save_embeddings
from keras_ranksim.experiments.artifacts.label_info import LabelInfo
from keras_ranksim.experiments.artifacts.largest_errors import largest_errors, save_samples
from keras_ranksim.experiments.artifacts.predictions import FILES, save_predictions
from keras_ranksim.experiments.evaluation import TUNED_ON, predict
from keras_ranksim.experiments.files import explain_full_disk, make_folder, write_json
from keras_ranksim.experiments.prediction_command import MODEL, keep_encoder
from keras_ranksim.experiments.result import FINISHED, Result, history_of, read_result
from keras_ranksim.experiments.settings import check_same_settings, settings_of
from keras_ranksim.experiments.shot_board import ShotBoard
from keras_ranksim.experiments.training import as_trained, forget_states, train
from keras_ranksim.methods.method import Method


def run(
    benchmark: Benchmark,
    method: Method | str,
    seed: int = 0,
    epochs: int | None = None,
    output_dir: str | os.PathLike | None = None,
    verbose="auto",
    callbacks=(),
    tensorboard: bool = False,
) -> Result:
    """Trains a method on a benchmark by its recipe and reports on the test split.

    It keeps the weights of the epoch with the best validation value. With `output_dir`, an
    interrupted run resumes when called again, and a finished one is read, not repeated. The
    folder holds `model.keras`, for tables `encoder.json`, `history.csv`, `settings.json`,
    `report.csv`, `validation.csv`, `labels.npz`, `predictions.npz`, `validation_predictions.npz`,
    `embeddings.npz` and the folder `largest_errors`; a method that trains no network leaves no
    model and no embeddings.
    `kr.experiments.write_report` makes a page of them.

    Args:
        benchmark: The benchmark; its `recipe` holds all settings.
        method: A `Method` or its name, for instance `"SQINV + LDS + RANKSIM"`.
        seed: Seed of weights, order and augmentation.
        epochs: Epochs of each stage; `None` takes those of the recipe.
        output_dir: Folder of the run; `None` keeps nothing.
        verbose: As in `keras.Model.fit`.
        callbacks: Further Keras callbacks.
        tensorboard: Whether to log every epoch for TensorBoard, to the folder `tensorboard` in
            `output_dir`; see `ShotBoard`.

    Returns:
        A `Result`.

    Example:

    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=150, evaluation_per_age=1)
    >>> result = kr.experiments.run(benchmark, "RANKSIM", epochs=1, verbose=0)
    >>> result.report.loc["all", "n"].item()
    101
    """
    method, seed = Method.parse(method), int(seed)
    benchmark = as_trained(benchmark, method, seed, epochs)
    callbacks = keras.tree.flatten(callbacks or ())  # one alone will do, as in `fit`
    callbacks += _boards(tensorboard, benchmark, output_dir)
    with _folder(output_dir) as folder, _without_warnings_of_retracing():
        settings = settings_of(benchmark, method, seed)
        check_same_settings(folder / "settings.json", settings)
        if (folder / FINISHED).exists():
            return read_result(folder)
        write_json(folder / "settings.json", settings)
        model = train(benchmark, method, folder, verbose, callbacks)
        result = _evaluated(model, benchmark, method, seed, folder)
        if output_dir is not None:
            _keep(result, benchmark, folder)
        result.output_dir = None if output_dir is None else folder
        return result


@contextlib.contextmanager
def _without_warnings_of_retracing():
    """Silences TensorFlow's warning of retracing: every model has a function of its own."""

    def is_another(record):
        return "triggered tf.function retracing" not in record.getMessage()

    tf.get_logger().addFilter(is_another)
    try:
        yield
    finally:
        tf.get_logger().removeFilter(is_another)


def _boards(tensorboard, benchmark, output_dir):
    if not tensorboard:
        return []
    if output_dir is None:
        raise ValueError(
            "`tensorboard=True` needs an `output_dir` to write to. Received: output_dir=None"
        )
    return [ShotBoard(benchmark, Path(output_dir) / "tensorboard")]


def _evaluated(model, benchmark, method, seed, folder):
    """The result, with the predictions on both splits in the folder."""
    reports = {}
    for split in ("val", "test"):
        labels, predictions, weights = predict(model, benchmark, split)
        reports[split] = benchmark.data.report(labels, predictions, weights)
        save_predictions(folder / FILES[split], labels, predictions, weights)
    if TUNED_ON in benchmark.facts:
        reports["val"].index.name = "chosen on this split"
        setattr(model, TUNED_ON, benchmark.facts[TUNED_ON])
    return Result(
        benchmark=benchmark.name,
        method=method,
        seed=seed,
        report=reports["test"],
        validation=reports["val"],
        history=history_of(folder),
        model=model,
    )


def _keep(result, benchmark, folder):
    """Writes all that `read_result` and `write_report` read; `result.json` last."""
    import pandas

    if isinstance(result.model, keras.Model):
        result.model.save(folder / MODEL)
        keep_encoder(benchmark, folder, folder)
        try:
            save_embeddings(folder / "embeddings.npz", result.model, benchmark)
        except ValueError as error:  # a head that is a model; pages do without
            warnings.warn(f"No embeddings are kept. {error}", stacklevel=4)
    result.report.to_csv(folder / "report.csv")
    result.validation.to_csv(folder / "validation.csv")
    pandas.DataFrame(result.history).to_csv(folder / "history.csv", index=False)
    LabelInfo.of(benchmark).save(folder)
    with np.load(folder / FILES["test"]) as saved:
        save_samples(folder, largest_errors(benchmark, saved))
    write_json(folder / FINISHED, {"finished": True, "seconds": result.seconds})
    forget_states(folder)


@contextlib.contextmanager
def _folder(output_dir):
    if output_dir is not None:
        folder = make_folder(output_dir)
        with explain_full_disk(folder):
            yield folder
        return
    with tempfile.TemporaryDirectory() as folder, explain_full_disk(folder):
        yield Path(folder)
