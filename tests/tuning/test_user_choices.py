"""What users bring to a search: objectives, callbacks, data of their own, an earlier result."""

import keras
import numpy as np
import pandas as pd
import pytest
from small_search import make_benchmark, small_search

import keras_ranksim as kr
from keras_ranksim.experiments.settings import OtherSettings


def test_the_benchmark_of_a_result_keeps_its_epochs_and_can_be_searched_again():
    benchmark = make_benchmark()
    quick = {"max_trials": 1, "epochs": 1, "verbose": "auto"}
    found = kr.tuning.search(benchmark, "VANILLA", tune="learning_rate", **quick).benchmark
    assert found.recipe.epochs == benchmark.recipe.epochs
    again = kr.tuning.search(found, "SQINV + LDS", tune="lds", **quick)
    assert again.benchmark.recipe.learning_rate == found.recipe.learning_rate


def test_another_objective_is_another_search(tmp_path):
    small_search(tmp_path, max_trials=1, objective=lambda report: report.loc["few", "mae"])
    small_search(tmp_path, max_trials=1, objective=lambda report: report.loc["few", "mae"])
    with pytest.raises(OtherSettings, match="differs in measure"):
        small_search(tmp_path, max_trials=1, objective=lambda report: report.loc["all", "mse"])


def build_from(smallest):
    def build(hp):
        inputs = keras.Input((4,))
        model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
        rate = hp.Float("rate", smallest, 0.1, sampling="log")
        model.compile(keras.optimizers.Adam(rate), loss="mae")
        return model

    return build


def test_other_ranges_and_other_data_are_another_search(tmp_path):
    x = np.random.default_rng(0).normal(size=(200, 4))

    def search(smallest=1e-4, scale=1, **arguments):
        data = {"x": x, "y": pd.Series(scale * x[:, 0]), "validation_split": 0.2}
        build = build_from(smallest)
        return kr.tuning.search(
            build, max_trials=1, verbose=0, output_dir=tmp_path, **data, **arguments
        )

    assert search().trials.equals(search().trials)
    with pytest.raises(OtherSettings, match="differs in y"):
        search(scale=100)
    with pytest.raises(OtherSettings, match="differs in space"):
        search(smallest=1e-3)
    with pytest.raises(ValueError, match="`tune` must be left out with a `build` function"):
        search(tune="learning_rate")


def test_the_librarys_board_goes_along_with_every_trial(tmp_path):
    board = kr.experiments.ShotBoard(make_benchmark(), tmp_path / "board")
    small_search(tmp_path / "search", max_trials=1, epochs=1, callbacks=board)
    assert list((tmp_path / "board").rglob("events*"))


def test_a_setting_of_another_kind_cannot_be_searched():
    benchmark = make_benchmark()
    recipe = benchmark.recipe.with_settings("power", {"scheme": "inverse"})
    with pytest.raises(ValueError, match="`scheme` must be of the kind of the values to search"):
        kr.tuning.search(benchmark.replace(recipe=recipe), "POWER", tune="power", verbose=0)
