"""The space: log gamma and log perturbation, in the unit of the benchmark's loss."""

import dataclasses

import keras_tuner
import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.experiments import Method
from keras_ranksim.methods.registry import unregister
from keras_ranksim.tuning.oracles import RecipeFirst
from keras_ranksim.tuning.space import settings_to_tune, tuned_benchmark

RECIPE = kr.data.Recipe(
    epochs=2, batch_size=32, learning_rate=1e-3, ranksim={"gamma": 0.25, "lambda_": 4.0}
)
EVERYTHING = Method.parse("SQINV + LDS + FDS + RANKSIM + CONR")
SETTINGS = ("conr", "fds", "lds", "batch_size", "learning_rate", "ranksim")
RANKSIM = Method.parse("RANKSIM")


@pytest.fixture
def prices(benchmark):
    return benchmark.replace(recipe=RECIPE, batch_size=32)


def with_ranksim(benchmark, **settings):
    return benchmark.replace(recipe=dataclasses.replace(benchmark.recipe, ranksim=settings))


def draws(benchmark, seed=0, count=300):
    """Gamma and perturbation of `count` trials."""
    oracle = RecipeFirst(seed, objective=keras_tuner.Objective("val_mae", "min"))
    tuned_benchmark(oracle.hyperparameters, benchmark, RANKSIM, ("ranksim",))
    values = []
    for number in range(count):
        values.append(oracle.populate_space(str(number))["values"])
        oracle.start_order.append(str(number))
    return [value["gamma"] for value in values], [value["perturbation"] for value in values]


def test_gamma_and_perturbation_are_drawn_evenly_and_independently_on_log_scales(prices):
    gamma, perturbation = np.log10(np.array(draws(prices))[:, 2:])
    middle = np.log10(0.25)
    for drawn, low, high in ((gamma, middle - 2, middle + 2), (perturbation, -3, 1)):
        assert drawn.min() >= low - 1e-9
        assert drawn.max() <= high + 1e-9
        quarters = np.histogram(drawn, np.linspace(low, high, 5))[0]
        assert quarters.min() > 45
    assert abs(np.corrcoef(gamma, perturbation)[0, 1]) < 0.15


def test_the_recipe_is_tried_first_then_gamma_0_and_the_seed_decides_the_others(prices):
    first, again, other = draws(prices, 0, 5), draws(prices, 0, 5), draws(prices, 1, 5)
    assert (first[0][:2], first[1][:2]) == ([0.25, 0.0], [1.0, 1.0])
    assert first == again
    assert not set(first[0][2:]) & set(other[0][2:])


def test_lambda_is_the_perturbation_over_gamma():
    hp = keras_tuner.HyperParameters()
    hp.values = {"gamma": 0.02, "perturbation": 5.0}
    assert kr.tuning.ranksim_space(hp) == {"gamma": 0.02, "lambda_": 250.0}


def test_gamma_0_keeps_a_lambda_that_the_layer_takes():
    hp = keras_tuner.HyperParameters()
    hp.values = {"gamma": 0.0, "perturbation": 1.0}
    pair = kr.tuning.ranksim_space(hp)
    assert pair == {"gamma": 0.0, "lambda_": 100.0}
    kr.layers.RankSimRegularizer(**pair)


def test_every_setting_finds_its_place_in_the_recipe(prices):
    hp = keras_tuner.HyperParameters()
    tuned_benchmark(hp, prices, EVERYTHING, SETTINGS)
    hp.values |= {"gamma": 0.5, "perturbation": 2.0, "learning_rate": 3e-3, "batch_size": 16}
    hp.values |= {"lds_kernel": "laplacian", "lds_kernel_size": 9, "lds_sigma": 1.0}
    hp.values |= {"fds_kernel": "triangular", "fds_kernel_size": 3, "fds_sigma": 4.0}
    hp.values |= {"conr_beta": 1.0, "conr_window": 0.5}
    tuned = tuned_benchmark(hp, prices, EVERYTHING, SETTINGS)
    assert tuned.batch_size == 16
    assert tuned.recipe == dataclasses.replace(
        RECIPE,
        batch_size=16,
        learning_rate=3e-3,
        ranksim={"gamma": 0.5, "perturbation": 2.0},
        lds={"kernel": "laplacian", "kernel_size": 9, "sigma": 1.0},
        fds={"kernel": "triangular", "kernel_size": 3, "sigma": 4.0},
        conr={"beta": 1.0, "window": 0.5},
    )


def test_defaults_are_the_recipes_settings(prices):
    tuned = tuned_benchmark(keras_tuner.HyperParameters(), prices, EVERYTHING, SETTINGS)
    assert tuned.batch_size == 32
    assert tuned.recipe == dataclasses.replace(
        RECIPE,
        ranksim={"gamma": 0.25, "perturbation": 1.0},
        conr={"beta": 4.0, "window": 1.0},
    )


def test_a_recipe_may_give_the_perturbation_and_other_arguments(prices):
    prices = with_ranksim(prices, gamma=0.5, perturbation=2.0, reduction="mean")
    tuned = tuned_benchmark(keras_tuner.HyperParameters(), prices, RANKSIM, ("ranksim",))
    assert tuned.recipe.ranksim == {"gamma": 0.5, "perturbation": 2.0, "reduction": "mean"}
    assert kr.layers.RankSimRegularizer(**tuned.recipe.ranksim).lambda_ == 4.0


def test_a_recipe_of_gamma_0_needs_a_range(prices):
    prices = with_ranksim(prices, gamma=0.0, lambda_=100.0)
    hp = keras_tuner.HyperParameters()
    ranges = {"gamma": None, "perturbation": None}
    with pytest.raises(ValueError, match="recipe's `gamma` must be above 0 .*or give `gamma`"):
        tuned_benchmark(hp, prices, RANKSIM, ("ranksim",), ranges)
    tuned_benchmark(hp, prices, RANKSIM, ("ranksim",), {"gamma": (0.01, 1.0)})
    assert hp.values["gamma"] == pytest.approx(0.1)


def test_a_recipe_outside_a_given_range_starts_in_the_middle(prices):
    hp = keras_tuner.HyperParameters()
    ranges = {"gamma": (1.0, 100.0), "perturbation": (0.01, 0.0625)}
    tuned_benchmark(hp, prices, RANKSIM, ("ranksim",), ranges)
    assert hp.values == {"gamma": 10.0, "perturbation": 0.025}


def test_a_recipe_outside_the_usual_perturbations_is_still_the_first_trial(prices):
    for gamma, perturbation, low, high in (
        (100.0, 200.0, 1e-3, 200.0),
        (3e-4, 6e-4, 6e-4, 10.0),
    ):
        hp = keras_tuner.HyperParameters()
        recipe = with_ranksim(prices, gamma=gamma, lambda_=2.0)
        tuned_benchmark(hp, recipe, RANKSIM, ("ranksim",))
        assert hp.values == pytest.approx({"gamma": gamma, "perturbation": perturbation})
        found = {space.name: space for space in hp.space}["perturbation"]
        assert (found.min_value, found.max_value) == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("method", "tune", "message"),
    [
        ("RANKSIM", "lr", r"`tune` must be one of 'ranksim'.*tune='lr'"),
        ("RANKSIM", "fds", r"`tune` must name settings that the method has.*tune='fds'"),
        ("SQINV", None, r"`tune` must name at least one of .*method='SQINV'"),
    ],
)
def test_settings_that_cannot_be_tuned_raise(method, tune, message):
    with pytest.raises(ValueError, match=message):
        settings_to_tune(Method.parse(method), tune)


def test_one_name_several_names_and_any_iterable_are_settings_to_tune():
    assert settings_to_tune(EVERYTHING, None) == ("ranksim",)
    assert settings_to_tune(EVERYTHING, "lds") == ("lds",)
    names = iter(["lds", "learning_rate", "lds"])
    assert settings_to_tune(EVERYTHING, names) == ("lds", "learning_rate")


@pytest.mark.parametrize("name", ["gamma", "perturbation"])
@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, 1), "must be a positive number"),
        ((2, 1), r"must be \(lowest, highest\)"),
        ((1, 1), "must hold two different numbers"),
    ],
)
def test_ranges_that_cannot_be_raise(name, values, message):
    with pytest.raises(ValueError, match=f"`{name}` {message}"):
        kr.tuning.ranksim_space(keras_tuner.HyperParameters(), **{name: values})


@pytest.fixture
def toy():
    yield kr.methods.register(
        kr.methods.Entry(
            "NOISE",
            "Gaussian noise on the embedding",
            settings="noise",
            tunable=(
                kr.methods.Tunable("deviation", 0.1),
                kr.methods.Tunable("kind", "normal", choices=("normal", "uniform")),
            ),
        )
    )
    unregister("NOISE")


def test_the_tunable_settings_of_a_newly_registered_method_are_searched(toy, prices):
    method = Method.parse("SQINV + NOISE")
    assert settings_to_tune(method, ["noise", "learning_rate"]) == ("noise", "learning_rate")
    recipe = dataclasses.replace(RECIPE, more={"noise": {"deviation": 0.5, "rows": 2}})
    hp = keras_tuner.HyperParameters()
    tuned_benchmark(hp, prices.replace(recipe=recipe), method, ("noise",))
    assert hp.values == {"noise_deviation": 0.5, "noise_kind": "normal"}
    assert (hp.space[0].min_value, hp.space[0].max_value) == (0.05, 5.0)
    hp.values |= {"noise_deviation": 2.0, "noise_kind": "uniform"}
    tuned = tuned_benchmark(hp, prices.replace(recipe=recipe), method, ("noise",))
    assert tuned.recipe.of("noise") == {"deviation": 2.0, "rows": 2, "kind": "uniform"}
    recipe = dataclasses.replace(RECIPE, more={"noise": {"deviation": 0}})
    with pytest.raises(ValueError, match="recipe's `deviation` must be above 0 .*noise={'dev"):
        tuned_benchmark(hp, prices.replace(recipe=recipe), method, ("noise",))


def test_a_value_of_the_recipe_is_among_the_choices(prices):
    recipe = dataclasses.replace(RECIPE, lds={"kernel_size": 7})
    hp = keras_tuner.HyperParameters()
    tuned_benchmark(hp, prices.replace(recipe=recipe), EVERYTHING, ("lds",))
    sizes = {space.name: space for space in hp.space}["lds_kernel_size"]
    assert (sizes.values, sizes.default) == ([3, 5, 7, 9, 15], 7)
