"""From the folder of a finished search to its result."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from keras_ranksim.experiments.training import forget_states
from keras_ranksim.tuning.result import SearchResult
from keras_ranksim.tuning.space import is_ranksim, pair
from keras_ranksim.tuning.tuner import BASELINE, ERROR, MODEL, OUTCOME, drop_models, first_line

# Beside the settings, the objective and the errors by shot.
COLUMNS = ("status", "error", "deviation", "epochs", "best_epoch", "seconds")


def check_names(task, declared) -> None:
    """Raises where a setting or the objective would take the place of another column."""
    settings = [hp.name for hp in declared.space]
    taken = [*COLUMNS, *(["lambda_"] if is_ranksim(settings) else [])]
    for name in settings:
        if name in taken:
            raise ValueError(
                f"A hyperparameter must not be called as a column of the table of trials, "
                f"{', '.join(taken)}. Received: the hyperparameter '{name}'"
            )
    if task.objective.name in [*taken, *settings]:
        raise ValueError(
            "`objective` must be a function whose name is no other column of the table of "
            f"trials. Received: a function called '{task.objective.name}'"
        )


def collect(folder: Path, oracle, task, runner, baseline) -> SearchResult:
    """Reads all trials, keeps the model of the best one, and writes the table.

    Args:
        folder: Folder of the search.
        oracle: KerasTuner's oracle, which knows the trials.
        task: What was trained.
        runner: What trained it.
        baseline: The hyperparameters of the baseline, or `None`.
    """
    import pandas

    trials = {name: oracle.trials[name] for name in oracle.start_order}
    folders = {name: folder / "trials" / f"trial_{name}" for name in trials}
    settings = {name: trial.hyperparameters for name, trial in trials.items()}
    statuses = {name: trial.status for name, trial in trials.items()}
    if not any(status == "COMPLETED" for status in statuses.values()):
        reasons = "; ".join(f"{name}: {first_line(folders[name] / ERROR)}" for name in trials)
        raise RuntimeError(f"All {len(trials)} trials of the search failed. {reasons}")
    if baseline is not None:
        folders = {BASELINE: folder / BASELINE, **folders}
        settings = {BASELINE: baseline, **settings}
        is_complete = (folders[BASELINE] / OUTCOME).exists()
        statuses = {BASELINE: "COMPLETED" if is_complete else "FAILED", **statuses}
    defaults = {hp.name: hp.default for hp in oracle.get_space().space}
    rows = {
        name: _row(settings[name].values, statuses[name], folders[name], defaults)
        for name in folders
    }
    frame = pandas.DataFrame.from_dict(rows, orient="index").rename_axis("trial")
    for column in (task.objective.name, ERROR_COLUMN):
        if column not in frame:
            frame[column] = np.nan
    scores = frame.loc[frame["status"] == "COMPLETED", task.objective.name]
    best = scores.idxmin() if task.objective.lower_is_better else scores.idxmax()
    for name in folders:
        for execution in folders[name].glob("execution-*"):
            forget_states(execution)
        if name != best:
            drop_models(folders[name])
    result = SearchResult(
        objective=task.objective.name,
        lower_is_better=task.objective.lower_is_better,
        trials=frame,
        best_trial=best,
        output_dir=folder,
        task=task,
        hyperparameters=settings[best],
        model_path=next(folders[best].glob(f"execution-*/{MODEL}")),
        seed=runner.seed,
    )
    result.to_csv(folder / "trials.csv")
    (folder / "trials.md").write_text(result.to_markdown())
    return result


ERROR_COLUMN = "error"


def _row(values, status, folder, defaults):
    row = {}
    if is_ranksim(values):
        row = pair(values["gamma"], values["delta"], defaults["gamma"])
        row["delta"] = values["delta"]
    # A setting that depends on another one is none of every trial's.
    row |= {name: values.get(name, np.nan) for name in defaults}
    row["status"] = status
    if status != "COMPLETED":
        return {**row, ERROR_COLUMN: first_line(folder / ERROR)}
    return {**row, **json.loads((folder / OUTCOME).read_text())}
