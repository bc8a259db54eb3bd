"""A loss over all pairs of samples, found together with its gradient at the features.

Equations on a batch of M samples work on the M x M matrix of their similarities. They give a
value for every row and the slope at every similarity; this module adds up the values and turns
the slopes into the gradient at the features. Matrices of more than `ENTRIES_AT_ONCE` entries are
computed `ROWS_IN_A_BLOCK` rows at a time, so memory grows with M and not with M^2.
"""

import contextlib

import keras
from keras import ops

from keras_ranksim.ops.geometry import geometry_of

ENTRIES_AT_ONCE = 2**24
ROWS_IN_A_BLOCK = 1024


def sum_over_pairs(terms, features, rows=None, similarity="cosine") -> keras.KerasTensor:
    """The sum of a value per row of the matrix of similarities, and its gradient.

    The gradient is computed in the forward pass, for an upstream gradient of 1, and the backward
    pass multiplies it by what comes from above. So it is linear in whatever scales the loss
    afterwards, and cannot be differentiated again.

    Args:
        terms: Function of some rows of the similarity, `(n, M)`, and their indices, int32
            `(n,)`, that returns a value per row, `(n,)`, and the slope of their sum at each
            similarity, `(n, M)`.
        features: Tensor of shape `(M, D)`.
        rows: Bounds `(first, last)` of the rows to sum over, a function from M to such bounds,
            or `None` for all rows.
        similarity: `"cosine"`, or `"euclidean"`, minus the distance.

    Returns:
        A scalar.

    Example:

    >>> import keras
    >>> from keras_ranksim.ops.pairs import sum_over_pairs
    >>> def cosines(similarity, index):
    ...     return keras.ops.sum(similarity, axis=-1), keras.ops.ones_like(similarity)
    >>> float(sum_over_pairs(cosines, [[3.0, 0.0], [0.0, 2.0]]))
    2.0
    """

    @ops.custom_gradient
    def value_with_gradient(features):
        with _in_full_precision(features):
            geometry = geometry_of(features, similarity)
            value, at_points = _value_and_gradient(terms, geometry, rows)
            gradient = geometry.at_features(at_points)

        def backward(*args, upstream=None):
            return (args[0] if upstream is None else upstream) * gradient

        return value, backward

    return value_with_gradient(ops.convert_to_tensor(features))


def _in_full_precision(features):
    """Without PyTorch's autocast, whose products in half precision leave ranks as they are."""
    if keras.config.backend() != "torch" or features.device.type == "meta":
        return contextlib.nullcontext()
    import torch

    return torch.autocast(features.device.type, enabled=False)


def _value_and_gradient(terms, geometry, rows):
    count = ops.shape(geometry.points)[0]
    first, last = (0, count) if rows is None else rows(count) if callable(rows) else rows
    fits = (last - first) * count <= ENTRIES_AT_ONCE

    def at_once():
        if rows is None:
            return _all_rows(terms, geometry)
        index = ops.arange(first, last, dtype="int32")
        return _some_rows(terms, geometry, index, ops.ones_like(index, dtype="bool"))

    def in_blocks():
        return _in_blocks(terms, geometry, first, last)

    if isinstance(fits, bool):
        return at_once() if fits else in_blocks()
    return ops.cond(fits, at_once, in_blocks)


def _all_rows(terms, geometry):
    points = geometry.points
    similarity = geometry.similarity(points)
    values, slope = terms(similarity, ops.arange(ops.shape(points)[0], dtype="int32"))
    pull = geometry.pull(slope, similarity)
    return ops.sum(values), geometry.pulled(pull + ops.transpose(pull), points, points)


def _some_rows(terms, geometry, index, counted):
    """Value and gradient of the rows `index`, of which only those `counted` count."""
    points = geometry.points
    chosen = ops.take(points, index, axis=0)
    similarity = geometry.similarity(chosen)
    values, slope = terms(similarity, index)
    pull = geometry.pull(ops.where(counted[:, None], slope, 0.0), similarity)
    at_others = geometry.pulled(ops.transpose(pull), points, chosen)
    at_chosen = geometry.pulled(pull, chosen, points)
    at_rows = ops.segment_sum(at_chosen, index, num_segments=ops.shape(points)[0])
    return ops.sum(ops.where(counted, values, 0.0)), at_others + at_rows


def _in_blocks(terms, geometry, first, last):
    count = ops.shape(geometry.points)[0]

    def add_a_block(start, value, gradient):
        index = start + ops.arange(ROWS_IN_A_BLOCK, dtype="int32")
        of_block = _some_rows(terms, geometry, ops.minimum(index, count - 1), index < last)
        return start + ROWS_IN_A_BLOCK, value + of_block[0], gradient + of_block[1]

    _, value, gradient = ops.while_loop(
        lambda start, value, gradient: start < last,
        add_a_block,
        (
            ops.convert_to_tensor(first, "int32"),
            ops.zeros((), "float32"),
            ops.zeros_like(geometry.points),
        ),
    )
    return value, gradient
