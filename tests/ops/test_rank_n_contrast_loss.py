"""The Rank-N-Contrast loss: golden arrays, a slow oracle, batches without anything to contrast."""

import math

import numpy as np
import pytest
from gradients import value_and_gradient

import keras_ranksim as kr
from keras_ranksim.ops.running import running_logsumexp


def loss_and_gradient(features, labels, compiled=False, **options):
    return value_and_gradient(
        lambda x: kr.ops.rank_n_contrast_loss(x, labels, **options),
        np.asarray(features, "float32"),
        compiled,
    )


def loss_by_definition(features, labels, temperature, similarity, order):
    def similar(one, other):
        if similarity == "euclidean":
            return -math.dist(one, other) / temperature
        return one @ other / math.hypot(*one) / math.hypot(*other) / temperature

    def apart(one, other):
        return np.linalg.norm(one - other, ord=order)

    samples, total = range(len(labels)), 0.0
    for i in samples:
        for j in samples:
            if j == i:
                continue
            below = sum(
                math.exp(similar(features[i], features[k]))
                for k in samples
                if k != i and apart(labels[i], labels[k]) >= apart(labels[i], labels[j])
            )
            total -= math.log(math.exp(similar(features[i], features[j])) / below)
    return total / (len(labels) * (len(labels) - 1))


def test_loss_and_gradient_equal_the_published_ones(golden):
    arrays = golden("rnc")
    cases = {key.split("_")[0] for key in arrays}
    assert len(cases) >= 4
    for case in cases:
        loss, gradient = loss_and_gradient(
            arrays[f"{case}_features"],
            arrays[f"{case}_labels"],
            temperature=float(arrays[f"{case}_temperature"]),
        )
        expected = arrays[f"{case}_grad"]
        np.testing.assert_allclose(loss, arrays[f"{case}_loss"], rtol=1e-5)
        np.testing.assert_allclose(gradient, expected, atol=2e-5 * np.abs(expected).max())


@pytest.mark.parametrize("similarity", ["euclidean", "cosine"])
@pytest.mark.parametrize(("dimensions", "order"), [(1, 2), (3, 1), (3, 2), (3, float("inf"))])
def test_the_loss_and_its_gradient_equal_the_definition(random, similarity, dimensions, order):
    """Whole labels, so that many distances are equal; the gradient is that of finite steps."""
    features = random.normal(size=(7, 3))
    labels = random.integers(0, 4, size=(7, dimensions)).astype("float64")

    def expected(features):
        return loss_by_definition(features, labels, 0.5, similarity, order)

    options = {"temperature": 0.5, "similarity": similarity, "order": order}
    loss, gradient = loss_and_gradient(features, labels, **options)
    np.testing.assert_allclose(loss, expected(features), rtol=1e-5)
    step = 1e-6
    for place in np.ndindex(features.shape):
        moved = np.zeros_like(features)
        moved[place] = step
        slope = (expected(features + moved) - expected(features - moved)) / (2 * step)
        np.testing.assert_allclose(gradient[place], slope, rtol=1e-3, atol=1e-4)


def test_features_in_the_order_of_the_labels_have_the_least_loss():
    labels = np.arange(8.0)
    along, back = labels[:, None], np.abs(labels - 4)[:, None]
    assert loss_and_gradient(3 * along, labels)[0] < loss_and_gradient(3 * back, labels)[0]


def test_a_duplicate_adds_no_gradient_of_its_own(random):
    """Sample 0 and its copy do not push each other, and are pushed alike by the others."""
    features = random.normal(size=(6, 2048))
    features[1] = features[0]
    labels = np.array([1, 1, 2, 3, 5, 8.0])
    for similarity in ("euclidean", "cosine"):
        loss, gradient = loss_and_gradient(features, labels, similarity=similarity)
        assert np.isfinite(loss)
        assert np.abs(gradient).max() > 0
        np.testing.assert_allclose(gradient[0], gradient[1], atol=1e-5 * np.abs(gradient).max())


def test_features_far_apart_lose_no_sample():
    """Only the middle sample has a contrast: of its two neighbors, as far by label, one is far."""
    features, labels = np.array([[0], [1e4], [3e4]]), np.array([0, 1, 2.0])
    loss, gradient = loss_and_gradient(features, labels, temperature=2.0)
    np.testing.assert_allclose(loss, (2e4 - 1e4) / 2.0 / 6, rtol=1e-5)
    np.testing.assert_allclose(gradient * 12, [[1], [-2], [1]], atol=1e-3)


BATCHES = {
    "one sample": (np.ones((1, 3)), [4.0]),
    "one label": (np.random.default_rng(0).normal(size=(5, 3)), [4.0] * 5),
    "duplicates": (np.ones((4, 3)), [0, 0, 9, 9.0]),
    "zero features": (np.zeros((4, 3)), [0, 2, 9, 9.0]),
    "huge features": (1e18 * np.eye(4), [0, 0, 9, 9.0]),
    "half precision": (np.eye(4, dtype="float16") * np.float16(60000), [0, 0, 9, 9.0]),
    "no sample": (np.zeros((0, 3)), []),
}


@pytest.mark.parametrize("similarity", ["euclidean", "cosine"])
@pytest.mark.parametrize("batch", BATCHES)
def test_no_batch_makes_a_nan(batch, similarity):
    features, labels = BATCHES[batch]
    loss, gradient = loss_and_gradient(
        features, np.asarray(labels, "float32"), similarity=similarity
    )
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()
    if batch in ("one sample", "no sample"):
        assert loss == 0
    if batch in ("one sample", "no sample", "duplicates", "zero features"):
        np.testing.assert_allclose(gradient, 0, atol=1e-7)


def test_half_precision_features_have_a_gradient_in_half_precision(random):
    features = random.integers(-8, 8, size=(6, 4)).astype("float16")
    labels = np.arange(6.0)
    loss, gradient = value_and_gradient(lambda x: kr.ops.rank_n_contrast_loss(x, labels), features)
    expected = loss_and_gradient(features, labels)
    assert gradient.dtype == "float16"
    np.testing.assert_allclose(loss, expected[0], rtol=1e-5)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-2, atol=1e-4)


def test_a_running_log_sum_exp_loses_nothing():
    rows = np.array([[-1e30, -2000.0, -2000.0, 0.0, 3.0]], "float32")
    expected = [[-1e30, -2000, -2000 + math.log(2), 0, 3 + math.log1p(math.exp(-3))]]
    np.testing.assert_allclose(running_logsumexp(rows), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"temperature": 0}, r"`temperature` must be a positive number.*temperature=0"),
        ({"similarity": "dot"}, r"`similarity` must be one of 'cosine', 'euclidean'.*'dot'"),
        ({"order": 3}, r"`order` must be one of 1, 2, inf.*order=3"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.ops.rank_n_contrast_loss(np.ones((3, 2)), np.arange(3.0), **arguments)


def test_labels_of_other_samples_are_told():
    with pytest.raises(ValueError, match="must have the same number of samples"):
        kr.ops.rank_n_contrast_loss(np.ones((8, 3)), np.zeros(1))
