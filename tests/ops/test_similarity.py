"""Rows of length one, and what becomes of rows without a direction."""

import numpy as np
from gradients import gradient, value_and_gradient
from keras import ops

from keras_ranksim.ops.similarity import _unit_rows as unit_rows


def test_the_gradient_of_unit_rows_is_that_of_the_division(random):
    features = random.normal(size=(5, 4)).astype("float32")
    along = random.normal(size=(5, 4)).astype("float32")

    def plain(x):
        return ops.sum(x / ops.norm(x, axis=-1, keepdims=True) * ops.convert_to_tensor(along))

    ours, expected = (
        value_and_gradient(function, features)
        for function in (lambda x: ops.sum(unit_rows(x) * ops.convert_to_tensor(along)), plain)
    )
    for one, other in zip(ours, expected):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_rows_without_a_direction_stay_zero_and_get_no_gradient():
    features = np.array([[0.0, 0.0], [1e-9, 0.0], [np.nan, 1.0], [3.0, 4.0]], "float32")
    expected = [[0, 0], [0, 0], [0, 0], [0.6, 0.8]]
    np.testing.assert_allclose(unit_rows(features), expected, rtol=1e-6)
    along = ops.convert_to_tensor([[1.0, 2.0]])
    found = gradient(lambda x: ops.sum(unit_rows(x) * along), features)
    np.testing.assert_array_equal(found[:3], 0)
    np.testing.assert_allclose(found[3], [-0.064, 0.048], atol=1e-6)
