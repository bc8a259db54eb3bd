"""KerasTuner's oracles, made to survive a kill at any moment."""

from __future__ import annotations

from pathlib import Path

import keras_tuner
import numpy as np

from keras_ranksim.experiments.files import write_json

REDUCTION = 3


class _Careful:
    """Writes whole files only, and tries the default settings first."""

    retry_failed = False

    def save(self):
        write_json(Path(self._get_oracle_fname()), self.get_state())

    def _save_trial(self, trial):
        path = Path(self._get_trial_dir(trial.trial_id)) / "trial.json"
        write_json(path, trial.get_state())

    def reload(self):
        """Goes on from the folder; a trial whose start was not recorded is drawn again."""
        super().reload()
        self.trials = {name: self.trials[name] for name in self.start_order}
        none = not any(trial.status == "COMPLETED" for trial in self.trials.values())
        if none or self.retry_failed:
            failed = [trial for trial in self.trials.values() if trial.status == "FAILED"]
            self._retry_queue += [trial.trial_id for trial in reversed(failed)]
            self.end_order = [name for name in self.end_order if name not in self._retry_queue]
            for trial in failed:
                self._run_times[trial.trial_id] = 0

    def _random_values(self):
        if self.trials:
            return super()._random_values()
        defaults = keras_tuner.HyperParameters()
        defaults.merge(self.hyperparameters.space)
        return dict(defaults.values)


class _Random(_Careful, keras_tuner.oracles.RandomSearchOracle):
    pass


class _Hyperband(_Careful, keras_tuner.oracles.HyperbandOracle):
    pass


class _Bayesian(_Careful, keras_tuner.oracles.BayesianOptimizationOracle):
    def populate_space(self, trial_id):
        import threadpoolctl

        # KerasTuner does not save this state: a resumed search would draw other numbers.
        self._random_state = np.random.RandomState(self.seed + len(self.trials))
        # Thousands of products of tiny matrices: threads cost more than they bring.
        with threadpoolctl.threadpool_limits(1):
            return super().populate_space(trial_id)


def make_oracle(
    tuner: str,
    objective,
    seed: int,
    max_trials: int | None,
    epochs: int,
    retry_failed: bool = False,
):
    """The oracle of a search.

    Args:
        tuner: `"random"`, `"bayesian"` or `"hyperband"`.
        objective: The `Objective`.
        seed: Seed of the draws.
        max_trials: Number of trials; not for Hyperband.
        epochs: Epochs of a full training.
        retry_failed: Whether a reloaded search tries failed trials again.
    """
    oracle = _oracle(tuner, objective, seed, max_trials, epochs)
    oracle.retry_failed = retry_failed
    return oracle


def _oracle(tuner, objective, seed, max_trials, epochs):
    # KerasTuner adds 1 to its seed for every number it draws, so that neighbouring seeds would
    # draw the same ones; and takes a seed of 0 for none.
    drawn = int(np.random.SeedSequence(seed).generate_state(1)[0] >> 1) or 1
    shared = {
        "objective": keras_tuner.Objective(objective.name, objective.direction),
        "seed": drawn,
        # Raised in a chief, KerasTuner's own error leaves a lock held and all workers waiting.
        "max_consecutive_failed_trials": None,
    }
    if tuner == "hyperband":
        return _Hyperband(max_epochs=epochs, factor=REDUCTION, **shared)
    if tuner == "random":
        return _Random(max_trials=max_trials, **shared)
    # A plane of two settings needs fewer first points than KerasTuner's three a dimension.
    points = max(3, max_trials // 3)
    return _Bayesian(max_trials=max_trials, num_initial_points=points, **shared)
