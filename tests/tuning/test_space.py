"""The space: log gamma and log delta, in the unit of the benchmark's loss."""

import dataclasses

import keras_tuner
import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.experiments import Method
from keras_ranksim.tuning.objective import Objective
from keras_ranksim.tuning.oracles import make_oracle
from keras_ranksim.tuning.space import SETTINGS, Space, with_settings

RECIPE = kr.data.Recipe(
    epochs=2, batch_size=32, learning_rate=1e-3, ranksim={"gamma": 0.25, "lambda_": 4.0}
)
EVERYTHING = Method.parse("SQINV + LDS + FDS + RANKSIM + CONR")


def draws(tuner="random", seed=0, count=300):
    oracle = make_oracle(tuner, Objective.of(None, "min"), seed, count, epochs=4)
    Space.of(EVERYTHING, "ranksim").choose(oracle.hyperparameters, RECIPE, 32)
    values = []
    for number in range(count):
        values.append(oracle._random_values())
        oracle.trials[str(number)] = None
    return [value["gamma"] for value in values], [value["delta"] for value in values]


def test_gamma_and_delta_are_drawn_evenly_and_independently_on_log_scales():
    gamma, delta = np.log10(draws())
    middle = np.log10(0.25)
    for drawn, low, high in ((gamma, middle - 2, middle + 2), (delta, -3, 1)):
        assert drawn.min() >= low - 1e-9
        assert drawn.max() <= high + 1e-9
        quarters = np.histogram(drawn, np.linspace(low, high, 5))[0]
        assert quarters.min() > 45
    assert abs(np.corrcoef(gamma, delta)[0, 1]) < 0.15


def test_the_recipes_pair_is_tried_first_and_the_seed_decides_the_others():
    first, again, other = draws(count=5), draws(count=5), draws(seed=1, count=5)
    assert (first[0][0], first[1][0]) == (0.25, 1.0)
    assert first == again
    assert first[0][1:] != other[0][1:]


def test_lambda_is_delta_over_gamma():
    hp = keras_tuner.HyperParameters()
    hp.values = {"gamma": 0.02, "delta": 5.0}
    assert kr.tuning.ranksim_space(hp) == {"gamma": 0.02, "lambda_": 250.0}


def test_gamma_0_keeps_a_lambda_that_the_layer_takes():
    hp = keras_tuner.HyperParameters()
    hp.values = {"gamma": 0.0, "delta": 1.0}
    pair = kr.tuning.ranksim_space(hp)
    assert pair == {"gamma": 0.0, "lambda_": 100.0}
    kr.layers.RankSimRegularizer(**pair)


def test_every_setting_finds_its_place_in_the_recipe(benchmark):
    hp = keras_tuner.HyperParameters()
    benchmark = benchmark.replace(recipe=RECIPE, batch_size=32)
    space = Space.of(EVERYTHING, SETTINGS)
    space.choose(hp, RECIPE, 32)
    hp.values |= {"gamma": 0.5, "delta": 2.0, "learning_rate": 3e-3, "batch_size": 16}
    hp.values |= {"lds_kernel": "laplacian", "lds_kernel_size": 9, "lds_sigma": 1.0}
    hp.values |= {"fds_kernel": "triangular", "fds_kernel_size": 3, "fds_sigma": 4.0}
    hp.values |= {"conr_beta": 1.0, "conr_window": 0.5}
    tuned = with_settings(benchmark, space.choose(hp, RECIPE, 32))
    assert tuned.batch_size == 16
    assert tuned.recipe == dataclasses.replace(
        RECIPE,
        batch_size=16,
        learning_rate=3e-3,
        ranksim={"gamma": 0.5, "lambda_": 4.0},
        lds={"kernel": "laplacian", "kernel_size": 9, "sigma": 1.0},
        fds={"kernel": "triangular", "kernel_size": 3, "sigma": 4.0},
        conr={"beta": 1.0, "window": 0.5},
    )


def test_a_recipe_may_give_the_perturbation(benchmark):
    hp = keras_tuner.HyperParameters()
    recipe = dataclasses.replace(RECIPE, ranksim={"gamma": 0.5, "perturbation": 2.0})
    chosen = Space.of(EVERYTHING, "ranksim").choose(hp, recipe, 32)
    tuned = with_settings(benchmark.replace(recipe=recipe), chosen)
    assert tuned.recipe.ranksim == {"gamma": 0.5, "lambda_": 4.0}


def test_defaults_are_the_recipes_settings(benchmark):
    hp = keras_tuner.HyperParameters()
    space = Space.of(EVERYTHING, SETTINGS)
    tuned = with_settings(
        benchmark.replace(recipe=RECIPE, batch_size=32), space.choose(hp, RECIPE, 32)
    )
    assert tuned.batch_size == 32
    expected = dataclasses.replace(RECIPE, conr={"beta": 4.0, "window": 1.0})
    assert tuned.recipe == expected


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        ("RANKSIM", {"tune": "lr"}, r"`tune` must be one of 'ranksim'.*tune='lr'"),
        ("RANKSIM", {"tune": "fds"}, r"`tune` must name settings that the method has.*no FDS"),
        ("SQINV", {"tune": None}, r"`tune` must name at least one of .*method='SQINV'"),
        ("RANKSIM", {"tune": "learning_rate", "gamma": (1, 2)}, "must be left out where RankSim"),
        ("RANKSIM", {"tune": None, "gamma": (0, 1)}, r"`gamma` must be a positive number"),
        ("RANKSIM", {"tune": None, "delta": (2, 1)}, r"`delta` must be \(lowest, highest\)"),
    ],
)
def test_a_space_that_cannot_be_is_told(method, arguments, message):
    with pytest.raises(ValueError, match=message):
        Space.of(Method.parse(method), **arguments)


MEASURED = dataclasses.replace(RECIPE, ranksim={"gamma": "auto", "perturbation": "auto"})


def test_where_a_recipe_measures_gamma_its_range_must_be_given():
    hp = keras_tuner.HyperParameters()
    with pytest.raises(ValueError, match=r"`gamma` must be given.*ranksim=.*'gamma': 'auto'"):
        Space.of(EVERYTHING, "ranksim").choose(hp, MEASURED, 32)
    space = Space.of(EVERYTHING, "ranksim", gamma=(0.01, 1.0))
    chosen = space.choose(hp, MEASURED, 32)
    assert hp.values == {"gamma": 0.1, "delta": 0.1}
    benchmark = kr.data.load_portraits(train_samples=100, evaluation_per_age=1)
    tuned = with_settings(benchmark.replace(recipe=MEASURED), chosen)
    assert tuned.recipe.ranksim == {"gamma": 0.1, "lambda_": 1.0}


def test_other_settings_are_tuned_beside_a_measured_ranksim():
    hp = keras_tuner.HyperParameters()
    chosen = Space.of(EVERYTHING, "learning_rate").choose(hp, MEASURED, 32)
    assert set(chosen) == {"learning_rate"}
    only_delta = dataclasses.replace(RECIPE, ranksim={"gamma": 0.25, "perturbation": "auto"})
    hp = keras_tuner.HyperParameters()
    Space.of(EVERYTHING, "ranksim").choose(hp, only_delta, 32)
    assert hp.values == {"gamma": 0.25, "delta": 0.1}


def test_a_recipe_outside_the_usual_perturbations_is_still_the_first_trial():
    for gamma, delta, low, high in ((100.0, 200.0, 1e-3, 200.0), (3e-4, 6e-4, 6e-4, 10.0)):
        hp = keras_tuner.HyperParameters()
        recipe = dataclasses.replace(RECIPE, ranksim={"gamma": gamma, "lambda_": 2.0})
        Space.of(EVERYTHING, "ranksim").choose(hp, recipe, 32)
        assert hp.values == pytest.approx({"gamma": gamma, "delta": delta})
        found = {space.name: space for space in hp.space}["delta"]
        assert (found.min_value, found.max_value) == pytest.approx((low, high))
