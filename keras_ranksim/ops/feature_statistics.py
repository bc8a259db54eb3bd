"""Means and variances of features by label bin, folded over epochs, smoothed and applied."""

import numpy as np
from keras import ops

ENTRIES_AT_ONCE = 2**22
SMALLEST_TOTAL_VARIANCE = 1e-10
CANCELLATION = 1e-13


def sums_by_bin(rows, index, origin, counted=None) -> tuple:
    """Count, sum and sum of squares of `row - origin[bin]`, for every bin.

    An origin near the bin's mean keeps the digits that the variance needs where sums are float32.
    At most `ENTRIES_AT_ONCE` entries are converted at a time, so the pixels of dense features are
    not in memory twice more. Rows that are not finite are skipped: one overflow of half precision
    would spoil its bin forever.

    Args:
        rows: Tensor of shape `(n, features)`.
        index: int32 tensor of shape `(n,)`, the bin of every row.
        origin: Tensor of shape `(bins, features)`; its dtype is that of the sums.
        counted: Which rows count, boolean, `n` in all; `None` for all.

    Returns:
        Tensors of shapes `(bins,)`, `(bins, features)`, `(bins, features)`.
    """
    counted = ops.ones_like(index, "bool") if counted is None else ops.reshape(counted, (-1,))
    count, size = ops.shape(rows)
    length = max(1, ENTRIES_AT_ONCE // max(1, size))

    def at_once():
        return _sums_at_once(rows, index, origin, counted)

    def in_blocks():
        def add_a_block(start, *sums):
            place = start + ops.arange(length, dtype="int32")
            last = ops.minimum(place, count - 1)
            block, bins = ops.take(rows, last, axis=0), ops.take(index, last)
            counts = ops.logical_and(place < count, ops.take(counted, last))
            of_block = _sums_at_once(block, bins, origin, counts)
            return (start + length, *(total + part for total, part in zip(sums, of_block)))

        nothing = (ops.zeros_like(origin[:, 0]), ops.zeros_like(origin), ops.zeros_like(origin))
        start = ops.convert_to_tensor(0, "int32")
        return ops.while_loop(lambda start, *_: start < count, add_a_block, (start, *nothing))[1:]

    fits = count <= length
    if isinstance(fits, bool):
        return at_once() if fits else tuple(in_blocks())
    return ops.cond(fits, at_once, lambda: tuple(in_blocks()))


def _sums_at_once(rows, index, origin, counted):
    counted = ops.logical_and(counted, ops.all(ops.isfinite(rows), axis=-1))
    shifted = ops.cast(rows, origin.dtype) - ops.take(origin, index, axis=0)
    shifted = ops.where(counted[:, None], shifted, ops.zeros_like(shifted))
    return tuple(
        ops.segment_sum(values, index, num_segments=origin.shape[0])
        for values in (ops.cast(counted, origin.dtype), shifted, ops.square(shifted))
    )


def mean_and_variance(count, total, squares, origin=0.0) -> tuple:
    """Mean and unbiased variance of every bin; the variance of a single sample is 0.

    Args:
        count: float64 array of shape `(bins,)`.
        total: float64 array of shape `(bins, features)`, the sums of `row - origin`.
        squares: float64 array of shape `(bins, features)`, the sums of their squares.
        origin: float64 array of shape `(bins, features)`, or 0.

    Returns:
        Two float64 arrays of shape `(bins, features)`; bins without a sample hold the origin and
        zeros.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.ops.feature_statistics import mean_and_variance
    >>> mean, variance = mean_and_variance(np.array([2.0]), np.array([[4.0]]), np.array([[10.0]]))
    >>> mean.item(), variance.item()
    (2.0, 2.0)
    """
    count = count[:, None]
    mean = total / np.maximum(count, 1)
    scatter = squares - total * mean
    scatter = np.where(scatter > CANCELLATION * squares, scatter, 0)
    return origin + mean, scatter / np.maximum(count - 1, 1)


def share_kept(seen_before, count, momentum=None) -> np.ndarray:
    """How much of the old running statistics of every bin an epoch keeps.

    Args:
        seen_before: Samples of every bin in earlier epochs, `(bins,)`.
        count: Samples of every bin in this epoch, `(bins,)`.
        momentum: A fixed share, or `None` for the average over all samples seen. The first
            statistics of a bin are taken whole, and a bin without samples keeps its own.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.ops.feature_statistics import share_kept
    >>> share_kept(np.array([0, 30, 30]), np.array([10, 10, 0]), momentum=0.9)
    array([0. , 0.9, 1. ])
    """
    if momentum is None:
        kept = seen_before / np.maximum(seen_before + count, 1)
    else:
        kept = np.where(seen_before > 0, momentum, 0.0)
    return np.where(count > 0, kept, 1.0)


def smooth_over_bins(statistic, seen, smoothing, empty_bins) -> np.ndarray:
    """A statistic of every bin, smoothed over the neighboring bins.

    Args:
        statistic: Array of shape `(bins, features)`.
        seen: Boolean array of shape `(bins,)`, which bins hold samples.
        smoothing: Matrix of the kernel, `(bins, bins)`, rows summing to 1.
        empty_bins: `"renormalize"` leaves bins without samples out, `"initial"` takes their
            initial statistic, `"neighbors"` averages the nearest bins with samples.
    """
    if empty_bins == "renormalize":
        total = smoothing @ (statistic * seen[:, None])
        weight = (smoothing @ seen.astype("float64"))[:, None]
        smoothed = total / np.where(weight > 0, weight, 1)
        return np.where(seen[:, None], smoothed, statistic)
    if empty_bins == "neighbors":
        statistic = fill_from_neighbors(statistic, seen)
    return smoothing @ statistic


def fill_from_neighbors(statistic, seen) -> np.ndarray:
    """Gives every unseen bin the average of the nearest seen bins to its left and right.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.ops.feature_statistics import fill_from_neighbors
    >>> statistic, seen = np.array([[0.0], [4.0], [0.0], [8.0]]), np.array([0, 1, 0, 1]) > 0
    >>> fill_from_neighbors(statistic, seen).ravel()
    array([4., 4., 6., 8.])
    """
    bins = np.arange(len(seen))
    left = np.maximum.accumulate(np.where(seen, bins, -1))
    right = np.minimum.accumulate(np.where(seen, bins, len(seen))[::-1])[::-1]
    left, right = np.where(left < 0, right, left), np.where(right == len(seen), left, right)
    return (statistic[left] + statistic[right]) / 2


def calibrate(rows, index, mean, variance, smoothed_mean, smoothed_variance, clip, known=None):
    """`(row - mean) * sqrt(clip(smoothed_variance / variance)) + smoothed_mean`, by bin.

    Dimensions of zero variance, and bins whose variances sum to zero, pass unchanged.

    Args:
        rows: Tensor of shape `(n, features)`.
        index: int32 tensor of shape `(n,)`, the bin of every row.
        mean, variance, smoothed_mean, smoothed_variance: Tensors `(bins, features)`.
        clip: Bounds of the ratio of the variances.
        known: Boolean tensor `(bins,)`: rows of other bins pass unchanged; `None` for all bins.

    Returns:
        A tensor of shape `(n, features)`.
    """
    flat = ops.sum(variance, axis=-1, keepdims=True) < SMALLEST_TOTAL_VARIANCE
    unchanged = ops.logical_or(variance == 0, flat)
    if known is not None:
        unchanged = ops.logical_or(unchanged, ops.logical_not(known)[:, None])
    ratio = smoothed_variance / ops.where(unchanged, ops.ones_like(variance), variance)
    scale = ops.where(unchanged, ops.ones_like(ratio), ops.sqrt(ops.clip(ratio, *clip)))
    origin = ops.where(unchanged, ops.zeros_like(mean), mean)
    target = ops.where(unchanged, ops.zeros_like(mean), smoothed_mean)

    def of_each_row(statistic):
        return ops.take(statistic, index, axis=0)

    return (rows - of_each_row(origin)) * of_each_row(scale) + of_each_row(target)
