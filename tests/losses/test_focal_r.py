"""Focal-R, against golden arrays and the formula."""

import keras
import numpy as np
import pytest
from gradients import value_and_gradient

import keras_ranksim as kr

CASES = [f"focal_{kind}{tail}" for kind in ("mse", "l1") for tail in ("", "_weighted", "_tanh")]


@pytest.mark.parametrize("case", CASES)
def test_losses_equal_the_published_ones(golden, case):
    arrays = golden("losses")
    loss = kr.losses.FocalR(
        error="squared" if "mse" in case else "absolute",
        activation="tanh" if "tanh" in case else "sigmoid",
    )
    weights = arrays["weights"] if "weighted" in case else None
    value = loss(arrays["labels"][:, None], arrays["predictions"][:, None], weights)
    np.testing.assert_allclose(value, arrays[case], rtol=1e-4)


def test_plain_losses_with_weights_are_those_of_the_papers(golden):
    """`sample_weight` in Keras is the papers' mean of weight times loss."""

    arrays = golden("losses")
    names = {"mse": "mse", "l1": "mae", "huber": "huber"}
    for ours, theirs in names.items():
        loss = keras.losses.get(theirs)
        values = loss(arrays["labels"][:, None], arrays["predictions"][:, None])
        weighted = np.mean(np.asarray(values) * arrays["weights"])
        np.testing.assert_allclose(weighted, arrays[f"{ours}_weighted"], rtol=1e-4)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0])
def test_a_perfect_prediction_has_a_finite_gradient(gamma):
    loss = kr.losses.FocalR(error="absolute", gamma=gamma)
    labels = np.array([[1.0], [2.0]], "float32")
    value, gradient = value_and_gradient(lambda predictions: loss(labels, predictions), labels)
    assert float(value) == pytest.approx(0, abs=1e-6)
    assert np.isfinite(gradient).all()


def test_labels_of_one_dimension_do_not_broadcast():
    loss = kr.losses.FocalR(error="squared", gamma=0.0)
    labels, predictions = np.array([1.0, 2.0, 4.0]), np.array([[1.0], [2.0], [7.0]])
    np.testing.assert_allclose(loss(labels, predictions), 3.0, rtol=1e-6)
    with pytest.raises(ValueError, match=r"same shape. Received: labels of shape \(3, 2\)"):
        loss(np.ones((3, 2)), predictions)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"error": "cubed"}, r"`error` must be one of 'absolute', 'squared'.*'cubed'"),
        ({"activation": "relu"}, r"`activation` must be one of 'sigmoid', 'tanh'.*'relu'"),
        ({"beta": 0}, r"`beta` must be a positive number.*beta=0"),
        ({"gamma": -1}, r"`gamma` must be a number of at least 0.*gamma=-1"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.losses.FocalR(**arguments)
