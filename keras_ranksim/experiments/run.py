"""One cell of a table: a method on a benchmark, from one seed."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.evaluation import TUNED_ON, predict, report_of
from keras_ranksim.experiments.method import Method
from keras_ranksim.experiments.published import published_table
from keras_ranksim.experiments.settings import check_same_settings, settings_of, write_json
from keras_ranksim.experiments.shot_board import ShotBoard
from keras_ranksim.experiments.training import as_trained, forget_states, history_of, train
from keras_ranksim.plots.embeddings import save_embeddings
from keras_ranksim.plots.predictions import save_predictions
from keras_ranksim.plots.report import leave_report, write_run_report

if TYPE_CHECKING:
    import pandas


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
    tensorboard: bool = False,
) -> Result:
    """Trains a method on a benchmark as its recipe says, and reports on the test split.

    The weights of the epoch with the best validation value are kept. With `output_dir`, a run
    that was cut off goes on where it was when called again, and a finished one is read, not
    repeated; the folder holds `model.keras`, `history.csv`, `settings.json`, `report.csv`,
    `validation.csv`, `predictions.npz`, `embeddings.npz`, and `report.html` with its `pictures`
    to look at all this.

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
    boards = _boards(tensorboard, benchmark, output_dir)
    with _folder(output_dir) as folder:
        settings = settings_of(benchmark, method, seed)
        check_same_settings(folder / "settings.json", settings)
        if (folder / "result.json").exists():
            result = _read_result(folder, benchmark, method, seed)
        else:
            write_json(folder / "settings.json", settings)
            model = train(benchmark, method, folder, verbose, [*callbacks, *boards])
            result = _finish(model, benchmark, method, seed, folder, output_dir)
        if output_dir is not None and not (folder / "report.html").exists():
            leave_report(write_run_report, benchmark, result, published_table(benchmark.name))
        return result


def _boards(tensorboard, benchmark, output_dir):
    if not tensorboard:
        return []
    if output_dir is None:
        raise ValueError(
            "`tensorboard=True` needs an `output_dir` to write to. Received: output_dir=None"
        )
    return [ShotBoard(benchmark, Path(output_dir) / "tensorboard")]


def _finish(model, benchmark, method, seed, folder, output_dir):
    import pandas

    reports = {}
    for split in ("val", "test"):
        labels, predictions, weights = predict(model, benchmark, split)
        reports[split] = report_of(labels, predictions, weights, benchmark)
        if split == "test":
            save_predictions(folder / "predictions.npz", labels, predictions, weights)
    if TUNED_ON in benchmark.facts:
        reports["val"].index.name = "chosen on this split"
        setattr(model, TUNED_ON, benchmark.facts[TUNED_ON])
    model.save(folder / "model.keras")
    reports["test"].to_csv(folder / "report.csv")
    reports["val"].to_csv(folder / "validation.csv")
    result = Result(
        benchmark=benchmark.name,
        method=method,
        seed=seed,
        report=reports["test"],
        validation=reports["val"],
        history=history_of(folder),
        output_dir=None if output_dir is None else folder,
        model=model,
    )
    pandas.DataFrame(result.history).to_csv(folder / "history.csv", index=False)
    if output_dir is not None:
        save_embeddings(folder / "embeddings.npz", model, benchmark)
    write_json(folder / "result.json", {"finished": True, "seconds": result.seconds})
    forget_states(folder)
    return result


def _read_result(folder, benchmark, method, seed):
    import pandas

    return Result(
        benchmark=benchmark.name,
        method=method,
        seed=seed,
        report=pandas.read_csv(folder / "report.csv", index_col=0),
        validation=pandas.read_csv(folder / "validation.csv", index_col=0),
        history=history_of(folder),
        output_dir=folder,
    )


@contextlib.contextmanager
def _folder(output_dir):
    if output_dir is not None:
        folder = Path(output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
