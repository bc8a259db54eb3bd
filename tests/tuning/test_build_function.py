"""Searches over a user's own model and data, and how failures show."""

import keras
import numpy as np
import pytest

import keras_ranksim as kr

X = np.random.default_rng(3).normal(size=(120, 3)).astype("float32")
Y = np.round(X.sum(axis=1, keepdims=True) * 3)
TRAIN, VALIDATION = (X[:80], Y[:80], np.ones((80, 1), "float32")), (X[80:], Y[80:])


def build(hp):
    inputs = keras.Input((3,))
    embedding = keras.layers.Dense(hp.Choice("width", [8, 16]), activation="relu")(inputs)
    embedding = kr.layers.RankSimRegularizer(**kr.tuning.ranksim_space(hp), seed=0)(embedding)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    model.compile("adam", loss="mae", metrics=[kr.metrics.GeometricMeanError()])
    return model


def search(build=build, **changes):
    arguments = {
        "train_data": TRAIN,
        "validation_data": VALIDATION,
        "epochs": 2,
        "max_trials": 2,
        "verbose": 0,
        "fit_arguments": {"batch_size": 40},
        **changes,
    }
    return kr.tuning.search(build, **arguments)


def test_a_build_function_is_tuned_and_its_best_model_loaded():
    result = search(objective="val_gm", direction="min", patience=2)
    assert result.trials.index.tolist() == ["baseline", "0", "1"]
    assert result.trials["gamma"].tolist()[:2] == [0, 0.01]
    model = result.model()
    values = model.evaluate(*VALIDATION, verbose=0, return_dict=True)
    np.testing.assert_allclose(values["gm"], result.best["val_gm"], rtol=1e-4)
    for call in (result.test_report, result.retrain, lambda: result.benchmark):
        with pytest.raises(ValueError, match="needs a benchmark with a test split"):
            call()


def test_the_largest_is_best_where_asked():
    result = search(objective="val_loss", direction="max", baseline=False)
    assert result.best["val_loss"] == result.trials["val_loss"].max()
    worst = result.trials.loc[result.best_trial, "best_epoch"]
    assert worst == 0


def test_trials_that_fail_are_told_and_the_others_count():
    def build_sometimes(hp):
        if kr.tuning.ranksim_space(hp)["gamma"] not in (0, 0.01):
            raise OSError("the disk is full")
        return build(hp)

    with pytest.warns(UserWarning, match="1 of 3 trials failed. 1: OSError: the disk is full"):
        result = search(build_sometimes)
    assert result.errors() == {"1": "OSError: the disk is full"}
    assert result.trials["status"].tolist() == ["COMPLETED", "COMPLETED", "FAILED"]
    assert "| 1 |" in result.to_markdown()
    assert "OSError: the disk is full" in result.to_markdown()


def test_a_search_whose_trials_all_fail_raises_and_can_be_tried_again(tmp_path):
    broken = [True]

    def build_later(hp):
        model = build(hp)
        if broken[0]:
            model.compiled = False
        return model

    arguments = {"output_dir": tmp_path, "baseline": False}
    with pytest.raises(RuntimeError, match="All 2 trials.*0: ValueError: `build` must return"):
        search(build_later, **arguments)
    with pytest.raises(RuntimeError, match="The first 3 trials failed, so the search was stopped"):
        search(build_later, **arguments, max_trials=9)
    broken[0] = False
    result = search(build_later, **arguments, max_trials=3)
    assert (result.trials["status"] == "COMPLETED").all()
    assert len(result.trials) == 3


def test_a_gamma_of_the_users_own_is_not_ranksims():
    def plain(hp):
        hp.Float("gamma", 1.0, 4.0)  # of a focal loss, for instance
        inputs = keras.Input((3,))
        model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
        model.compile("adam", loss="mae")
        return model

    result = search(plain, max_trials=1)
    assert result.trials.index.tolist() == ["0"]
    assert (result.gamma, result.lambda_) == (None, None)
    assert result.best["gamma"] == 1.0
    with pytest.raises(ValueError, match="`plot` draws gamma and lambda"):
        result.plot()


def test_settings_that_depend_on_others_are_in_the_table():
    def deep_or_not(hp):
        inputs = x = keras.Input((3,))
        if hp.Choice("kind", ["flat", "deep"]) == "deep":
            with hp.conditional_scope("kind", ["deep"]):
                x = keras.layers.Dense(hp.Int("width", 4, 8))(x)
        model = keras.Model(inputs, keras.layers.Dense(1)(x))
        model.compile("adam", loss="mae")
        return model

    result = search(deep_or_not, max_trials=4, epochs=1)
    assert result.trials.columns.tolist()[:3] == ["kind", "width", "status"]
    deep = result.trials["kind"] == "deep"
    assert deep.any()
    assert (result.trials["width"].notna() == deep).all()
    assert ("width" in result.best) == (result.best["kind"] == "deep")
    assert "| kind | width | status |" in result.to_markdown()


def test_data_and_code_of_another_search_are_told(tmp_path):
    same = {"output_dir": tmp_path, "max_trials": 1, "epochs": 1, "baseline": False}
    search(**same)
    changes = (
        {"train_data": (X[:80], 2 * Y[:80])},
        {"fit_arguments": {"batch_size": 20}},
        {"patience": 3},
        {"build": lambda hp: build(hp)},
    )
    for change in changes:
        with pytest.raises(ValueError, match="which holds a run that differs in"):
            search(**{**same, **change})


def test_a_hyperparameter_called_as_a_column_is_told():
    def build_epochs(hp):
        hp.Int("epochs", 1, 3)
        return build(hp)

    with pytest.raises(ValueError, match="must not be called as a column.*'epochs'"):
        search(build_epochs)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fit_arguments": {"epochs": 3}}, "`fit_arguments` must leave 'epochs' to arguments"),
        ({"build": "resnet"}, r"`benchmark` must be a keras_ranksim.data.Benchmark or a function"),
        ({"method": "RANKSIM"}, "`method` must be left out with a `build` function"),
        ({"epochs": None}, "must be given with a `build` function. Received: epochs=None"),
        ({"objective": len}, "`objective` must be the name of a logged value with a `build`"),
    ],
)
def test_wrong_arguments_are_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        search(**arguments)
