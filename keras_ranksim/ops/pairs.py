"""A loss over all pairs of samples: rows of similarities in blocks, the gradient with the value.

The matrix of the similarities of M samples, and every copy of it that an equation makes, has
M^2 entries. Up to `ENTRIES_AT_ONCE` they are found at once; above it, `ROWS_IN_A_BLOCK` rows at a
time, so that memory grows with M and not with its square.
"""

import keras
import tensorflow as tf
from keras import ops

ENTRIES_AT_ONCE = 2**24
ROWS_IN_A_BLOCK = 1024


def sum_over_pairs(terms, unit, rows=None) -> keras.KerasTensor:
    """The sum over rows of `terms(similarity)`, where `similarity = unit @ unit.T`.

    The gradient is taken once, at an upstream gradient of 1, together with the value, as
    `gradient_at_one` does: the backward pass multiplies it by what comes from above.

    Args:
        terms: Maps some rows of the similarity, `(n, M)`, and their indices, int32 `(n,)`, to
            one number a row, `(n,)`.
        unit: Tensor of shape `(M, D)`.
        rows: Bounds `(first, last)` of the rows to sum over, `None` for all.

    Returns:
        A scalar.

    Example:

    >>> import keras
    >>> from keras_ranksim.ops.pairs import sum_over_pairs
    >>> float(sum_over_pairs(lambda similarity, _: keras.ops.sum(similarity, -1), [[3.0], [1.0]]))
    16.0
    """

    @tf.custom_gradient
    def linear(unit):
        count = ops.shape(unit)[0]
        first, last = (0, count) if rows is None else rows
        value, gradient = ops.cond(
            last - first <= ENTRIES_AT_ONCE // ops.maximum(count, 1),
            lambda: _all_at_once(terms, unit, rows),
            lambda: _in_blocks(terms, unit, first, last),
        )
        return value, lambda upstream: upstream * gradient

    return linear(ops.convert_to_tensor(unit))


def _all_at_once(terms, unit, rows):
    if rows is not None:
        index = tf.range(*rows)
        return _some_rows(terms, unit, index, ops.ones_like(index, dtype="bool"))
    index = tf.range(ops.shape(unit)[0])
    similarity = ops.matmul(unit, ops.transpose(unit))
    value, slope = _value_and_slope(lambda rows: ops.sum(terms(rows, index)), similarity)
    return value, ops.matmul(slope + ops.transpose(slope), unit)


def _in_blocks(terms, unit, first, last):
    count = ops.shape(unit)[0]

    def add_a_block(start, value, gradient):
        index = start + tf.range(ROWS_IN_A_BLOCK)
        counted = index < last
        of_block = _some_rows(terms, unit, ops.minimum(index, count - 1), counted)
        return start + ROWS_IN_A_BLOCK, value + of_block[0], gradient + of_block[1]

    _, value, gradient = tf.while_loop(
        lambda start, value, gradient: start < last,
        add_a_block,
        (ops.convert_to_tensor(first, "int32"), ops.zeros(()), ops.zeros_like(unit)),
        parallel_iterations=1,
    )
    return value, gradient


def _some_rows(terms, unit, index, counted):
    """Value and gradient of the rows `index`, of which those `counted` count."""
    chosen = ops.take(unit, index, axis=0)
    value, slope = _value_and_slope(
        lambda rows: ops.sum(ops.where(counted, terms(rows, index), 0.0)),
        ops.matmul(chosen, ops.transpose(unit)),
    )
    gradient = ops.matmul(ops.transpose(slope), chosen)
    return value, tf.tensor_scatter_nd_add(gradient, index[:, None], ops.matmul(slope, unit))


def _value_and_slope(function, similarity):
    with tf.GradientTape() as tape:
        tape.watch(similarity)
        value = function(similarity)
    return value, tape.gradient(value, similarity)
