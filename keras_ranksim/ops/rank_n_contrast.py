"""Rank-N-Contrast: features nearer to an anchor the nearer their labels are."""

import keras
from keras import ops

from keras_ranksim.ops.geometry import GEOMETRIES
from keras_ranksim.ops.larger_entries import larger_entries
from keras_ranksim.ops.pairs import sum_over_pairs
from keras_ranksim.ops.ranking import rank_by_distance
from keras_ranksim.ops.rows import rows_of_samples
from keras_ranksim.ops.running import running_logsumexp
from keras_ranksim.ops.similarity import ORDERS, label_distance
from keras_ranksim.validation import one_of, positive, same_lengths

NOTHING = -1e30  # the logarithm of no similarity at all, finite so that sums of it are


def rank_n_contrast_loss(
    features,
    labels,
    temperature: float = 2.0,
    similarity: str = "euclidean",
    *,
    order: float = 2,
    rows=None,
) -> keras.KerasTensor:
    """The Rank-N-Contrast loss of a batch, which may hold several views of its samples.

    For an anchor `i`, every other sample `j` is to be more similar to it than all samples whose
    labels are as far from the anchor's or further. With `s` the similarities over `temperature`,
    `l_i = mean_{j != i} -log(e^{s_ij} / sum_k e^{s_ik})`, the sum over all `k != i` with
    `|y_i - y_k| >= |y_i - y_j|`, and the loss is the mean of `l_i`. A batch of one sample gives 0.

    Each row is sorted by the distance of the labels once, which takes `N^2 log N` steps for N
    samples. Above 4,096 samples the anchors are taken in blocks, which bounds memory. The
    gradient is computed with the value, so it cannot be differentiated again; equal features
    have a gradient of 0 toward each other. Euclidean distances come from one matrix product:
    features much nearer than a thousandth of the spread of the batch count as equal.

    Args:
        features: Tensor of shape `(batch, ...)`, flattened per sample.
        labels: Tensor of shape `(batch,)` or `(batch, dimensions)`.
        temperature: Sharpness of the similarities, above 0. The paper uses 2 with Euclidean
            ones; cosines need about 0.1.
        similarity: `"euclidean"`, minus the distance of the features, or `"cosine"`.
        order: Norm of the distance between labels of several dimensions: 1, 2 or infinity.
        rows: Bounds `(first, last)` of the anchors that count, a function from the number of
            samples to such bounds, or `None` for all. Disjoint bounds add up to the whole.

    Returns:
        A float32 scalar.

    Example:

    >>> import keras_ranksim as kr
    >>> features = [[0.0], [1.0], [4.0]]
    >>> round(float(kr.ops.rank_n_contrast_loss(features, labels=[20.0, 22.0, 60.0])), 3)
    0.165
    >>> round(float(kr.ops.rank_n_contrast_loss(features, labels=[20.0, 60.0, 22.0])), 3)
    0.665

    Reference: [Zha et al., NeurIPS 2023](https://arxiv.org/abs/2210.01189)
    """
    positive("temperature", temperature, "the sharpness of the similarities")
    one_of("similarity", similarity, GEOMETRIES)
    one_of("order", order, ORDERS)
    features, labels = rows_of_samples(features), rows_of_samples(labels)
    same_lengths(features=features.shape[:1], labels=labels.shape[:1])
    count = ops.cast(ops.shape(features)[0], "float32")

    distances = label_distances(labels, order)

    def terms(similarity, index):
        return rank_n_contrast_terms(similarity, index, distances(index), temperature)

    total = sum_over_pairs(terms, features, rows, similarity)
    return total / ops.maximum(count * (count - 1), 1.0)


def label_distances(labels, order):
    """A function from row indices, `(n,)`, to the distances of these labels from all, `(n, M)`.

    Scalar labels give ranks instead, since equal distances of labels in tenths differ by rounding.
    """
    if labels.shape[-1] != 1:
        return lambda index: label_distance(ops.take(labels, index, axis=0), labels, order)
    ascending = ops.argsort(labels[:, 0])
    points, place = ops.take(labels[:, 0], ascending), ops.argsort(ascending)
    return lambda index: ops.take(rank_by_distance(points, ops.take(place, index)), place, axis=1)


def rank_n_contrast_terms(similarity, index, distance, temperature) -> tuple:
    """Rank-N-Contrast of some anchors: the sum of `-log(...)` for each, and the slopes.

    Sample `j` has one denominator, a log-sum-exp over the samples that are as far or further. It
    is pulled by 1, and pushed by its share of every denominator that it is part of: those of the
    samples that are as near or nearer.

    Args:
        similarity: Similarities of the anchors with all samples, `(n, M)`.
        index: Which samples are the anchors, int32 `(n,)`.
        distance: Distances of their labels from all labels, `(n, M)`.
        temperature: As in `rank_n_contrast_loss`.

    Returns:
        The values, `(n,)`, and the slopes, `(n, M)`.
    """
    count = ops.shape(distance)[-1]
    itself = index[:, None] == ops.arange(count, dtype="int32")
    distance = ops.where(itself, -1.0, distance)
    scaled = ops.where(itself, NOTHING, similarity / temperature)
    nearest_first = ops.argsort(distance, axis=-1)
    # In that order, the first sample that is as far as `j`, and the last one that is as near.
    first = ops.cast(larger_entries(-distance), "int32")
    last = count - 1 - ops.cast(larger_entries(distance), "int32")

    in_order = ops.take_along_axis(scaled, nearest_first, axis=-1)
    denominators = ops.take_along_axis(_from_the_end(in_order), first, axis=-1)
    values = ops.sum(ops.where(itself, 0.0, denominators - scaled), axis=-1)

    one_over = ops.where(itself, NOTHING, -denominators)
    in_order = ops.take_along_axis(one_over, nearest_first, axis=-1)
    pushes = ops.exp(scaled + ops.take_along_axis(running_logsumexp(in_order), last, axis=-1))
    return values, ops.where(itself, 0.0, pushes - 1.0) / temperature


def _from_the_end(rows):
    return ops.flip(running_logsumexp(ops.flip(rows, axis=-1)), axis=-1)
