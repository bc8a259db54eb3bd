"""The rank of every entry of a row, and the black-box gradient that makes it learnable."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_ranksim.validation import positive


def rank(scores) -> keras.KerasTensor:
    """Rank of every entry within its row: 1 is the largest, equal entries share a rank.

    `rank(a)[i] = 1 + |{j : a[j] > a[i]}|`, over the last axis.

    Args:
        scores: Tensor of shape `(..., M)`.

    Returns:
        A float32 tensor of the same shape.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.ops.rank([[0.1, 0.9, 0.5, 0.5]]).numpy()
    array([[4., 1., 2., 2.]], dtype=float32)
    """
    scores = ops.convert_to_tensor(scores)
    if not scores.dtype.is_floating:
        scores = ops.cast(scores, "float64")
    size = ops.shape(scores)[-1]
    rows = ops.reshape(scores, (-1, size))
    count = ops.shape(rows)[0]
    largest_first, order = tf.math.top_k(rows, size)
    # Sorted values are looked up much faster than unsorted ones; ties find the first of them.
    larger = tf.searchsorted(-largest_first, -largest_first, side="left")
    # Back to where the values came from: of all ways this one is fast and right under XLA, too.
    place = order + size * ops.arange(count, dtype="int32")[:, None]
    ranks = 1 + tf.math.unsorted_segment_sum(larger, place, count * size)
    return ops.reshape(ops.cast(ranks, "float32"), ops.shape(scores))


def rank_by_distance(points, rows=None) -> keras.KerasTensor:
    """Rank of every point by its closeness to every other, for points sorted along a line.

    Row `i` equals `rank(-|points - points[i]|)`, where distances that differ by no more than the
    rounding of the points to float32 are equal. Because the points are sorted, so are the
    signed distances of a row, and no row has to be sorted.

    Args:
        points: Tensor of shape `(M,)`, ascending.
        rows: Optional indices of the rows wanted, int32 `(n,)`; `None` for all.

    Returns:
        A float32 tensor of shape `(M, M)`, or `(n, M)`.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.ops.rank_by_distance([20.0, 30.0, 45.0]).numpy()
    array([[1., 2., 3.],
           [2., 1., 3.],
           [3., 2., 1.]], dtype=float32)
    """
    points = ops.convert_to_tensor(points)
    anchors = points if rows is None else ops.take(points, rows)
    offsets = points[None, :] - anchors[:, None]
    distances = ops.abs(offsets)
    # 0.3 - 0.1 and 0.5 - 0.3 differ by the rounding of labels to float32, and are to share a rank.
    rounding = 2 * np.finfo("float32").eps * ops.max(ops.abs(points), initial=0)
    nearer = distances - ops.cast(rounding, distances.dtype)
    below = tf.searchsorted(offsets, nearer, side="left")
    too_low = tf.searchsorted(offsets, -nearer, side="right")
    return ops.cast(1 + ops.maximum(below - too_low, 0), "float32")


def blackbox_rank(scores, lambda_: float = 2.0) -> keras.KerasTensor:
    """`rank(scores) / M`, differentiable by the interpolation of Vlastelica et al.

    The rank is piecewise constant. For the gradient `g` that reaches the ranks, the scores
    receive `-(blackbox_rank(scores) - blackbox_rank(scores + lambda_ * g)) / lambda_`.
    That gradient is **not linear** in `g`; `ranksim_loss` deals with it.

    Args:
        scores: Tensor of shape `(..., M)`.
        lambda_: Interpolation strength, a positive number or scalar tensor.

    Returns:
        A float32 tensor of the same shape, entries in `(0, 1]`.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.ops.blackbox_rank([0.1, 0.9, 0.5, 0.5], lambda_=2.0).numpy()
    array([1.  , 0.25, 0.5 , 0.5 ], dtype=float32)

    Reference: [Vlastelica et al., ICLR 2020](https://arxiv.org/abs/1912.02175)
    """
    if not ops.is_tensor(lambda_):
        positive("lambda_", lambda_, "the interpolation strength")

    @tf.custom_gradient
    def interpolated(scores):
        ranks = _normalised_rank(scores)

        def gradient(upstream):
            step = ops.cast(lambda_, scores.dtype) * ops.cast(upstream, scores.dtype)
            perturbed = scores + step
            difference = (_normalised_rank(perturbed) - ranks) / lambda_
            return ops.cast(difference, scores.dtype)

        return ranks, gradient

    return interpolated(ops.convert_to_tensor(scores))


def gradient_at_one(function, argument) -> keras.KerasTensor:
    """`function(argument)`, a scalar whose gradient is taken at an upstream gradient of 1.

    The gradient is found once, in the forward pass, and the backward pass returns
    `upstream * gradient`. A function with black-box ranks inside becomes linear in whatever
    scales the loss after it: loss scaling, replica counts, gradient accumulation.

    Args:
        function: Maps a tensor to a scalar.
        argument: The tensor.

    Returns:
        The scalar.

    Example:

    >>> import keras_ranksim as kr
    >>> import keras
    >>> float(kr.ops.gradient_at_one(lambda x: keras.ops.sum(x**2), keras.ops.ones((3,))))
    3.0
    """

    @tf.custom_gradient
    def linear(argument):
        with tf.GradientTape() as tape:
            tape.watch(argument)
            value = function(argument)
        gradient = tape.gradient(value, argument)
        return value, lambda upstream: upstream * gradient

    return linear(argument)


def _normalised_rank(scores):
    return rank(scores) / ops.cast(ops.shape(scores)[-1], "float32")
