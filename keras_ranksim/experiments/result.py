"""The result of a run, and how to read it from the folder of a finished run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_ranksim.experiments.epoch_log import LOG, read_log
from keras_ranksim.experiments.files import STAGES, damaged, explain_damage, read_json
from keras_ranksim.experiments.readable import readable_report
from keras_ranksim.methods.ensemble import Ensemble, parse_row
from keras_ranksim.methods.method import Method

if TYPE_CHECKING:
    import pandas

FINISHED = "result.json"


@dataclasses.dataclass
class Result:
    """The result of a run.

    Args:
        benchmark: Name of the benchmark.
        method: The method, or the ensemble of methods; of a result that was read, the name of
            one that is not registered here.
        seed: The seed.
        report: Errors on the test split by shot, a `pandas.DataFrame`.
        validation: The same on the validation split, on which weights were chosen.
        history: A dictionary of lists, one value per epoch, the second stage after the first.
        output_dir: The folder of the run, or `None`.
        model: The trained model, or `None` for a result that was read from a folder.
    """

    benchmark: str
    method: Method | Ensemble | str
    seed: int
    report: pandas.DataFrame
    validation: pandas.DataFrame
    history: dict[str, list[float]]
    output_dir: Path | None = None
    model: Any = None

    @property
    def seconds(self) -> float:
        """Time spent on training and validation."""
        return sum(self.history["seconds"])

    def __repr__(self):
        """The errors, and what was run."""
        errors = readable_report(self.report)
        return f"{self.method} on {self.benchmark}, seed {self.seed}\n{errors}"


@dataclasses.dataclass(frozen=True)
class Failure:
    """Why a cell of a table has no result.

    Args:
        message: The error message, starting with its type.
    """

    message: str

    @property
    def line(self) -> str:
        """The first line of the message."""
        return (self.message.splitlines() or [""])[0]


def read_result(folder: Path) -> Result:
    """Reads the folder of a finished run.

    Args:
        folder: The `output_dir` of the run.

    Returns:
        A `Result` without its model.

    Raises:
        ValueError: If a file is missing or damaged; the message says what to do.
    """
    settings = read_json(folder / "settings.json")
    return Result(
        benchmark=settings["benchmark"],
        method=_method(settings["method"]),
        seed=settings["seed"],
        report=_read_report(folder / "report.csv"),
        validation=_read_report(folder / "validation.csv"),
        history=_seconds_of(settings) if "members" in settings else history_of(folder),
        output_dir=folder,
    )


def _method(name):
    try:
        return parse_row(name)
    except ValueError:  # registered by a script, which need not be the one that reads
        return name


def history_of(folder: Path) -> dict[str, list[float]]:
    """The logs of a run, one list per value, the second stage after the first."""
    rows = []
    for stage in STAGES:
        rows += read_log(folder / stage / LOG)
    if not rows:
        raise damaged(folder / STAGES[0] / LOG, FileNotFoundError())
    names = [name for name in rows[0] if all(name in row for row in rows)]
    return {name: [row[name] for row in rows] for name in names}


def _seconds_of(settings):
    """The history of an ensemble, which has no epochs: the seconds of its members."""
    return {"seconds": settings["seconds"]}


def _read_report(path):
    import pandas

    with explain_damage(path):
        report = pandas.read_csv(path, index_col=0)
        report["n"].astype(int)
    return report
