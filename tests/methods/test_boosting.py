"""Gradient boosting as a row of tables: weighted, chosen on validation data, without a network."""

import dataclasses
import sys

import numpy as np
import pandas
import pytest

import keras_ranksim as kr
from keras_ranksim.experiments.model import build_model
from keras_ranksim.methods import boosting

ensemble = pytest.importorskip("sklearn.ensemble")


@pytest.fixture(autouse=True)
def _few_rounds(monkeypatch):
    monkeypatch.setattr(boosting, "ROUNDS", 40)


@pytest.fixture(scope="module")
def prices():
    random = np.random.default_rng(0)
    frame = pandas.DataFrame({"a": random.normal(size=600), "b": random.normal(size=600)})
    noise = random.normal(size=600)
    frame["price"] = np.round(np.exp(1.5 + 0.8 * frame["a"]) + 3 * noise, 1)
    return kr.data.load_table(frame, label="price", name="prices", batch_size=300)


def by_hand(prices, rounds, weights=None):
    train = prices.frames["train"]
    trees = ensemble.HistGradientBoostingRegressor(
        loss="absolute_error", max_iter=rounds, early_stopping=False, random_state=0
    )
    return trees.fit(train[["a", "b"]].to_numpy(), train["price"], sample_weight=weights)


@pytest.mark.parametrize("method", ["BOOSTING", "BOOSTING + LDS"])
def test_it_is_scikit_learn_with_the_rounds_best_on_validation(prices, method):
    weights = None
    if "LDS" in method:
        weights = kr.label_weights(prices.train_labels, prices.bins, kernel="gaussian")
    val, test = prices.frames["val"], prices.frames["test"]
    all_rounds = by_hand(prices, 40, weights).staged_predict(val[["a", "b"]].to_numpy())
    errors = [np.abs(predicted - val["price"]).mean() for predicted in all_rounds]
    best = int(np.argmin(errors)) + 1
    assert 1 < best < 40
    predicted = by_hand(prices, best, weights).predict(test[["a", "b"]].to_numpy())
    expected = kr.shot_report(test["price"], predicted, prices.train_labels, prices.bins)
    result = kr.experiments.run(prices, method, verbose=0)
    np.testing.assert_allclose(result.report.loc["all", "mae"], expected.loc["all", "mae"])
    np.testing.assert_allclose(result.history["val_mae"], errors)
    assert result.validation.loc["all", "mae"] == pytest.approx(min(errors))


def test_it_is_a_row_of_tables_and_pages_beside_networks(prices, tmp_path):
    names = ["VANILLA", "BOOSTING", "BOOSTING + LDS"]
    table = kr.experiments.run_table(prices, names, [0], epochs=1, output_dir=tmp_path)
    assert table.errors() == {}
    assert table.frame.index.tolist() == names
    folder = tmp_path / "boosting" / "seed-0"
    assert (folder / "report.csv").exists()
    assert (folder / "predictions.npz").exists()
    assert not (folder / "model.keras").exists()
    assert "BOOSTING + LDS" in kr.experiments.write_report(tmp_path).read_text()
    assert "gradient-boosted trees" in kr.experiments.write_report(folder).read_text()
    again = kr.experiments.run(prices, "BOOSTING", epochs=1, output_dir=folder)
    assert again.report.loc["all", "mae"] == pytest.approx(table.frame[("all", "mean")]["BOOSTING"])


def test_a_squared_loss_is_boosted_as_such(prices):
    recipe = dataclasses.replace(prices.recipe, loss="mse", monitor="val_mse")
    model = kr.experiments.run(prices.replace(recipe=recipe), "BOOSTING", verbose=0).model
    assert model.trees.loss == "squared_error"


@pytest.mark.parametrize("name", ["BOOSTING + RANKSIM", "fds + boosting"])
def test_what_acts_on_a_network_cannot_be_added(name):
    with pytest.raises(ValueError, match="BOOSTING trains no network, so that only sample weights"):
        kr.experiments.Method.parse(name)


def test_what_has_no_table_is_refused(prices):
    portraits = kr.data.load_portraits(train_samples=101, evaluation_per_age=1)
    with pytest.raises(ValueError, match="BOOSTING needs a table in memory.*'portraits'"):
        kr.experiments.run(portraits, "BOOSTING", verbose=0)
    with pytest.raises(ValueError, match="must be one that trains a network.*'BOOSTING'"):
        build_model(prices, "BOOSTING")
    recipe = dataclasses.replace(prices.recipe, loss="huber")
    with pytest.raises(ValueError, match=r"`recipe.loss` must be one of 'mae', 'mse'"):
        kr.experiments.run(prices.replace(recipe=recipe), "BOOSTING", verbose=0)


def test_without_scikit_learn_the_way_out_is_named(prices, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(ImportError, match=r"pip install 'keras_ranksim\[boosting\]'"):
        kr.experiments.run(prices, "BOOSTING", verbose=0)
