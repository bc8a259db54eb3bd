"""RankSim: neighbors in label space should be neighbors in feature space."""

import keras
from keras import ops

from keras_ranksim.ops.distinct import distinct_samples
from keras_ranksim.ops.pairs import sum_over_pairs
from keras_ranksim.ops.ranking import rank, rank_by_distance
from keras_ranksim.ops.rows import rows_of_samples
from keras_ranksim.ops.similarity import LABEL_SIMILARITIES, label_similarity_function
from keras_ranksim.validation import non_negative, one_of, positive, same_lengths

REDUCTIONS = ("sum", "mean")


def ranksim_terms(similarity, label_ranks, count, gamma, lambda_, counted=None) -> tuple:
    """RankSim of some rows of the similarity matrix: a value per row, and the slopes.

    With ranks divided by the number of samples M and `D = (rank(S) - rank(Sy)) / M`, the value
    of a row is `gamma * mean(D ** 2)`. The gradient that reaches the ranks is
    `g = 2 * gamma * D / M`, and the black-box slope at the similarities is how the ranks change
    when the similarities move along it: `(rank(S + lambda_ * g) - rank(S)) / M / lambda_`.

    Args:
        similarity: Cosine similarities `S`, shape `(n, M)`.
        label_ranks: Ranks of the label similarities `Sy`, shape `(n, M)`.
        count: The number of samples M.
        gamma: Weight of the term.
        lambda_: Interpolation strength.
        counted: Which pairs of samples count, boolean `(n, M)`; `None` for all.

    Returns:
        The values, `(n,)`, and the slopes, `(n, M)`.

    Example:

    >>> from keras_ranksim.ops.ranksim import ranksim_terms
    >>> similarity, label_ranks = [[1.0, 0.9, 0.8]], [[1.0, 3.0, 2.0]]
    >>> values, slopes = ranksim_terms(similarity, label_ranks, 3, gamma=1.0, lambda_=2.0)
    >>> values.numpy().round(3), slopes.numpy().round(3)  # the third rises, at the others' cost
    (array([0.074], dtype=float32), array([[ 0.167,  0.167, -0.333]], dtype=float32))
    """
    similarity = ops.convert_to_tensor(similarity)
    ranks = rank(similarity)
    difference = (ranks - ops.convert_to_tensor(label_ranks)) / count
    if counted is not None:
        difference = ops.where(counted, difference, 0.0)
    values = gamma / count * ops.sum(ops.square(difference), axis=-1)
    step = lambda_ * (2 * gamma / count) * difference
    slopes = (rank(similarity + step) - ranks) / (count * lambda_)
    return values, slopes if counted is None else ops.where(counted, slopes, 0.0)


def ranksim_loss(
    features,
    labels,
    gamma: float = 1.0,
    lambda_: float = 2.0,
    reduction: str = "sum",
    seed=None,
    label_similarity="euclidean",
    rows=None,
) -> keras.KerasTensor:
    """The RankSim regularizer of a batch, `gamma` included.

    Keeps one sample for each distinct label, ranks for every kept sample the others by the
    similarity of their labels and of their features, and penalizes the squared difference of
    the two rankings: `gamma * sum_i mean_j (rank(Sz[i])[j] - rank(Sy[i])[j])^2`, ranks divided
    by the number of samples kept.

    The black-box gradient of the ranks is taken at the true `gamma`, in the forward pass, so
    the gradient is linear in whatever scales the loss afterwards. Samples whose features are
    all zero have no direction and are left out. A batch with one distinct label gives 0.
    Above 4,096 distinct labels the rows are ranked in blocks, which bounds memory.

    The defaults (1, 2) are those of the equation in the paper. `RankSimRegularizer` has other
    ones, (0.01, 100), which changed errors on ages, text and tables by little.

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
        rows: Bounds `(first, last)` of the kept samples whose rankings count, a function from
            their number to such bounds, or `None` for all. Disjoint bounds add up to the whole.

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
    non_negative("gamma", gamma, "the weight of the term")
    positive("lambda_", lambda_, "the interpolation strength")
    one_of("reduction", reduction, REDUCTIONS)
    features, labels = rows_of_samples(features), rows_of_samples(labels)
    same_lengths(features=features.shape[:1], labels=labels.shape[:1])
    features, labels, kept = distinct_samples(features, labels, seed)
    label_ranks = label_ranker(labels, label_similarity, kept)
    count = ops.shape(labels)[0] if kept is None else ops.sum(ops.cast(kept, "float32"))
    count = ops.maximum(ops.cast(count, "float32"), 1.0)
    weight = gamma if reduction == "sum" else gamma / count

    def terms(similarity, index):
        counted = None
        if kept is not None:
            similarity = ops.where(kept, similarity, -float("inf"))
            counted = ops.logical_and(ops.take(kept, index)[:, None], kept)
        return ranksim_terms(similarity, label_ranks(index), count, weight, lambda_, counted)

    return sum_over_pairs(terms, features, rows)


def label_ranker(labels, label_similarity, kept=None):
    """A function from row indices, `(n,)`, to these rows of the label ranks, `(n, M)`.

    Args:
        labels: Tensor of shape `(M, L)`; scalar labels (`L = 1`) in ascending order.
        label_similarity: As in `ranksim_loss`.
        kept: Boolean tensor `(M,)` of the samples that are ranked, `None` for all.
    """
    similarity = label_similarity_function(label_similarity)
    if labels.shape[-1] == 1 and label_similarity == "euclidean":
        return lambda index: rank_by_distance(labels[:, 0], index, kept)
    # A function of the caller's own knows only the whole matrix.
    builtin = label_similarity in LABEL_SIMILARITIES
    whole = None if builtin else similarity(labels)

    def ranks(index):
        chosen = ops.take(labels if builtin else whole, index, axis=0)
        scores = similarity(chosen, labels) if builtin else chosen
        return rank(scores if kept is None else ops.where(kept, scores, -float("inf")))

    return ranks
