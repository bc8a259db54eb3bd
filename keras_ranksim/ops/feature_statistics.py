"""Means and variances of features by label bin, and the step from one pair to another."""

import numpy as np
import tensorflow as tf
from keras import ops

ENTRIES_AT_ONCE = 2**22
SMALLEST_TOTAL_VARIANCE = 1e-10
CANCELLATION = 1e-13


def sums_by_bin(rows, index, bins: int):
    """Count, sum and sum of squares of the rows of every bin.

    Summed in float64, so that squares of features with a large mean keep the digits that the
    variance needs; `ENTRIES_AT_ONCE` at a time, so that the pixels of dense features need not
    be in memory twice more, at twice the size.

    Args:
        rows: Tensor of shape `(n, features)`.
        index: int32 tensor of shape `(n,)`, the bin of every row.
        bins: Number of bins.

    Returns:
        Float64 tensors of shapes `(bins,)`, `(bins, features)`, `(bins, features)`.
    """
    count, size = ops.shape(rows)
    length = max(1, ENTRIES_AT_ONCE // max(1, size))

    def add_a_block(start, *sums):
        place = start + tf.range(length)
        # Rows past the end count in bin -1, which TensorFlow drops.
        bin_ = ops.where(place < count, ops.take(index, ops.minimum(place, count - 1)), -1)
        block = ops.take(rows, ops.minimum(place, count - 1), axis=0)
        of_block = _sums_at_once(block, bin_, bins)
        return start + length, *(total + part for total, part in zip(sums, of_block))

    def in_blocks():
        nothing = [ops.zeros(shape, dtype="float64") for shape in ((bins,), *[(bins, size)] * 2)]
        return tf.while_loop(
            lambda start, *sums: start < count,
            add_a_block,
            (tf.constant(0), *nothing),
            parallel_iterations=1,
        )[1:]

    return ops.cond(
        count <= length, lambda: _sums_at_once(rows, index, bins), lambda: tuple(in_blocks())
    )


def _sums_at_once(rows, index, bins):
    # One infinite feature, an overflow of half precision, would spoil its bin for ever.
    finite = ops.all(ops.isfinite(rows), axis=-1)
    rows = ops.cast(ops.where(finite[:, None], rows, ops.zeros_like(rows)), "float64")
    count = ops.segment_sum(ops.cast(finite, "float64"), index, num_segments=bins)
    total = ops.segment_sum(rows, index, num_segments=bins)
    squares = ops.segment_sum(ops.square(rows), index, num_segments=bins)
    return count, total, squares


def mean_and_variance(count, total, squares):
    """Mean and unbiased variance of every bin; the variance of a single sample is 0.

    Args:
        count: float64 array of shape `(bins,)`.
        total: float64 array of shape `(bins, features)`, the sums.
        squares: float64 array of shape `(bins, features)`, the sums of squares.

    Returns:
        Two float64 arrays of shape `(bins, features)`; bins without a sample hold zeros.
    """
    count = count[:, None]
    mean = total / np.maximum(count, 1)
    scatter = squares - total * mean
    scatter = np.where(scatter > CANCELLATION * squares, scatter, 0)
    return mean, scatter / np.maximum(count - 1, 1)


def fill_from_neighbors(statistic, seen):
    """Gives every unseen bin the average of the nearest seen bins to its left and right.

    Example:

    >>> import numpy as np
    >>> statistic, seen = np.array([[0.0], [4.0], [0.0], [8.0]]), np.array([0, 1, 0, 1]) > 0
    >>> fill_from_neighbors(statistic, seen).ravel()
    array([4., 4., 6., 8.])
    """
    bins = np.arange(len(seen))
    left = np.maximum.accumulate(np.where(seen, bins, -1))
    right = np.minimum.accumulate(np.where(seen, bins, len(seen))[::-1])[::-1]
    left, right = np.where(left < 0, right, left), np.where(right == len(seen), left, right)
    return (statistic[left] + statistic[right]) / 2


def calibrate(rows, index, mean, variance, smoothed_mean, smoothed_variance, clip):
    """`(row - mean) * sqrt(clip(smoothed_variance / variance)) + smoothed_mean`, by bin.

    Dimensions of zero variance, and bins whose variances sum to zero, pass unchanged.

    Args:
        rows: Tensor of shape `(n, features)`.
        index: int32 tensor of shape `(n,)`, the bin of every row.
        mean, variance, smoothed_mean, smoothed_variance: Tensors `(bins, features)`.
        clip: Bounds of the ratio of the variances.

    Returns:
        A tensor of shape `(n, features)`.
    """
    flat = ops.sum(variance, axis=-1, keepdims=True) < SMALLEST_TOTAL_VARIANCE
    unchanged = ops.logical_or(variance == 0, flat)
    ratio = smoothed_variance / ops.where(unchanged, ops.ones_like(variance), variance)
    scale = ops.where(unchanged, ops.ones_like(ratio), ops.sqrt(ops.clip(ratio, *clip)))
    origin = ops.where(unchanged, ops.zeros_like(mean), mean)
    target = ops.where(unchanged, ops.zeros_like(mean), smoothed_mean)

    def of_each_row(statistic):
        return ops.take(statistic, index, axis=0)

    return (rows - of_each_row(origin)) * of_each_row(scale) + of_each_row(target)
