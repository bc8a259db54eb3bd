"""From the folder of a finished search to its result."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from keras_ranksim.experiments.training import forget_states
from keras_ranksim.tuning.result import SearchResult
from keras_ranksim.tuning.space import pair
from keras_ranksim.tuning.tuner import BASELINE, ERROR, MODEL, OUTCOME, drop_models, first_line


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
        statuses = {BASELINE: "COMPLETED", **statuses}
    weight = {hp.name: hp.default for hp in oracle.hyperparameters.space}.get("gamma")
    rows = {
        name: _row(settings[name].values, statuses[name], folders[name], weight) for name in folders
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


def _row(values, status, folder, weight):
    row = {}
    if "gamma" in values and "delta" in values:
        row = {**pair(values["gamma"], values["delta"], weight), "delta": values["delta"]}
    row |= {name: value for name, value in values.items() if not name.startswith("tuner/")}
    row["status"] = status
    if status != "COMPLETED":
        return {**row, ERROR_COLUMN: first_line(folder / ERROR)}
    return {**row, **json.loads((folder / OUTCOME).read_text())}
