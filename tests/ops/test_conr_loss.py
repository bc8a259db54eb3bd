"""The ConR loss: golden arrays, a slow oracle, anchors without positives or negatives."""

import math

import numpy as np
import pytest
from gradients import value_and_gradient

import keras_ranksim as kr


def loss_and_gradient(features, *arguments, **options):
    return value_and_gradient(
        lambda x: kr.ops.conr_loss(x, *arguments, **options), features.astype("float32")
    )


def loss_by_definition(features, labels, predictions, weights, options, push):
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    total = 0.0
    for i in range(len(labels)):
        s = unit @ unit[i] / options["temperature"]
        near = [np.linalg.norm(labels[i] - y) <= options["window"] for y in labels]
        confused = [np.linalg.norm(predictions[i] - p) <= options["window"] for p in predictions]
        positives = [j for j in range(len(labels)) if j != i and near[j]]
        negatives = [j for j in range(len(labels)) if confused[j] and not near[j]]
        if not positives or not negatives:
            continue
        below = sum(math.exp(s[k]) if k in positives else 1.0 for k in range(len(labels)))
        below += sum(
            weights[i] * push(np.linalg.norm(labels[i] - labels[k])) * math.exp(s[k])
            for k in negatives
        )
        total += weights[i] * np.mean([-math.log(math.exp(s[j]) / below) for j in positives])
    return total / len(labels)


def test_loss_and_gradient_equal_the_published_ones(golden):
    arrays = golden("conr")
    cases = {key.split("_")[0] for key in arrays}
    assert len(cases) >= 3
    for case in cases:
        loss, gradient = loss_and_gradient(
            *(
                arrays[f"{case}_{name}"]
                for name in ("features", "labels", "predictions", "weights")
            ),
            **{
                name: float(arrays[f"{case}_{name}"])
                for name in ("window", "pushing_power", "temperature")
            },
        )
        expected = arrays[f"{case}_grad"]
        np.testing.assert_allclose(loss, arrays[f"{case}_loss"], rtol=1e-4)
        np.testing.assert_allclose(gradient, expected, atol=2e-4 * np.abs(expected).max())


@pytest.mark.parametrize("dimensions", [1, 3])
@pytest.mark.parametrize("pushing", ["exponential", "linear"])
def test_the_loss_equals_the_definition(random, dimensions, pushing):
    features = random.normal(size=(14, 5)).astype("float32")
    labels = random.integers(0, 4, size=(14, dimensions)).astype("float32")
    predictions = random.integers(0, 4, size=(14, dimensions)).astype("float32")
    weights = random.uniform(0.5, 2, size=14).astype("float32")
    options = {"window": 1.0, "temperature": 0.5}
    push = {"exponential": lambda d: math.exp(0.3 * d), "linear": lambda d: 0.3 * d}[pushing]
    expected = loss_by_definition(features, labels, predictions, weights, options, push)
    assert expected > 0
    loss = kr.ops.conr_loss(
        features, labels, predictions, weights, pushing_power=0.3, pushing=pushing, **options
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


@pytest.mark.parametrize("order", [1, 2, float("inf")])
def test_the_norm_of_label_distances_is_the_callers(order):
    """Labels (0, 0) and (0.6, 0.6) lie within 1 of each other but for the sum of distances."""
    labels = np.array([[0, 0], [0.6, 0.6], [9, 9]], dtype="float32")
    predictions = np.zeros((3, 2), dtype="float32")
    loss = kr.ops.conr_loss(np.eye(3), labels, predictions, order=order)
    assert (loss == 0) == (order == 1)


def test_no_gradient_flows_into_the_predictions(random):
    features, labels = random.normal(size=(6, 3)), np.array([0, 0, 5, 5, 9, 9.0])
    loss, gradient = value_and_gradient(
        lambda x: kr.ops.conr_loss(features, labels, x) + 0 * x[0, 0], np.zeros((6, 1), "float32")
    )
    assert loss > 0
    np.testing.assert_array_equal(gradient, 0)


BATCHES = {
    "one sample": (np.ones((1, 3)), [4.0], [4.0]),
    "one label": (np.ones((5, 3)), [4.0] * 5, [4.0] * 5),
    "no positives": (
        np.random.default_rng(0).normal(size=(5, 3)),
        [0, 10, 20, 30, 40.0],
        [0.0] * 5,
    ),
    "no negatives": (np.ones((4, 3)), [0, 0, 9, 9.0], [0, 0, 9, 9.0]),
    "zero features": (np.zeros((4, 3)), [0, 0, 9, 9.0], [0.0] * 4),
    "huge features": (1e18 * np.ones((4, 3)), [0, 0, 9, 9.0], [0.0] * 4),
    "no sample": (np.zeros((0, 3)), [], []),
}


@pytest.mark.parametrize("batch", BATCHES)
def test_no_batch_makes_a_nan(batch):
    features, labels, predictions = (np.asarray(a, "float32") for a in BATCHES[batch])
    loss, gradient = loss_and_gradient(features, labels, predictions, temperature=0.001)
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()
    if batch in ("one sample", "one label", "no positives", "no negatives", "no sample"):
        assert loss == 0


def test_labels_apart_by_the_window_but_for_rounding_are_within_it(random):
    steps, features = random.integers(0, 26, size=40), random.normal(size=(40, 8))
    predictions = random.uniform(0, 25, size=40)
    loss = kr.ops.conr_loss(features, steps, predictions, pushing_power=0.01)
    tenths = np.round(0.1 * steps, 1), 0.1 * predictions
    in_tenths = kr.ops.conr_loss(features, *tenths, window=0.1, pushing_power=0.1)
    np.testing.assert_allclose(in_tenths, loss, rtol=1e-5)


def test_weights_of_zero_give_no_nan(random):
    features, labels = random.normal(size=(6, 3)), np.array([0, 0, 5, 5, 9, 9.0])
    loss, gradient = loss_and_gradient(features, labels, np.zeros(6), np.zeros(6))
    assert loss == 0
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"window": -1}, r"`window` must be a number of at least 0.*window=-1"),
        ({"temperature": 0}, r"`temperature` must be a positive number.*temperature=0"),
        ({"pushing_power": -1}, r"`pushing_power` must be a number of at least 0"),
        ({"pushing": "cubic"}, r"`pushing` must be one of 'exponential', 'linear'.*'cubic'"),
        ({"order": 3}, r"`order` must be one of 1, 2, inf.*order=3"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.ops.conr_loss(np.ones((3, 2)), np.arange(3.0), np.arange(3.0), **arguments)


def test_labels_of_other_samples_are_told():
    with pytest.raises(ValueError, match="must have the same number of samples"):
        kr.ops.conr_loss(np.ones((8, 3)), np.zeros(1), np.zeros(1))


@pytest.mark.parametrize(
    ("weights", "message"), [(np.ones(3), "same number of"), (np.ones((8, 2)), "one number per")]
)
def test_weights_that_are_not_one_per_sample_are_told(weights, message):
    with pytest.raises(ValueError, match=message):
        kr.ops.conr_loss(np.ones((8, 3)), np.zeros(8), np.zeros(8), weights)
