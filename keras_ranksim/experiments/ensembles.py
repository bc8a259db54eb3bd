"""Ensembles of finished runs: the mean of their saved predictions, without training."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from keras_ranksim.experiments.artifacts.label_info import LabelInfo
from keras_ranksim.experiments.artifacts.predictions import FILES
from keras_ranksim.experiments.files import PAGE, make_folder, read_arrays, read_json, write_json
from keras_ranksim.experiments.result import FINISHED, Failure, Result, read_result
from keras_ranksim.experiments.table import Table
from keras_ranksim.labels.report import run_report
from keras_ranksim.methods.ensemble import SEPARATOR, Ensemble, members_of, parse_row
from keras_ranksim.methods.method import Method

NOTHING = {"labels": np.zeros(0), "predictions": np.zeros(0)}
COPIED = ("batch_size", "command", "facts", "recipe", "samples", "versions")


def ensemble(
    folders: Iterable[str | os.PathLike], *, output_dir: str | os.PathLike | None = None
) -> Result:
    """Averages the predictions of finished runs, such as a plain and a re-weighted one.

    Args:
        folders: The `output_dir` of each run, two or more, of different methods on one data set.
        output_dir: Folder for reports and predictions, from which `write_report` makes a page;
            `None` keeps nothing.

    Returns:
        A `Result` without a model.

    Example:

    ```python
    kr.experiments.run(benchmark, "VANILLA", output_dir="runs/plain")
    kr.experiments.run(benchmark, "SQINV + LDS", output_dir="runs/weighted")
    both = kr.experiments.ensemble(["runs/plain", "runs/weighted"])
    ```
    """
    several = not isinstance(folders, (str, os.PathLike)) and isinstance(folders, Iterable)
    folders = [Path(folder) for folder in folders] if several else [folders]
    if len(folders) < 2:
        raise ValueError(
            f"`folders` must list the folders of two runs or more. Received: folders={folders!r}"
        )
    members = [read_result(folder) for folder in folders]
    method = Ensemble.parse(SEPARATOR.join(str(member.method) for member in members))
    averaged = {"test": _averaged(folders, FILES["test"]), "val": NOTHING}
    # Older runs did not keep validation predictions.
    if all((folder / FILES["val"]).exists() for folder in folders):
        averaged["val"] = _averaged(folders, FILES["val"])
    label = _same_label(folders)
    report = functools.partial(
        run_report,
        train_labels=label.train_labels,
        bins=label.bins,
        shot_limits=label.shot_limits,
    )
    reports = {
        split: report(arrays["labels"], arrays["predictions"]) for split, arrays in averaged.items()
    }
    result = Result(
        benchmark=members[0].benchmark,
        method=method,
        seed=members[0].seed,
        report=reports["test"],
        validation=reports["val"],
        history={"seconds": [member.seconds for member in members]},
    )
    if output_dir is not None:
        result.output_dir = make_folder(output_dir)
        _keep(result, folders, label, averaged)
    return result


def rows_of(methods: Iterable, output_dir) -> list[Method | Ensemble]:
    """The rows that names of methods and ensembles mean; ensembles need saved predictions."""
    rows = [parse_row(name) for name in methods]
    for row in rows:
        if isinstance(row, Ensemble) and output_dir is None:
            raise ValueError(
                "`output_dir` must be given for rows that are ensembles, since they are made of "
                f"saved predictions. Received: output_dir=None, with the row '{row}'"
            )
    return rows


def add_ensembles(table: Table, rows: list[Method | Ensemble], folder: Path) -> None:
    """Adds the ensembles among `rows` to a table, and puts its rows in their order.

    Args:
        table: A table of all `members_of(rows)`; those that are no rows leave it.
        rows: The methods and ensembles to show.
        folder: Folder of the table.
    """
    runs = table.results
    shown = {
        str(row): _cells(runs, row, folder) if isinstance(row, Ensemble) else runs[str(row)]
        for row in rows
    }
    members = [str(member) for member in members_of(rows)]
    further = {name: cells for name, cells in runs.items() if name not in members}
    table.results = {**shown, **further}
    table.save(folder)


def _cells(runs, row, folder):
    of_members = [runs[str(member)] for member in row.members]
    return {
        seed: _cell([cells[seed] for cells in of_members], row, folder / row.slug / f"seed-{seed}")
        for seed in of_members[0]
    }


def _cell(cells, row, folder):
    for cell, member in zip(cells, row.members):
        if isinstance(cell, Failure):
            return Failure(f"{member} failed: {cell.message}")
    try:
        return ensemble([cell.output_dir for cell in cells], output_dir=folder)
    except Exception as error:  # a failed cell must not stop the others
        return Failure(f"{type(error).__name__}: {error}")


def _same_label(folders):
    """The label of all runs, which decides the shots of the reports."""
    found = [LabelInfo.load(folder) for folder in folders]
    shots = [(one.shot_limits, one.bins.edges.tolist(), one.counts.tolist()) for one in found]
    for folder, decides in zip(folders, shots):
        if decides != shots[0]:
            raise ValueError(
                "`folders` must hold runs with the same training labels, bins and shot limits. "
                f"Received: others in '{folder}' than in '{folders[0]}'"
            )
    return found[0]


def _averaged(folders, file):
    """Labels, and the mean of the predictions of all runs for them."""
    found = [read_arrays(folder / file) for folder in folders]
    for folder, arrays in zip(folders, found):
        if "worst" in arrays:
            raise ValueError(
                "`folders` must hold runs with one label per sample; of maps not all predictions "
                f"are kept. Received: '{folder}'"
            )
        if not np.array_equal(arrays["labels"], found[0]["labels"]):
            raise ValueError(
                "`folders` must hold runs on the same data. Received: other labels in "
                f"'{folder}' than in '{folders[0]}'"
            )
    predictions = np.mean([arrays["predictions"] for arrays in found], axis=0)
    return {"labels": found[0]["labels"], "predictions": predictions}


def _keep(result, folders, label, averaged):
    """Writes what `read_result` and `write_report` read; `result.json` last."""
    folder, settings = result.output_dir, read_json(folders[0] / "settings.json")
    own = {
        "benchmark": result.benchmark,
        "method": str(result.method),
        "seed": result.seed,
        "members": [Path(os.path.relpath(one, folder)).as_posix() for one in folders],
        "seconds": result.history["seconds"],
    }
    write_json(folder / "settings.json", {**own, **{name: settings[name] for name in COPIED}})
    result.report.to_csv(folder / "report.csv")
    result.validation.to_csv(folder / "validation.csv")
    label.save(folder)
    for split, arrays in averaged.items():
        np.savez(folder / FILES[split], **arrays)
    (folder / PAGE).unlink(missing_ok=True)  # of other predictions
    write_json(folder / FINISHED, {"finished": True, "seconds": result.seconds})
