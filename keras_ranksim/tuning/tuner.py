"""KerasTuner's loop over trials, seeded, with errors that reach the user."""

from __future__ import annotations

import contextlib
import copy
import io
import math
import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from keras_ranksim.tuning.package import keras_tuner
from keras_ranksim.tuning.runs import check_same_settings, write_json

MODEL = "model.keras"


class SearchTuner(keras_tuner.Tuner):
    """A `keras_tuner.Tuner` that seeds trials, raises their errors and checks its folder.

    Args:
        oracle: The KerasTuner oracle.
        hypermodel: The KerasTuner hypermodel or build function.
        folder: The folder of the search; KerasTuner's files are in `trials` inside it.
        settings: Settings that must be the same when the search resumes.
        seed: Seed of every trial, so that settings are compared and not seeds.
        overwrite: Whether to delete an earlier search in the folder.
        executions_per_trial: Trainings per trial.
    """

    def __init__(self, oracle, hypermodel, folder, *, settings, seed, overwrite, **kwargs):
        self.settings, self.seed = settings, seed
        self.settings_path = Path(folder) / "search.json"
        is_worker = role() == "worker"
        if not overwrite and not is_worker:
            check_same_settings(self.settings_path, settings)
        with contextlib.redirect_stdout(io.StringIO()):
            super().__init__(
                oracle,
                hypermodel,
                directory=str(folder),
                project_name="trials",
                overwrite=overwrite and not is_worker,
                **kwargs,
            )
        if not is_worker:
            write_json(self.settings_path, settings)

    def run_trial(self, trial, callbacks=(), verbose=1, **fit_arguments):
        """Trains the settings of a trial; `verbose=1` shows KerasTuner's summary alone."""
        fit_arguments["callbacks"] = [*callbacks, CheckEpoch(self.oracle.objective.name)]
        try:
            check_same_settings(self.settings_path, self.settings)
            return self.train(trial, verbose=max(verbose - 1, 0), **fit_arguments)
        except keras_tuner.errors.FailedTrialError:
            raise
        except Exception as error:
            # KerasTuner would treat it as a bad setting and continue the search.
            raise keras_tuner.errors.FatalError(
                f"Trial {trial.trial_id} stopped the search with {type(error).__name__}: {error}"
            ) from error

    def train(self, trial, **fit_arguments):
        """Trains as KerasTuner does, from the seed of the search."""
        keras.utils.set_random_seed(self.seed)
        return super().run_trial(trial, **fit_arguments)

    def load_model(self, trial) -> keras.Model:
        """The model of a trial, with the weights of its best epoch."""
        with warnings.catch_warnings():
            # KerasTuner loads weights without the state of the optimizer.
            warnings.simplefilter("ignore")
            return super().load_model(trial)


class BenchmarkTuner(SearchTuner):
    """Trains as `keras_ranksim.experiments.run` does, and rates trials by the validation report.

    Args:
        oracle, hypermodel: The oracle, and a `RankSimHyperModel`.
        measure: Function from the validation report to the objective's value.
        *args, **kwargs: As in `SearchTuner`.
    """

    def __init__(self, oracle, hypermodel, *args, measure: Callable, **kwargs):
        self.measure = measure
        super().__init__(oracle, hypermodel, *args, **kwargs)

    def train(self, trial, callbacks=(), verbose=0):
        """Trains every execution from its own seed, and keeps the model of the best one."""
        folder = Path(self.get_trial_dir(trial.trial_id))
        objective, results = self.oracle.objective, []
        for number in range(self.executions_per_trial):
            model, report = self.hypermodel.train(
                trial.hyperparameters,
                self.seed + number,
                folder / f"execution-{number}",
                verbose,
                copy.deepcopy(callbacks),
            )
            value = float(self.measure(report))
            if not math.isfinite(value):
                raise ValueError(
                    "`objective` must be finite, and use only shots with validation samples. "
                    f"Received: {objective.name}={value}, samples={report['n'].to_dict()}"
                )
            if all(objective.better_than(value, other[objective.name]) for other in results):
                model.save(folder / MODEL)
            errors = {f"mae_{shot}": error for shot, error in report["mae"].dropna().items()}
            results.append({**errors, objective.name: value})
        if len(results) > 1:
            deviation = np.std([result[objective.name] for result in results], ddof=1)
            results = [{**result, "deviation": deviation} for result in results]
        return results

    def on_trial_end(self, trial):
        """Records the trial, and deletes what only a resumed training needs."""
        super().on_trial_end(trial)
        for unneeded in Path(self.get_trial_dir(trial.trial_id)).glob("execution-*"):
            shutil.rmtree(unneeded)

    def load_model(self, trial) -> keras.Model:
        """The model of the best execution of a trial."""
        return keras.models.load_model(Path(self.get_trial_dir(trial.trial_id)) / MODEL)


class CheckEpoch(keras.callbacks.Callback):
    """Ends the trial if it diverges, and the search if the objective is not logged.

    Args:
        objective: Name of the objective; not checked unless it starts with `val_`.
    """

    def __init__(self, objective: str):
        super().__init__()
        self.objective = objective

    def on_epoch_end(self, epoch, logs=None):
        if self.objective.startswith("val_") and self.objective not in logs:
            raise ValueError(
                f"`objective` must be one of the logged values {sorted(logs)}. "
                f"Received: objective={self.objective!r}"
            )
        for name in ("loss", "val_loss"):
            if not math.isfinite(logs.get(name, 0.0)):
                raise keras_tuner.errors.FailedTrialError(
                    f"The training diverged: {name}={logs[name]} in epoch {epoch + 1}"
                )


def role() -> str:
    """`"alone"`, or `"chief"` or `"worker"` by KerasTuner's environment variables."""
    if "KERASTUNER_ORACLE_IP" not in os.environ:
        return "alone"
    return "chief" if "chief" in os.environ.get("KERASTUNER_TUNER_ID", "") else "worker"
