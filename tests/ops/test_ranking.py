"""Ranks and their black-box gradient, against plain loops and golden arrays."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr


def rank_by_definition(row):
    return [1 + sum(other > value for other in row) for value in row]


@pytest.mark.parametrize("size", [1, 2, 5, 33])
def test_rank_is_one_plus_the_number_of_larger_entries(random, size):
    scores = random.integers(0, 10, size=(4, size)).astype("float32")
    expected = [rank_by_definition(row) for row in scores]
    np.testing.assert_array_equal(kr.ops.rank(scores), expected)


def test_rank_works_along_the_last_axis_of_any_shape(random):
    scores = random.normal(size=(2, 3, 7)).astype("float32")
    assert kr.ops.rank(scores).shape == (2, 3, 7)
    np.testing.assert_array_equal(kr.ops.rank(scores)[1, 2], rank_by_definition(scores[1, 2]))
    np.testing.assert_array_equal(kr.ops.rank(scores[0, 0]), rank_by_definition(scores[0, 0]))


@pytest.mark.parametrize("spread", ["whole", "fractional", "one", "pair"])
def test_ranks_of_sorted_points_are_those_of_their_distances(random, spread):
    points = {
        "whole": np.unique(random.integers(0, 100, size=40)),
        "fractional": np.unique(random.uniform(size=40)),
        "one": np.array([3.0]),
        "pair": np.array([1.0, 2.0]),
    }[spread].astype("float32")
    expected = [rank_by_definition(-np.abs(points - point)) for point in points]
    np.testing.assert_array_equal(kr.ops.rank_by_distance(points), expected)


def test_blackbox_gradient_is_the_interpolation_of_the_definition(random):
    scores = random.normal(size=(3, 9)).astype("float32")
    upstream = random.normal(size=(3, 9)).astype("float32")
    with tf.GradientTape() as tape:
        tape.watch(tensor := tf.constant(scores))
        ranks = kr.ops.blackbox_rank(tensor, lambda_=0.7)
    gradient = tape.gradient(ranks, tensor, output_gradients=tf.constant(upstream))

    perturbed = scores + np.float32(0.7) * upstream
    expected = [
        -(np.array(rank_by_definition(a)) - rank_by_definition(b)) / 9 / 0.7
        for a, b in zip(scores, perturbed)
    ]
    np.testing.assert_allclose(ranks, [np.array(rank_by_definition(a)) / 9 for a in scores])
    np.testing.assert_allclose(gradient, expected, rtol=1e-5)


def test_lambda_must_be_positive():
    with pytest.raises(ValueError, match=r"`lambda_` must be a positive number.*lambda_=0"):
        kr.ops.blackbox_rank([1.0, 2.0], lambda_=0)


def test_gradient_at_one_is_linear_where_the_function_is_not():
    @tf.custom_gradient
    def steep(x):
        return ops_sum(x), lambda upstream: tf.fill(x.shape, upstream**3)

    def ops_sum(x):
        return keras.ops.sum(x)

    x = tf.ones((2,))
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = 10 * kr.ops.gradient_at_one(steep, x)
    np.testing.assert_allclose(tape.gradient(loss, x), [10.0, 10.0])
