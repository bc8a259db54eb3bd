"""The Rank-N-Contrast layer: its term in `fit`, alone and added, views, replicas."""

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


def regressor(loss="mse", **options):
    keras.utils.set_random_seed(3)
    inputs = keras.Input((6,))
    embedding = keras.layers.Dense(8, name="embedding")(inputs)
    embedding = kr.layers.RankNContrastRegularizer(2.0, **options)(embedding)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1, name="head")(embedding))
    model.compile(keras.optimizers.SGD(0.01), loss=loss, metrics=["mae"])
    return model


def term_of(model, x, y, **options):
    encoder = keras.Model(model.input, model.get_layer("embedding").output)
    return 2.0 * numpy(kr.ops.rank_n_contrast_loss(encoder(x), y, **options))


def fitted(model, data):
    return model.fit(tf.data.Dataset.from_tensors(data), verbose=0).history


@pytest.mark.parametrize("options", [{}, {"similarity": "cosine", "temperature": 0.1}], ids=str)
def test_fit_adds_the_term_which_sample_weights_do_not_change(options):
    model = regressor(**options)
    term = term_of(model, X, Y, **options)
    assert term > 0.1
    expected = np.mean(WEIGHT[:, None] * (numpy(model(X)) - Y) ** 2) + term
    np.testing.assert_allclose(fitted(model, (X, Y, WEIGHT))["loss"][0], expected, rtol=1e-5)


def test_two_views_serve_both_losses():
    model, both = regressor(), np.concatenate([X, X + 0.1])
    labels = np.concatenate([Y, Y])
    expected = np.mean((numpy(model(both)) - labels) ** 2) + term_of(model, both, labels)
    logged = fitted(model, (kr.Views(X, X + 0.1), Y))
    np.testing.assert_allclose(logged["loss"][0], expected, rtol=1e-5)


def test_a_third_plain_view_is_not_contrasted():
    model, both = regressor(), np.concatenate([X + 0.1, X - 0.1])
    term = term_of(model, both, np.concatenate([Y, Y]))
    expected = np.mean((numpy(model(X)) - Y) ** 2) + term
    logged = fitted(model, (kr.Views(X + 0.1, X - 0.1, X), Y))
    np.testing.assert_allclose(logged["loss"][0], expected, rtol=1e-5)


@pytest.mark.filterwarnings("error:Gradients do not exist")
def test_a_first_stage_may_learn_from_the_term_alone():
    model = regressor(loss=None)
    term, before = term_of(model, X, Y), model.get_weights()
    logged = fitted(model, (X, Y))
    np.testing.assert_allclose(logged["loss"][0], term, rtol=1e-5)
    np.testing.assert_array_equal(model.get_layer("head").get_weights()[0], before[2])
    assert np.abs(model.get_weights()[0] - before[0]).max() > 1e-4
    assert term_of(model, X, Y) < term
    assert model.evaluate(X, Y, verbose=0)[0] == 0
    features = model.get_weights()[0]
    history = kr.retrain_regressor(model, X, Y, loss="mae", verbose=0).history
    assert history["loss"][0] > 0
    np.testing.assert_array_equal(model.get_weights()[0], features)


def test_a_model_without_any_loss_is_told():
    inputs = keras.Input((6,))
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd")
    with pytest.raises(ValueError, match=r"without a loss needs a layer that leaves one"):
        model.fit(X, Y, verbose=0)


def test_a_plain_model_takes_the_labels_as_an_argument():
    layer = kr.layers.RankNContrastRegularizer(2.0)
    layer(X, Y, training=True)
    expected = 2.0 * kr.ops.rank_n_contrast_loss(X, Y)
    np.testing.assert_allclose(numpy(layer.losses[0]), numpy(expected), rtol=1e-6)


@pytest.mark.parametrize("when", ["evaluation", "frozen", "weight 0"])
def test_the_layer_is_an_identity_without_labels(when):
    layer = kr.layers.RankNContrastRegularizer(weight=0 if when == "weight 0" else 1.0)
    layer.trainable = when != "frozen"
    np.testing.assert_array_equal(layer(X, training=when != "evaluation"), X)


def test_two_replicas_learn_what_one_learns(two_replicas):
    check_that_replicas_learn_what_one_learns(two_replicas, regressor, (X, Y, WEIGHT))


BATCHES = {
    "one sample": (X[:1], Y[:1]),
    "one label": (X, np.ones((24, 1))),
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
        ({"weight": -1}, r"`weight` must be a number of at least 0.*weight=-1"),
        ({"temperature": 0}, r"`temperature` must be a positive number"),
        ({"similarity": "dot"}, r"`similarity` must be one of 'cosine', 'euclidean'"),
        ({"order": 3}, r"`order` must be one of 1, 2, inf"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.layers.RankNContrastRegularizer(**arguments)


def test_the_term_is_of_the_features_before_calibration():
    fds = kr.layers.FeatureDistributionSmoothing(kr.LabelBins.uniform(0, 8, 1))
    fds.finalize_state()
    with kr.label_scope(Y):
        fds(X, training=True)
    fds.finalize_state()
    layer = kr.layers.RankNContrastRegularizer()
    with kr.label_scope(Y) as scope:
        layer(fds(X, training=True), training=True)
    np.testing.assert_allclose(scope.total_loss(), kr.ops.rank_n_contrast_loss(X, Y), rtol=1e-6)
