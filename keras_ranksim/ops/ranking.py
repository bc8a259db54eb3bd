"""Rank of every entry of a row, and the black-box gradient that makes ranks trainable."""

import keras
from keras import ops

from keras_ranksim.ops.larger_entries import larger_entries
from keras_ranksim.ops.similarity import rounding_of
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
    if "float" not in keras.backend.standardize_dtype(scores.dtype):
        scores = ops.cast(scores, "float32")
    rows = scores
    if len(scores.shape) != 2:
        rows = ops.reshape(scores, (-1, ops.shape(scores)[-1]))
    ranks = 1 + ops.cast(larger_entries(rows), "float32")
    return ranks if rows is scores else ops.reshape(ranks, ops.shape(scores))


def rank_by_distance(points, rows=None, kept=None) -> keras.KerasTensor:
    """Rank of every point by its distance to every other, for points sorted along a line.

    Row `i` equals `rank(-|points - points[i]|)`, except that distances which differ only by the
    rounding of the points to float32 share a rank. The points are sorted, so no row has to be:
    the points nearer than `points[j]` are those between `points[j]` and its mirror image.

    Args:
        points: Tensor of shape `(M,)`, ascending.
        rows: Optional indices of the rows wanted, int32 `(n,)`; `None` for all.
        kept: Optional boolean tensor `(M,)`. The other points are not counted.

    Returns:
        A float32 tensor of shape `(M, M)`, or `(n, M)`.

    Example:

    >>> from keras_ranksim.ops.ranking import rank_by_distance
    >>> rank_by_distance([20.0, 30.0, 45.0]).numpy()
    array([[1., 2., 3.],
           [2., 1., 3.],
           [3., 2., 1.]], dtype=float32)
    """
    points = ops.convert_to_tensor(points)
    anchors = (points if rows is None else ops.take(points, rows))[:, None]
    # 0.3 - 0.1 and 0.5 - 0.3 differ by the rounding of labels to float32, and must share a rank.
    rounding = rounding_of(points)
    nearer = ops.abs(points - anchors) - ops.maximum(rounding, rounding_of(anchors))
    above = points > anchors
    # On its own side of the anchor a point bounds the nearer ones itself, whichever the anchor.
    own_high = _search(points, points - rounding, "left")
    own_low = _search(points, points + rounding, "right")
    mirrored = _search(points, anchors + ops.where(above, -nearer, nearer), "left")
    before_high = ops.where(above, own_high, mirrored)
    up_to_low = ops.where(above, mirrored, own_low)
    if kept is not None:
        counts = ops.cumsum(ops.pad(ops.cast(kept, "int32"), ((1, 0),)))
        before_high, up_to_low = ops.take(counts, before_high), ops.take(counts, up_to_low)
    return ops.cast(1 + ops.maximum(before_high - up_to_low, 0), "float32")


def blackbox_rank(scores, lambda_: float = 2.0) -> keras.KerasTensor:
    """`rank(scores) / M`, differentiable by the interpolation of Vlastelica et al.

    The rank is piecewise constant. For the gradient `g` that reaches the ranks, the scores
    receive `-(blackbox_rank(scores) - blackbox_rank(scores + lambda_ * g)) / lambda_`.
    That gradient is **not linear** in `g`: whatever scales the loss afterwards changes what is
    learned. `ranksim_loss` therefore takes it once, at the true weight.

    Args:
        scores: Tensor of shape `(..., M)`.
        lambda_: Interpolation strength, above 0.

    Returns:
        A float32 tensor of the same shape, entries in `(0, 1]`.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.ops.blackbox_rank([0.1, 0.9, 0.5, 0.5], lambda_=2.0).numpy()
    array([1.  , 0.25, 0.5 , 0.5 ], dtype=float32)

    Reference: [Vlastelica et al., ICLR 2020](https://arxiv.org/abs/1912.02175)
    """
    positive("lambda_", lambda_, "the interpolation strength")

    @ops.custom_gradient
    def interpolated(scores):
        count = ops.cast(ops.shape(scores)[-1], "float32")
        ranks = rank(scores)

        def gradient(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            moved = rank(scores + lambda_ * ops.cast(upstream, scores.dtype))
            return ops.cast((moved - ranks) / (count * lambda_), scores.dtype)

        return ranks / count, gradient

    return interpolated(ops.convert_to_tensor(scores))


def _search(points, values, side):
    found = ops.searchsorted(points, ops.reshape(values, (-1,)), side=side)
    return ops.reshape(ops.cast(found, "int32"), ops.shape(values))
