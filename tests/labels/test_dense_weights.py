"""DenseWeight: weights from a kernel density, against golden arrays and loops."""

import math

import numpy as np
import pytest

import keras_ranksim as kr


@pytest.mark.parametrize("case", range(4))
def test_weights_equal_the_published_ones(golden, case):
    arrays = golden("denseweight")
    expected = arrays[f"{case}_weights"]
    weights = kr.dense_weights(arrays[f"{case}_labels"], alpha=float(arrays[f"{case}_alpha"]))
    np.testing.assert_allclose(weights, expected, atol=0.01 * expected.max())


def weights_by_definition(labels, alpha):
    mean = sum(labels) / len(labels)
    deviation = math.sqrt(sum((label - mean) ** 2 for label in labels) / len(labels))
    width = 1.06 * deviation * len(labels) ** -0.2

    def density(at):
        return sum(math.exp(-0.5 * ((at - label) / width) ** 2) for label in labels)

    line = np.arange(min(labels), max(labels), width / 50)
    largest = max(density(at) for at in line)
    weights = [max(1 - alpha * density(label) / largest, 1e-6) for label in labels]
    return np.array(weights) * len(weights) / sum(weights)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 2.0])
def test_the_density_is_that_of_loops_with_its_maximum_between_the_labels(random, alpha):
    labels = np.concatenate([random.normal(30, 3, 40), random.exponential(20, 15)])
    weights = kr.dense_weights(labels, alpha)
    np.testing.assert_allclose(weights, weights_by_definition(labels, alpha), atol=2e-3)
    np.testing.assert_allclose(weights.mean(), 1, rtol=1e-5)


def test_the_largest_density_may_lie_between_the_labels():
    labels = [0.0, 1.0, 10.0]
    weights = kr.dense_weights(labels)
    assert weights[0] > 1e-3
    np.testing.assert_allclose(weights, weights_by_definition(labels, 1.0), rtol=0.1)


def test_the_unit_of_the_labels_does_not_matter(random):
    labels = random.exponential(20, 300)
    np.testing.assert_allclose(
        kr.dense_weights(labels * 1e6 - 5), kr.dense_weights(labels), atol=1e-4
    )


def test_counts_stand_for_labels_that_repeat():
    counted = kr.dense_weights([1.0, 2.0, 7.0], counts=[50, 30, 2])
    repeated = kr.dense_weights(np.repeat([1.0, 2.0, 7.0], [50, 30, 2]))
    np.testing.assert_allclose(counted, repeated[[0, 50, 80]], rtol=1e-5)


def test_equal_labels_and_far_outliers_have_finite_weights():
    np.testing.assert_array_equal(kr.dense_weights([3.0, 3.0]), [1, 1])
    np.testing.assert_array_equal(kr.dense_weights([3.0], alpha=2.0), [1])
    weights = kr.dense_weights([*range(1000), 1e12])
    assert np.isfinite(weights).all()
    assert weights[-1] == weights.max()


def test_weights_have_the_shape_of_the_pixels(random):
    assert kr.dense_weights(random.uniform(0, 9, (3, 4, 5, 1))).shape == (3, 4, 5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": -1}, r"`alpha` must be a number of at least 0 \(how much density.*alpha=-1"),
        ({"labels": []}, "`labels` must hold at least one label"),
        ({"counts": [1]}, "`labels`, `counts` must have the same length"),
        ({"counts": [1, -3]}, "`counts` must be at least 0 for every label.*from -3 to 1"),
        ({"counts": [0, 0]}, "`counts` must be .* above 0 for some"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.dense_weights(**{"labels": [1.0, 2.0], **arguments})
