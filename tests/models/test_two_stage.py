"""RRT: the second stage trains the regression layer alone."""

import keras
import numpy as np
import pytest
from small import data, regressor, statistics_of

import keras_ranksim as kr

STEPS = 1 if keras.config.backend() == "torch" else 2


@pytest.fixture
def trained():
    model = regressor("fds", "ranksim")
    model.fit(data(), epochs=2, verbose=0)
    return model


def test_only_the_head_changes_and_it_starts_anew(trained):
    body = trained.layers[1].get_weights()
    head = trained.get_layer("head").get_weights()
    statistics = statistics_of(trained)
    kr.retrain_regressor(trained, data(), learning_rate=0.0, verbose=0)
    fresh = trained.get_layer("head").get_weights()
    assert np.abs(fresh[0] - head[0]).max() > 0.01
    np.testing.assert_array_equal(fresh[1], [0.0])

    kr.retrain_regressor(trained, data(), epochs=2, learning_rate=0.01, verbose=0)
    np.testing.assert_array_equal(trained.layers[1].get_weights()[0], body[0])
    for one, other in zip(statistics, statistics_of(trained)):
        np.testing.assert_array_equal(one, other)
    assert np.abs(trained.get_layer("head").get_weights()[1]).max() > 0


def test_the_second_stage_has_no_regularizer_and_its_own_weights(trained, random):
    x, y = random.normal(size=(30, 6)), random.uniform(0, 40, size=(30, 1))
    weight = random.uniform(0.1, 3, size=30)
    history = kr.retrain_regressor(
        trained, x, y, sample_weight=weight, learning_rate=0.0, batch_size=30, verbose=0
    )
    predictions = trained.predict(x, verbose=0)
    expected = np.mean(weight[:, None] * (predictions - y) ** 2)
    np.testing.assert_allclose(history.history["loss"][0], expected, rtol=1e-4)


def test_settings_of_stage_one_are_kept_unless_given(trained):
    kr.retrain_regressor(trained, data(), verbose=0)
    assert trained.loss == "mse"
    assert trained.optimizer.momentum == 0.9
    assert "mae" in trained.evaluate(data(), return_dict=True, verbose=0)
    kr.retrain_regressor(trained, data(), loss="mae", optimizer="adam", verbose=0)
    assert trained.loss == "mae"
    assert isinstance(trained.optimizer, keras.optimizers.Adam)


def test_the_regression_layer_may_be_named(trained):
    kr.retrain_regressor(trained, data(), regressor="head", verbose=0)
    assert [w.path for w in trained.trainable_weights] == ["head/kernel", "head/bias"]


def test_models_that_cannot_be_retrained_are_told():
    inputs = keras.Input((6,))
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(inputs))
    with pytest.raises(ValueError, match="`model` must be compiled"):
        kr.retrain_regressor(model, data())
    sides = keras.layers.Dense(1)(inputs), keras.layers.Dense(1)(inputs)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Add()(sides))
    model.compile("sgd", loss="mse")
    with pytest.raises(ValueError, match="`regressor` must name the regression layer"):
        kr.retrain_regressor(model, data())


def test_the_regression_layer_may_be_followed_by_layers_without_weights():
    inputs = keras.Input((6,))
    outputs = keras.layers.Dense(1, name="head")(keras.layers.Dense(4)(inputs))
    model = kr.ImbalancedRegressor(inputs, keras.layers.Rescaling(2.0)(outputs))
    model.compile("sgd", loss="mse")
    kr.retrain_regressor(model, data(), verbose=0)
    assert [w.path for w in model.trainable_weights] == ["head/kernel", "head/bias"]


def nested():
    inputs = keras.Input((6,))
    body = keras.layers.Dense(4, name="body")(inputs)
    inner = keras.Model(inputs, keras.layers.Dense(1, name="head")(body), name="inner")
    outer_inputs = keras.Input((6,))
    model = kr.ImbalancedRegressor(outer_inputs, inner(outer_inputs))
    model.compile("sgd", loss="mse")
    return model


def with_learned_noise():
    inputs = keras.Input((6,))
    outputs = keras.layers.Dense(1, name="head")(keras.layers.Dense(4, name="body")(inputs))
    model = kr.ImbalancedRegressor(inputs, kr.layers.NoiseScale()(outputs))
    model.compile("sgd", loss="mse")
    return model


def sequential():
    model = keras.Sequential(
        [keras.Input((6,)), keras.layers.Dense(4), keras.layers.Dense(1, name="head")]
    )
    model.compile("sgd", loss="mse")
    return model


@pytest.mark.parametrize("make", [nested, with_learned_noise, sequential])
@pytest.mark.parametrize("frozen_before", [False, True])
def test_the_head_is_found_in_every_kind_of_model(make, frozen_before):
    model = make()
    model.trainable = not frozen_before
    x, y, _ = next(iter(data()))
    kr.retrain_regressor(model, x, y, verbose=0)
    assert [w.path.split("/")[-2:] for w in model.trainable_weights] == [
        ["head", "kernel"],
        ["head", "bias"],
    ]


def test_all_settings_of_stage_one_are_kept():
    inputs = keras.Input((6,))
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(keras.layers.Dense(2)(inputs)))
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    model.compile(
        keras.optimizers.SGD(schedule, momentum=0.7),
        loss="mse",
        loss_weights=0.001,
        weighted_metrics=["mae"],
        steps_per_execution=STEPS,
        jit_compile=False,
    )
    model.fit(data(), verbose=0)
    history = kr.retrain_regressor(model, data(), learning_rate=0.003, verbose=0).history
    assert float(model.optimizer.learning_rate) == pytest.approx(0.003)
    assert model.optimizer.momentum == 0.7
    assert history["loss"][0] < 10
    assert "mae" in history
    assert (model.steps_per_execution, model.jit_compile) == (STEPS, False)


@pytest.mark.parametrize("regressor", ["ranksim", "nowhere", keras.layers.Dense(1)])
def test_a_regressor_that_is_none_is_told(trained, regressor):
    with pytest.raises(ValueError, match="`regressor` must"):
        kr.retrain_regressor(trained, data(), regressor=regressor, verbose=0)
