"""RankSim: neighbours in label space should be neighbours in feature space."""

import keras
from keras import ops

from keras_ranksim.ops.distinct import one_per_label
from keras_ranksim.ops.pairs import sum_over_pairs
from keras_ranksim.ops.ranking import blackbox_rank, rank, rank_by_distance
from keras_ranksim.ops.rows import rows_of_samples
from keras_ranksim.ops.similarity import (
    LABEL_SIMILARITIES,
    has_direction,
    label_similarity_function,
    unit_rows,
)
from keras_ranksim.validation import non_negative, one_of, positive, same_lengths

REDUCTIONS = ("sum", "mean")


def ranksim_loss(
    features,
    labels,
    gamma: float = 1.0,
    lambda_: float = 2.0,
    reduction: str = "sum",
    seed=None,
    label_similarity="euclidean",
) -> keras.KerasTensor:
    """The RankSim regulariser of a batch, `gamma` included.

    Keeps one sample for each distinct label, ranks for every kept sample the others by the
    similarity of their labels and of their features, and penalises the squared difference of
    the two rankings: `gamma * sum_i mean_j (rank(Sz[i])[j] - rank(Sy[i])[j])^2`, ranks divided
    by the number of samples kept.

    The black-box gradient of the ranks is taken at the true `gamma`, in the forward pass, so
    the gradient is linear in whatever scales the loss afterwards. Samples whose features are
    all zero have no direction and are left out. A batch with one distinct label gives 0.
    Above 4,096 distinct labels the rows are ranked in blocks, which bounds memory.

    Args:
        features: Tensor of shape `(batch, ...)`, flattened per sample.
        labels: Tensor of shape `(batch,)` or `(batch, ...)`, flattened per sample.
        gamma: Weight of the term, at least 0.
        lambda_: Interpolation strength of the black-box gradient, above 0.
        reduction: `"sum"` over the samples kept, as published, or `"mean"`, which makes
            `gamma` independent of how many distinct labels a batch holds.
        seed: An integer or `keras.random.SeedGenerator` for the draw among equal labels.
        label_similarity: `"euclidean"`, `"cosine"`, or a function from labels `(M, L)` to
            similarities `(M, M)`.

    Returns:
        A float32 scalar.

    Example:

    >>> import keras_ranksim as kr
    >>> features = [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]
    >>> float(kr.ops.ranksim_loss(features, labels=[20.0, 22.0, 60.0]))  # in label order
    0.0
    >>> round(float(kr.ops.ranksim_loss(features, labels=[20.0, 60.0, 22.0])), 3)
    0.222

    Reference: [Gong, Mori, Tung, ICML 2022](https://arxiv.org/abs/2205.15236)
    """
    features, labels = distinct_samples(features, labels, seed)
    return ranksim_of_distinct(features, labels, gamma, lambda_, reduction, label_similarity)


def distinct_samples(features, labels, seed=None) -> tuple:
    """One sample for each distinct label, drawn among those whose features have a direction.

    Args:
        features, labels, seed: As in `ranksim_loss`.

    Returns:
        Features `(M, D)` and labels `(M, L)`; scalar labels in ascending order.

    Example:

    >>> from keras_ranksim.ops.ranksim import distinct_samples
    >>> distinct_samples([[1.0], [2.0], [0.0]], [30.0, 20.0, 20.0])[1].numpy().ravel()
    array([20., 30.], dtype=float32)
    """
    features, labels = rows_of_samples(features), rows_of_samples(labels)
    same_lengths(features=features.shape[:1], labels=labels.shape[:1])
    kept = one_per_label(labels, usable=has_direction(features), seed=seed)
    return ops.take(features, kept, axis=0), ops.take(labels, kept, axis=0)


def ranksim_of_distinct(
    features,
    labels,
    gamma: float = 1.0,
    lambda_: float = 2.0,
    reduction: str = "sum",
    label_similarity="euclidean",
    rows=None,
) -> keras.KerasTensor:
    """`ranksim_loss` of samples whose labels differ: the equation, after the draw.

    Args:
        features: Tensor of shape `(M, D)`.
        labels: Tensor of shape `(M, L)`; scalar labels (`L = 1`) in ascending order.
        gamma, reduction, label_similarity: As in `ranksim_loss`.
        lambda_: As in `ranksim_loss`, or a positive scalar tensor.
        rows: Bounds `(first, last)` of the samples whose rankings count, `None` for all. The
            terms of disjoint bounds add up to the whole.

    Returns:
        A float32 scalar.

    Example:

    >>> from keras_ranksim.ops.ranksim import ranksim_of_distinct
    >>> features, labels = [[1.0, 0.0], [0.0, 1.0], [0.9, 0.1]], [[20.0], [22.0], [60.0]]
    >>> [round(float(ranksim_of_distinct(features, labels, rows=r)), 3) for r in ((0, 2), (2, 3))]
    [0.148, 0.074]
    """
    non_negative("gamma", gamma, "the weight of the regulariser")
    if not ops.is_tensor(lambda_):
        positive("lambda_", lambda_, "the interpolation strength")
    one_of("reduction", reduction, REDUCTIONS)
    unit = unit_rows(features)
    rank_labels_of = _label_ranker(labels, label_similarity)
    count = ops.maximum(ops.cast(ops.shape(unit)[0], "float32"), 1.0)

    def terms(similarity, index):
        difference = blackbox_rank(similarity, lambda_) - rank_labels_of(index) / count
        rows = ops.sum(ops.square(difference), axis=-1) / count
        return gamma * (rows if reduction == "sum" else rows / count)

    return sum_over_pairs(terms, unit, rows)


def rank_labels(labels, label_similarity="euclidean") -> keras.KerasTensor:
    """Ranks, for every row of `labels`, all rows by their similarity to it.

    Args:
        labels: Tensor of shape `(M, L)`.
        label_similarity: `"euclidean"`, `"cosine"`, or a function.

    Returns:
        A float32 tensor of shape `(M, M)`.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.ops.rank_labels([[20.0], [30.0], [45.0]]).numpy()[0]
    array([1., 2., 3.], dtype=float32)
    """
    labels = ops.convert_to_tensor(labels)
    order = ops.argsort(labels[:, 0])
    index = ops.arange(ops.shape(labels)[0], dtype="int32")
    ranks = _label_ranker(ops.take(labels, order, axis=0), label_similarity)(index)
    back = ops.argsort(order)
    return ops.take(ops.take(ranks, back, axis=0), back, axis=1)


def _label_ranker(labels, label_similarity):
    """A function from indices, `(n,)`, to these rows of the matrix of label ranks, `(n, M)`."""
    similarity = label_similarity_function(label_similarity)
    labels = ops.convert_to_tensor(labels)
    if labels.shape[-1] == 1 and label_similarity == "euclidean":
        return lambda index: rank_by_distance(labels[:, 0], index)
    if similarity in LABEL_SIMILARITIES.values():
        return lambda index: rank(similarity(ops.take(labels, index, axis=0), labels))
    # A function of the caller's knows the whole matrix only.
    whole = similarity(labels)
    return lambda index: rank(ops.take(whole, index, axis=0))
