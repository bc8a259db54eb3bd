"""Searches over a user's own model and data."""

import sys

import keras
import keras_tuner
import numpy as np
import pandas as pd
import pytest

import keras_ranksim as kr

X = np.random.default_rng(3).normal(size=(120, 3)).astype("float32")
Y = np.round(X.sum(axis=1, keepdims=True) * 3)
DATA = {"x": X[:80], "y": Y[:80], "validation_data": (X[80:], Y[80:])}


def build(hp):
    inputs = keras.Input((3,))
    embedding = keras.layers.Dense(hp.Choice("width", [8, 16]), activation="relu")(inputs)
    embedding = kr.layers.RankSimRegularizer(**kr.tuning.ranksim_space(hp), seed=0)(embedding)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    model.compile("adam", loss="mae", metrics=[kr.metrics.GeometricMeanError()])
    return model


def search(build=build, **changes):
    arguments = {**DATA, "epochs": 2, "max_trials": 2, "batch_size": 40, "verbose": 0, **changes}
    return kr.tuning.search(build, **arguments)


def plain_model(inputs, outputs):
    model = keras.Model(inputs, outputs)
    model.compile("adam", loss="mae")
    return model


def linear(hp):
    hp.Choice("width", [1, 2])
    inputs = keras.Input((3,))
    return plain_model(inputs, keras.layers.Dense(1)(inputs))


def test_a_build_function_is_searched_and_the_weights_of_its_best_epoch_are_kept():
    result = search(objective=keras_tuner.Objective("val_gm", "max"))
    assert result.trials.index.tolist() == ["0", "baseline", "2"]
    assert result.trials["gamma"].tolist()[:2] == [0.01, 0]
    assert {"width", "val_loss"} <= set(result.trials)
    assert result.best["val_gm"] == result.trials["val_gm"].max()
    values = result.model().evaluate(*DATA["validation_data"], verbose=0, return_dict=True)
    assert values["gm"] == pytest.approx(result.best["val_gm"], rel=1e-5)
    with pytest.raises(ValueError, match="`benchmark` and `test_report` need a search over a"):
        result.test_report()


def test_trainings_are_seeded():
    tables = [search(linear, seed=seed, epochs=1).trials for seed in (4, 4, 5)]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    assert tables[0].loc["0", "val_loss"] != tables[2].loc["0", "val_loss"]


def test_a_gamma_of_the_users_own_is_not_ranksims():
    def focal(hp):
        hp.Float("gamma", 1.0, 4.0)  # of a focal loss, for instance
        inputs = keras.Input((3,))
        return plain_model(inputs, keras.layers.Dense(1)(inputs))

    result = search(focal, max_trials=1, epochs=1)
    assert result.trials.index.tolist() == ["0"]
    assert (result.gamma, result.lambda_) == (None, None)
    assert result.best["gamma"] == 1.0


def test_settings_that_depend_on_others_are_in_the_table():
    def deep_or_not(hp):
        inputs = x = keras.Input((3,))
        if hp.Choice("kind", ["flat", "deep"]) == "deep":
            with hp.conditional_scope("kind", ["deep"]):
                x = keras.layers.Dense(hp.Int("width", 4, 8))(x)
        return plain_model(inputs, keras.layers.Dense(1)(x))

    result = search(deep_or_not, max_trials=3, epochs=1)
    assert result.trials.columns.tolist()[:3] == ["kind", "width", "status"]
    deep = result.trials["kind"] == "deep"
    assert deep.any()
    assert (result.trials["width"].notna() == deep).all()
    assert ("width" in result.best) == (result.best["kind"] == "deep")


def test_the_dtype_policy_stays_what_it_was():
    def build_in_policy(hp):
        seen.append(keras.config.dtype_policy().name)
        inputs = keras.Input((3,))
        return plain_model(inputs, keras.layers.Dense(1)(inputs))

    seen = []
    keras.config.set_dtype_policy("mixed_bfloat16")
    search(build_in_policy, max_trials=1, epochs=1)
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    assert set(seen) == {"mixed_bfloat16"}


def test_an_error_in_build_is_raised_and_the_same_call_tries_again(tmp_path):
    def build_later(hp):
        if hp.values and broken:
            raise OSError("no such device")
        return linear(hp)

    broken = []
    arguments = {"output_dir": tmp_path, "max_trials": 1, "epochs": 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Model, "fit", lambda *args, **kwargs: 1 / 0)
        with pytest.raises(RuntimeError, match="Trial 0 stopped the search with ZeroDivisionError"):
            search(build_later, **arguments)
    broken.append(True)
    with pytest.raises(RuntimeError, match="Trial 0 stopped the search with OSError: no such dev"):
        search(build_later, **arguments)
    broken.clear()
    assert (search(build_later, **arguments).trials["status"] == "COMPLETED").all()


def test_a_missing_tensorboard_is_raised(monkeypatch):
    """Without it KerasTuner fails every trial, and returns as if nothing had happened."""
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.setitem(sys.modules, "tensorboard.plugins.hparams", None)
    with pytest.raises(RuntimeError, match="Trial 0 stopped the search with .*tensorboard"):
        search(linear, max_trials=1)


def test_an_objective_that_is_not_logged_is_raised_after_an_epoch():
    with pytest.raises(
        RuntimeError, match=r"one of the logged values \['loss', 'val_loss'\].*'val_mae'"
    ):
        search(linear, objective="val_mae", max_trials=1)


def test_a_search_of_other_data_or_arguments_raises(tmp_path):
    same = {"output_dir": tmp_path, "max_trials": 1, "epochs": 1}
    search(linear, **same)
    for change in ({"y": 2 * Y[:80]}, {"batch_size": 20}, {"epochs": 2}, {"seed": 1}):
        with pytest.raises(ValueError, match="which holds a run that differs in"):
            search(linear, **{**same, **change})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"build": "resnet"}, r"`benchmark` must be a keras_ranksim.data.Benchmark or a function"),
        ({"method": "RANKSIM"}, "`method` must be left out with a `build` function"),
        ({"objective": len}, "`objective` must be the name of a logged validation value"),
        ({"objective": "loss"}, "`objective` must be the name of a logged validation value"),
    ],
)
def test_wrong_arguments_raise(arguments, message):
    with pytest.raises(ValueError, match=message):
        search(**arguments)


def test_validation_data_are_needed():
    with pytest.raises(ValueError, match="`validation_data` must be given.* Received: x, y"):
        kr.tuning.search(build, x=X, y=Y)
