"""Balanced MSE, against its formulas written out."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from gradients import gradient, numpy
from scipy import stats
from scipy.special import logsumexp

import keras_ranksim as kr
from keras_ranksim.labels.mixture import fit_mixture, mixture_of_bins

LABELS = np.array([[1.0], [2.0], [2.0], [7.0], [30.0]], dtype="float32")
PREDICTIONS = np.array([[2.0], [2.5], [1.0], [9.0], [24.0]], dtype="float32")


@pytest.mark.parametrize("noise", [0.7, 1.0, 5.0])
def test_the_batch_form_is_a_softmax_over_the_batch(noise):
    expected = []
    for i in range(5):
        logits = [-((PREDICTIONS[i, 0] - y[0]) ** 2) / (2 * noise**2) for y in LABELS]
        expected.append(-(logits[i] - logsumexp(logits)) * 2 * noise**2)
    loss = kr.losses.BalancedMSE(noise=noise, reduction=None)
    np.testing.assert_allclose(loss(LABELS, PREDICTIONS), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("prior", ["mixture", "bins"])
def test_the_closed_forms_divide_by_the_density_of_training_labels(prior, random):
    """Up to a constant of the noise, the loss is -log N(y; p, s) + log p(prediction)."""
    train_labels = np.concatenate([random.normal(5, 2, 300), random.normal(30, 4, 20)])
    bins = kr.LabelBins.uniform(0, 50, 5)
    loss = kr.losses.BalancedMSE(
        prior, noise=1.5, train_labels=train_labels, components=2, bins=bins, reduction=None
    )
    if prior == "mixture":
        shares, means, variances = fit_mixture(train_labels, 2)
    else:
        shares, means, variances = mixture_of_bins(train_labels, bins)
    scale = np.sqrt(variances + 1.5**2)
    density = (shares * stats.norm.pdf(PREDICTIONS, means, scale)).sum(axis=1)
    likelihood = stats.norm.pdf(LABELS, PREDICTIONS, 1.5)[:, 0]
    expected = (-np.log(likelihood) + np.log(density)) * 2 * 1.5**2
    np.testing.assert_allclose(loss(LABELS, PREDICTIONS), expected, rtol=1e-4, atol=1e-4)


def test_labels_of_several_dimensions_use_the_distance():
    labels, predictions = np.eye(3, dtype="float32"), np.zeros((3, 3), dtype="float32")
    loss = kr.losses.BalancedMSE(reduction=None)
    np.testing.assert_allclose(loss(labels, predictions), [2 * math.log(3)] * 3, rtol=1e-5)


def regressor(noise, middle=()):
    inputs = keras.Input((1,))
    outputs = keras.layers.Dense(1)(inputs)
    for layer in middle:
        outputs = layer(outputs)
    model = kr.ImbalancedRegressor(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.001), loss=kr.losses.BalancedMSE(noise=noise))
    return model


def test_the_noise_can_be_learned(tmp_path):
    model = regressor("learned", [kr.layers.NoiseScale(initial=3.0)])
    model.fit(LABELS / 30, LABELS, epochs=2, verbose=0)
    learned = model.layers[-1].noise
    assert learned != pytest.approx(3.0, abs=1e-6)
    model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").layers[-1].noise == learned
    assert np.isfinite(model.evaluate(LABELS / 30, LABELS, verbose=0))


def test_the_rate_says_how_fast_the_noise_is_learned():
    """Adam's first step moves a weight by its learning rate, whatever the gradient."""
    moved = []
    for rate in (1.0, 10.0):
        model = regressor("learned", [kr.layers.NoiseScale(initial=3.0, rate=rate)])
        model.compile(keras.optimizers.Adam(0.01), loss=kr.losses.BalancedMSE(noise="learned"))
        model.fit(LABELS / 30, LABELS, batch_size=len(LABELS), verbose=0)
        moved.append(np.log(model.layers[-1].noise / 3.0))
    np.testing.assert_allclose(np.abs(moved), [0.01, 0.1], rtol=1e-2)


def test_learned_noise_without_its_layer_is_told():
    with pytest.raises(ValueError, match="needs a keras_ranksim.layers.NoiseScale layer"):
        regressor("learned").fit(LABELS, LABELS, verbose=0)


def test_a_batch_of_one_has_nothing_to_compare_and_counts_0():
    assert float(kr.losses.BalancedMSE()(LABELS[:1], PREDICTIONS[:1])) == 0
    history = regressor(1.0).fit(LABELS, LABELS, batch_size=4, verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_two_replicas_compare_the_samples_of_both(two_replicas):
    labels = np.concatenate([LABELS, LABELS + 3, LABELS - 1])[:12]
    data = tf.data.Dataset.from_tensor_slices((labels / 30, labels)).batch(12)
    keras.utils.set_random_seed(0)
    alone = regressor(2.0)
    history = alone.fit(data, epochs=3, verbose=0).history
    keras.utils.set_random_seed(0)
    with two_replicas.scope():
        together = regressor(2.0)
    np.testing.assert_allclose(
        together.fit(data, epochs=3, verbose=0).history["loss"], history["loss"], rtol=1e-5
    )
    for one, other in zip(alone.get_weights(), together.get_weights()):
        np.testing.assert_allclose(other, one, atol=1e-5)


@pytest.mark.parametrize("labels", [[3.0], [1.0, 1.0, 5.0], np.arange(100.0)])
def test_mixtures_of_few_labels_are_finite(labels):
    shares, means, variances = fit_mixture(labels, components=4)
    assert np.isfinite([shares, means, variances]).all()
    assert shares.sum() == pytest.approx(1)
    assert (variances > 0).all()


def test_a_mixture_finds_two_bumps(random):
    labels = np.concatenate([random.normal(20, 3, 900), random.normal(70, 5, 100)])
    shares, means, variances = fit_mixture(labels, components=2)
    np.testing.assert_allclose(shares, [0.9, 0.1], atol=0.01)
    np.testing.assert_allclose(means, [20, 70], atol=1.5)
    np.testing.assert_allclose(np.sqrt(variances), [3, 5], atol=0.8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prior": "all"}, r"`prior` must be one of 'batch', 'mixture', 'bins'.*'all'"),
        ({"noise": 0}, r"`noise` must be a positive number.*noise=0"),
        ({"prior": "mixture"}, r"`train_labels` must hold the training labels.*'mixture'"),
        ({"prior": "bins", "train_labels": [1]}, r"`bins` must be a keras_ranksim.LabelBins"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.losses.BalancedMSE(**arguments)


def test_learned_noise_is_the_one_of_evaluation():
    model = regressor("learned", [kr.layers.NoiseScale(initial=50.0)])
    expected = kr.losses.BalancedMSE(noise=50.0)(LABELS, numpy(model(LABELS / 30)))
    np.testing.assert_allclose(model.evaluate(LABELS / 30, LABELS, verbose=0), expected, rtol=1e-5)


def test_the_gradient_holds_the_noise_fixed_in_its_scale():
    """2 s^2 is there to keep the unit of a squared error; learning through it would shrink s."""

    def loss(noise):
        with kr.label_scope(LABELS) as scope:
            scope.noise = noise
            return kr.losses.BalancedMSE(noise="learned")(LABELS, PREDICTIONS)

    step = 1e-3
    likelihoods = [
        kr.losses.BalancedMSE(noise=2.0 + sign * step)(LABELS, PREDICTIONS)
        / (2 * (2.0 + sign * step) ** 2)
        for sign in (1, -1)
    ]
    expected = (likelihoods[0] - likelihoods[1]) / (2 * step) * (2 * 2.0**2)
    np.testing.assert_allclose(gradient(loss, np.float32(2.0)), expected, rtol=1e-2)


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [({}, (4, 4, 4, 1)), ({"prior": "mixture", "train_labels": [1, 2, 3]}, (4, 3))],
)
def test_labels_of_other_shapes_are_told(arguments, shape):
    with pytest.raises(ValueError, match="needs labels of shape"):
        kr.losses.BalancedMSE(**arguments)(np.ones(shape), np.ones(shape))
