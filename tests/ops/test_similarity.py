"""Rows of length one, and the gradient written out for them."""

import numpy as np
import tensorflow as tf

import keras_ranksim as kr


def test_the_gradient_of_unit_rows_is_that_of_the_division(random):
    features = tf.constant(random.normal(size=(5, 4)))
    along = random.normal(size=(5, 4))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        ours = tf.reduce_sum(kr.ops.unit_rows(features) * along)
        plain = tf.reduce_sum(features / tf.norm(features, axis=-1, keepdims=True) * along)
    np.testing.assert_allclose(ours, plain, rtol=1e-12)
    expected = tape.gradient(plain, features)
    np.testing.assert_allclose(tape.gradient(ours, features), expected, rtol=1e-10, atol=1e-12)


def test_rows_without_a_direction_stay_zero_and_get_no_gradient():
    features = tf.constant([[0.0, 0.0], [1e-9, 0.0], [np.nan, 1.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(features)
        unit = kr.ops.unit_rows(features)
        total = tf.reduce_sum(unit * [[1.0, 2.0]])
    np.testing.assert_allclose(unit, [[0, 0], [0, 0], [0, 0], [0.6, 0.8]], rtol=1e-6)
    gradient = tape.gradient(total, features).numpy()
    np.testing.assert_array_equal(gradient[:3], 0)
    np.testing.assert_allclose(gradient[3], [-0.064, 0.048], atol=1e-6)
