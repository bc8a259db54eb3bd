"""KerasTuner's random search, with known trials before those it draws."""

from __future__ import annotations

import numpy as np

from keras_ranksim.tuning.package import keras_tuner
from keras_ranksim.tuning.space import is_ranksim


class RecipeFirst(keras_tuner.oracles.RandomSearchOracle):
    """Tries the default settings first and, if RankSim is searched, the baseline gamma 0.

    Args:
        seed: Seed of the draws.
        **kwargs: As in `keras_tuner.oracles.RandomSearchOracle`.
    """

    def __init__(self, seed: int, **kwargs):
        # KerasTuner treats a seed of 0 as none, and adds 1 to it for every number it draws, so
        # neighboring seeds would draw the same numbers.
        drawn = int(np.random.SeedSequence(seed).generate_state(1)[0] >> 1) or 1
        super().__init__(seed=drawn, **kwargs)

    def populate_space(self, trial_id):
        first = keras_tuner.HyperParameters()
        first.merge(self.hyperparameters.space)
        known = [first.values]
        if is_ranksim(first.values):
            known.append({**first.values, "gamma": 0.0})
        started = len(self.start_order)
        if started < len(known):
            return {"status": "RUNNING", "values": known[started]}
        return super().populate_space(trial_id)

    def reload(self):
        """Reads the trials in the order in which they started, not in folder order."""
        super().reload()
        self.trials = {name: self.trials[name] for name in self.start_order}
