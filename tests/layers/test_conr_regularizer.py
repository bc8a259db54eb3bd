"""The ConR layer: predictions that come later, views, weights, replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import (
    MODES,
    check_that_replicas_learn_what_one_learns,
    check_that_weights_stay_finite,
)
from gradients import numpy

import keras_ranksim as kr

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(24, 6)).astype("float32")
Y = RANDOM.integers(0, 8, size=(24, 1)).astype("float32")
WEIGHT = RANDOM.uniform(0.5, 2, size=24).astype("float32")


def regressor(beta=2.0):
    keras.utils.set_random_seed(3)
    inputs = keras.Input((6,))
    embedding = keras.layers.Dense(8, name="embedding")(inputs)
    embedding = kr.layers.ConRRegularizer(beta, pushing_power=0.1)(embedding)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    model.compile(keras.optimizers.SGD(0.01), loss="mse")
    return model


def embedding_of(model, x):
    return numpy(keras.Model(model.input, model.get_layer("embedding").output)(x))


def predictions_of(model, x):
    return numpy(model(x))


def term_of(model, x, y, weight):
    predictions = predictions_of(model, x)
    term = kr.ops.conr_loss(embedding_of(model, x), y, predictions, weight, pushing_power=0.1)
    return numpy(term)


def test_fit_adds_the_term_with_the_predictions_and_weights_of_the_batch():
    model = regressor()
    term = term_of(model, X, Y, WEIGHT)
    assert term > 0.1
    expected = np.mean(WEIGHT[:, None] * (predictions_of(model, X) - Y) ** 2) + 2.0 * term
    history = model.fit(X, Y, sample_weight=WEIGHT, batch_size=24, verbose=0).history
    np.testing.assert_allclose(history["loss"][0], expected, rtol=1e-5)


def test_two_views_serve_both_losses():
    model = regressor()
    views = (X, X + 0.1)
    both, labels = np.concatenate(views), np.concatenate([Y, Y])
    expected = np.mean((predictions_of(model, both) - labels) ** 2) + 2.0 * term_of(
        model, both, labels, None
    )
    loss = model.fit(tf.data.Dataset.from_tensors((kr.Views(*views), Y)), verbose=0).history[
        "loss"
    ][0]
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_a_third_plain_view_alone_serves_the_regression_loss():
    model = regressor()
    views = (X + 0.1, X - 0.1)
    both, labels = np.concatenate(views), np.concatenate([Y, Y])
    term = term_of(model, both, labels, np.concatenate([WEIGHT, WEIGHT]))
    expected = np.mean(WEIGHT[:, None] * (predictions_of(model, X) - Y) ** 2) + 2.0 * term
    data = tf.data.Dataset.from_tensors((kr.Views(*views, X), Y, WEIGHT))
    np.testing.assert_allclose(model.fit(data, verbose=0).history["loss"][0], expected, rtol=1e-5)


def test_metrics_count_the_plain_view_alone():
    model = regressor()
    model.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
    plain = predictions_of(model, X)
    data = tf.data.Dataset.from_tensors((kr.Views(X + 0.1, X - 0.1, X), Y, WEIGHT))
    logged = model.fit(data, verbose=0).history
    np.testing.assert_allclose(logged["mae"][0], np.mean(np.abs(plain - Y)), rtol=1e-5)
    weighted = np.sum(WEIGHT[:, None] * (plain - Y) ** 2) / np.sum(WEIGHT)
    np.testing.assert_allclose(logged["mse"][0], weighted, rtol=1e-5)


def test_a_tuple_of_inputs_is_no_views():
    with pytest.raises(ValueError, match=r"expects 1 .*input.*received 2 input tensors"):
        regressor().fit((X, X), Y, verbose=0)


def test_a_plain_model_takes_the_predictions_as_an_argument():
    features, labels = keras.Input((6,)), keras.Input((1,), optional=True)
    embedding = keras.layers.Dense(8, name="embedding")(features)
    predictions = keras.layers.Dense(1)(embedding)
    outputs = kr.layers.ConRRegularizer(2.0, pushing_power=0.1)(embedding, labels, predictions)
    model = keras.Model([features, labels], outputs)
    model([X, Y], training=True)
    encoder = keras.Model(features, embedding)
    predictions = numpy(model([X, None]))
    assert predictions.shape == (24, 1)
    expected = 2.0 * kr.ops.conr_loss(encoder(X), Y, predictions, pushing_power=0.1)
    np.testing.assert_array_equal(numpy(model([X, Y], training=True)), predictions)
    np.testing.assert_allclose(numpy(model.losses[0]), numpy(expected), rtol=1e-6)


def test_a_custom_loop_reaches_the_same_loss():
    model = regressor()
    with kr.label_scope(Y) as scope:
        predictions = model(X, training=True)
    np.testing.assert_allclose(
        numpy(scope.total_loss(predictions)), 2.0 * term_of(model, X, Y, None), rtol=1e-5
    )


def test_without_predictions_the_ways_are_told():
    layer = kr.layers.ConRRegularizer(name="contrast")
    with pytest.raises(ValueError, match="'contrast' needs the predictions of the batch"):
        layer(X, Y, training=True)


@pytest.mark.parametrize("when", ["evaluation", "frozen", "beta 0"])
def test_the_layer_is_an_identity_without_labels(when):
    layer = kr.layers.ConRRegularizer(beta=0 if when == "beta 0" else 1.0)
    layer.trainable = when != "frozen"
    np.testing.assert_array_equal(layer(X, training=when != "evaluation"), X)


def test_two_replicas_learn_what_one_learns(two_replicas):
    check_that_replicas_learn_what_one_learns(two_replicas, regressor, (X, Y, WEIGHT))


BATCHES = {
    "one sample": (X[:1], Y[:1]),
    "one label": (X, np.ones((24, 1))),
    "no positives": (X, 10 * np.arange(24.0)[:, None]),
    "zero features": (0 * X, Y),
}


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_no_batch_makes_a_nan(mode):
    model = regressor()
    model.compile("sgd", loss="mse", **mode)
    check_that_weights_stay_finite(model, BATCHES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"beta": -1}, r"`beta` must be a number of at least 0.*beta=-1"),
        ({"temperature": 0}, r"`temperature` must be a positive number"),
        ({"pushing": "cubic"}, r"`pushing` must be one of 'exponential', 'linear'"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.layers.ConRRegularizer(**arguments)


def test_the_term_is_of_the_features_before_calibration():
    fds = kr.layers.FeatureDistributionSmoothing(kr.LabelBins.uniform(0, 8, 1))
    fds.finalize_state()
    with kr.label_scope(Y):
        fds(X, training=True)
    fds.finalize_state()
    layer = kr.layers.ConRRegularizer(1.0)
    predictions = np.zeros((24, 1))
    with kr.label_scope(Y) as scope:
        calibrated = fds(X, training=True)
        layer(calibrated, training=True)
    expected, wrong = (kr.ops.conr_loss(z, Y, predictions) for z in (X, calibrated))
    assert expected != wrong
    np.testing.assert_allclose(scope.total_loss(predictions), expected, rtol=1e-6)


def test_a_term_without_predictions_is_told():
    layer = kr.layers.ConRRegularizer(name="contrast")
    with kr.label_scope(Y) as scope:
        layer(X, training=True)
    with pytest.raises(ValueError, match="pass them to `scope.total_loss"):
        scope.total_loss()
