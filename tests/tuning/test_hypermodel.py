"""The space as a `HyperModel`, in tuners of KerasTuner's own."""

import dataclasses

import keras_tuner
import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.experiments import run


def test_a_stock_tuner_trains_what_a_run_trains(benchmark, tmp_path):
    hypermodel = kr.tuning.RankSimHyperModel(benchmark, "SQINV + RANKSIM", gamma=(0.02, 0.021))
    tuner = keras_tuner.RandomSearch(
        hypermodel, objective="val_mae", max_trials=1, seed=1, directory=str(tmp_path)
    )
    tuner.search(epochs=1, verbose=0)
    (trial,) = tuner.oracle.get_best_trials(1)
    assert trial.status == "COMPLETED"
    assert 0.02 <= trial.hyperparameters.values["gamma"] <= 0.021
    tuned = hypermodel.tuned(trial.hyperparameters)
    expected = run(tuned, "SQINV + RANKSIM", epochs=1, verbose=0).history["val_mae"][0]
    np.testing.assert_allclose(trial.score, expected, rtol=1e-5)


def test_the_learning_rate_falls_at_the_milestones(benchmark):
    recipe = dataclasses.replace(benchmark.recipe, epochs=3, milestones=(1,), decay=0.5)
    hypermodel = kr.tuning.RankSimHyperModel(benchmark.replace(recipe=recipe))
    hp = keras_tuner.HyperParameters()
    history = hypermodel.fit(hp, hypermodel.build(hp), verbose=0)
    rate = recipe.learning_rate
    np.testing.assert_allclose(history.history["learning_rate"], [rate, rate / 2, rate / 2])


def test_two_stages_raise(benchmark):
    hypermodel = kr.tuning.RankSimHyperModel(benchmark, "RRT + RANKSIM")
    with pytest.raises(ValueError, match="`method` must be trained in one stage"):
        hypermodel.fit(keras_tuner.HyperParameters(), None)


def test_a_tuner_is_called_without_data(benchmark):
    hypermodel = kr.tuning.RankSimHyperModel(benchmark)
    with pytest.raises(keras_tuner.errors.FatalValueError, match=r"`search\(\)` without data"):
        hypermodel.fit(keras_tuner.HyperParameters(), None, validation_data=benchmark.val)


def test_two_stages_are_searched(benchmark):
    result = kr.tuning.search(
        benchmark, "RRT", tune="learning_rate", max_trials=1, epochs=1, verbose=0
    )
    assert result.test_report().loc["all", "n"] > 0


def test_ranges_without_ranksim_raise(benchmark):
    with pytest.raises(ValueError, match="`gamma` must be left out if 'ranksim' is not in `tune`"):
        kr.tuning.RankSimHyperModel(benchmark, tune="learning_rate", gamma=(1, 2))
