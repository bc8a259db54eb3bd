"""Runs the trials that an oracle asks for, each of them resumable."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
import shutil
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine import base_tuner

from keras_ranksim.experiments.files import write_json
from keras_ranksim.experiments.model import forget_models
from keras_ranksim.experiments.result import STAGES, history_of
from keras_ranksim.experiments.training import forget_states

MODEL = "model.keras"
OUTCOME = "outcome.json"
ERROR = "error.txt"
BASELINE = "baseline"
FAILURES_ALLOWED = 3


@dataclasses.dataclass(frozen=True)
class TrialRunner:
    """Trains one setting as often as asked, and remembers in a folder what came of it.

    Args:
        task: A `BenchmarkTask` or `BuildTask`.
        seed: Seed of the first execution; the next ones add 1. All trials share them, so
            that settings are compared and not seeds.
        executions: Trainings of every trial.
        keep_states: Whether a later trial may go on with the training of this one.
        verbose: As in `keras.Model.fit`.
        callbacks: Further Keras callbacks, copied for every training.
    """

    task: Any
    seed: int
    executions: int
    keep_states: bool = False
    verbose: Any = 0
    callbacks: tuple = ()

    def run(self, hp, folder: Path, epochs: int, earlier: Path | None = None) -> dict[str, float]:
        """Means over executions: the objective by its name, and the errors by shot."""
        outcomes = []
        for number in range(self.executions):
            name = f"execution-{number}"
            start = None if earlier is None else earlier / name
            outcomes.append(self._execute(hp, folder / name, self.seed + number, epochs, start))
        objective = self.task.objective
        pick = min if objective.lower_is_better else max
        best = pick(range(self.executions), key=lambda i: outcomes[i][objective.name])
        for number in range(self.executions):
            if number != best:
                (folder / f"execution-{number}" / MODEL).unlink(missing_ok=True)
        means = {name: float(np.mean([o[name] for o in outcomes])) for name in outcomes[0]}
        values = [outcome[objective.name] for outcome in outcomes]
        if self.executions > 1:
            means["deviation"] = float(np.std(values, ddof=1))
        write_json(folder / OUTCOME, means)
        (folder / ERROR).unlink(missing_ok=True)
        return means

    def _execute(self, hp, folder, seed, epochs, earlier):
        if (folder / OUTCOME).exists():
            return json.loads((folder / OUTCOME).read_text())
        folder.mkdir(parents=True, exist_ok=True)
        if earlier is not None and not (folder / STAGES[0]).exists():
            unfinished = folder / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(earlier / STAGES[0], unfinished)
            unfinished.replace(folder / STAGES[0])
        forget_models()
        model, logs, report = self.task.train(
            hp, seed, epochs, folder, self.verbose, list(self.callbacks)
        )
        seconds = history_of(folder)["seconds"]
        outcome = {
            "epochs": len(seconds),
            "best_epoch": logs["epoch"],
            "seconds": sum(seconds),
            **_flat(report),
            # Last: a function called `mae_few` is what the user means by that name.
            self.task.objective.name: self.task.objective.value(logs, report),
        }
        model.save(folder / MODEL)
        write_json(folder / OUTCOME, outcome)
        if not self.keep_states:
            forget_states(folder)
        return outcome


class SearchTuner(base_tuner.BaseTuner):
    """KerasTuner's loop over trials, with a `TrialRunner` for each of them.

    Args:
        runner: Trains a trial.
        oracle: Says what to try.
        say: Whether to tell a line a trial on standard error.
        directory: Folder of the search.
    """

    def __init__(self, runner: TrialRunner, oracle, say: bool, directory: Path):
        self.runner, self.say = runner, say
        with contextlib.redirect_stdout(io.StringIO()):
            super().__init__(
                oracle,
                runner.task.build,
                directory=str(directory.parent),
                project_name=directory.name,
            )
        self.failures, self.any_completed = 0, False
        if not self._is_worker():
            statuses = [trial.status for trial in self.oracle.trials.values()]
            self.any_completed = "COMPLETED" in statuses

    def _populate_initial_space(self):
        if self.hypermodel is not None:
            super()._populate_initial_space()

    def _get_tuner_fname(self):
        # By the tuner's own name, a chief would not find what one process alone had searched.
        name = self.tuner_id if self._is_worker() else "tuner0"
        return os.path.join(self.project_dir, f"{name}.json")

    def save(self):
        if not self._is_worker():
            self.oracle.save()
        write_json(Path(self._get_tuner_fname()), self.get_state())

    def search(self):
        # Saved before the first trial, so that a search killed in it goes on with it.
        self.save()
        with warnings.catch_warnings():
            # KerasTuner calls a deprecated function of Python at every step.
            warnings.filterwarnings("ignore", category=DeprecationWarning, module="keras_tuner")
            super().search(verbose=0)

    def run_trial(self, trial, verbose=0):
        folder = Path(self.get_trial_dir(trial.trial_id))
        values = trial.hyperparameters.values
        earlier = values.get("tuner/trial_id")
        earlier = None if earlier is None else Path(self.get_trial_dir(earlier))
        epochs = values.get("tuner/epochs", self.runner.task.epochs)
        try:
            means = self.runner.run(trial.hyperparameters, folder, epochs, earlier)
        except Exception as error:
            # KerasTuner keeps the reason to the process it happened in.
            write_error(folder, error)
            raise
        name = self.runner.task.objective.name
        return {name: means[name]}

    def _try_run_and_update_trial(self, trial, *arguments, **keywords):
        # KerasTuner's own prints the traceback, also where silence was asked for.
        try:
            self._run_and_update_trial(trial, *arguments, **keywords)
            trial.status = "COMPLETED"
        except keras_tuner.errors.FatalError:
            raise
        except Exception:
            trial.status, trial.message = "INVALID", traceback.format_exc()

    def on_trial_end(self, trial):
        super().on_trial_end(trial)
        folder = Path(self.get_trial_dir(trial.trial_id))
        if trial.status == "COMPLETED":
            self.any_completed = True
            self._drop_model_if_beaten(trial.trial_id)
        elif not self.any_completed and not self._is_worker():
            self.failures += 1
            if self.failures == FAILURES_ALLOWED:
                raise RuntimeError(
                    f"The first {FAILURES_ALLOWED} trials failed, so the search was stopped. "
                    f"The last one: {first_line(folder / ERROR)} (see {folder / ERROR})"
                )
        if self.say:
            sys.stderr.write(self._line(trial, folder) + "\n")
            sys.stderr.flush()

    def _drop_model_if_beaten(self, name):
        best = self.oracle.get_best_trials(1)[0]
        if best.trial_id != name:
            drop_models(Path(self.get_trial_dir(name)))

    def _line(self, trial, folder):
        objective = self.runner.task.objective.name
        settings = ", ".join(
            f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in trial.hyperparameters.values.items()
            if not name.startswith("tuner/")
        )
        start = f"{self.runner.task.name}, trial {trial.trial_id} ({settings}): "
        if not (folder / OUTCOME).exists():
            return start + f"failed: {first_line(folder / ERROR)[:200]}"
        value = json.loads((folder / OUTCOME).read_text())[objective]
        return start + f"{objective} {value:.4g}"


def drop_models(folder: Path) -> None:
    """Deletes the models of a trial, which take most of its space."""
    for path in folder.glob(f"execution-*/{MODEL}"):
        path.unlink()


def write_error(folder: Path, error: Exception) -> None:
    """Writes why a trial failed: a line that says it, then the traceback."""
    folder.mkdir(parents=True, exist_ok=True)
    reason = f"{type(error).__name__}: {_cause(str(error))}"
    (folder / ERROR).write_text(f"{reason}\n\n{traceback.format_exc()}")


def _cause(message):
    """The message, or the line of TensorFlow's errors in graphs that says what went wrong."""
    if not message.startswith("Graph execution error"):
        return message
    around = ("Graph execution error", "Detected at", "File ", "<stack", "Hint")
    told = [line for line in message.splitlines() if line[:1].strip()]
    told = [line for line in told if not line.startswith(around)]
    return told[0] if told else message


def first_line(path: Path) -> str:
    """What a trial failed of, in a line."""
    return path.read_text().splitlines()[0] if path.exists() else "no reason was recorded"


def role() -> str:
    """`"alone"`, or `"chief"` or `"worker"` where the environment says so."""
    if "KERASTUNER_ORACLE_IP" not in os.environ:
        return "alone"
    return "chief" if "chief" in os.environ.get("KERASTUNER_TUNER_ID", "") else "worker"


def _flat(report):
    """Errors by shot as `mae_few` and so on, those of the first three columns."""
    if report is None:
        return {}
    columns = [name for name in report.columns if name != "n"][:3]
    return {
        f"{name}_{shot}": float(report.loc[shot, name]) for name in columns for shot in report.index
    }
