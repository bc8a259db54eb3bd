"""ConR: push apart what the model confuses, pull together what has similar labels."""

import keras
from keras import ops

from keras_ranksim.ops.pairs import sum_over_pairs
from keras_ranksim.ops.rows import rows_of_samples
from keras_ranksim.ops.similarity import ORDERS, label_distance, rounding_of
from keras_ranksim.validation import non_negative, one_of, positive, same_lengths

PUSHING = ("exponential", "linear")
SMALLEST_WEIGHT = 1e-30


def conr_loss(
    features,
    labels,
    predictions,
    weights=None,
    window: float = 1.0,
    temperature: float = 0.07,
    pushing_power: float = 0.01,
    pushing: str = "exponential",
    order: float = 2,
    rows=None,
) -> keras.KerasTensor:
    """The contrastive regularizer of a batch, which may hold several views of its samples.

    For an anchor `i`, other samples with a label within `window` are positives; samples with
    another label but a prediction within `window` of the anchor's are negatives: the model
    confuses them. With `s` the cosine similarities over `temperature`,
    `l_i = mean_{j in P_i} -log(e^{s_ij} / D_i)`,
    `D_i = sum_k e^{[k in P_i] s_ik} + sum_{k in N_i} eta_ik e^{s_ik}`,
    and the loss is the mean of `w_i l_i`. Anchors without positives or negatives count 0.
    Above 4,096 samples the anchors are taken in blocks, which bounds memory. The gradient is
    computed with the value, so it cannot be differentiated again.

    Args:
        features: Tensor of shape `(batch, ...)`, flattened per sample.
        labels: Tensor of shape `(batch,)` or `(batch, dimensions)`.
        predictions: The model's predictions, of the shape of the labels; no gradient flows
            into them.
        weights: Optional sample weights, shape `(batch,)`.
        window: Labels, or predictions, no further apart than this count as equal; labels also
            if only their rounding to float32 separates them.
        temperature: Sharpness of the similarities, above 0.
        pushing_power: How much harder a negative is pushed the further its label is.
        pushing: `"exponential"`, `eta = w_i * exp(pushing_power * distance)`, or `"linear"`,
            `eta = w_i * pushing_power * distance`, as the paper does for depth.
        order: Norm of the distance between labels of several dimensions: 1, 2 or infinity.
        rows: Bounds `(first, last)` of the anchors that count, a function from the number of
            samples to such bounds, or `None` for all. Disjoint bounds add up to the whole.

    Returns:
        A float32 scalar.

    Example:

    >>> import keras_ranksim as kr
    >>> features = [[1.0, 0.0], [0.9, 0.1], [0.8, 0.2], [0.9, 0.2]]
    >>> labels, predictions = [20.0, 20.0, 60.0, 60.0], [40.0, 40.0, 40.0, 40.0]
    >>> float(kr.ops.conr_loss(features, labels, predictions)) > 0.5
    True

    Reference: [Keramati, Meng, Evans, ICLR 2024](https://arxiv.org/abs/2309.06651)
    """
    non_negative("window", window, "labels no further apart count as equal")
    positive("temperature", temperature, "the sharpness of the similarities")
    non_negative("pushing_power", pushing_power, "how hard negatives are pushed")
    one_of("pushing", pushing, PUSHING)
    one_of("order", order, ORDERS)
    features, labels = rows_of_samples(features), rows_of_samples(labels)
    predictions = ops.stop_gradient(rows_of_samples(predictions))
    same_lengths(
        features=features.shape[:1], labels=labels.shape[:1], predictions=predictions.shape[:1]
    )
    count = ops.shape(features)[0]
    weights = ops.ones((count,), "float32") if weights is None else _one_per_sample(weights, labels)
    options = {"window": window, "temperature": temperature, "order": order}
    options["log_push"] = _log_push_function(pushing, pushing_power)

    def terms(similarity, index):
        return conr_terms(similarity, index, labels, predictions, weights, **options)

    return sum_over_pairs(terms, features, rows) / ops.maximum(ops.cast(count, "float32"), 1.0)


def conr_terms(
    similarity, index, labels, predictions, weights, *, window, temperature, order, log_push
) -> tuple:
    """ConR of some anchors: `w_i l_i` for each, and the slopes at their cosine similarities.

    The denominator is a log-sum-exp, so its slope is a softmax: every positive and negative is
    pushed by its share of the denominator, and every positive is pulled by one over their number.

    Args:
        similarity: Cosine similarities of the anchors with all samples, `(n, M)`.
        index: Which samples are the anchors, int32 `(n,)`.
        labels, predictions: Of all samples, `(M, L)`.
        weights: Of all samples, `(M,)`.
        window, temperature, order: As in `conr_loss`.
        log_push: Function from label distances to the logarithm of the pushing weight.

    Returns:
        The values, `(n,)`, and the slopes, `(n, M)`.
    """
    distance = label_distance(ops.take(labels, index, axis=0), labels, order)
    confused = label_distance(ops.take(predictions, index, axis=0), predictions, order) <= window
    others = index[:, None] != ops.arange(ops.shape(labels)[0], dtype="int32")
    rounding = ops.sum(rounding_of(labels), axis=-1)
    alike = distance <= window + ops.maximum(ops.take(rounding, index)[:, None], rounding)
    positives = ops.logical_and(alike, others)
    negatives = ops.logical_and(confused, ops.logical_not(alike))
    positive_count, negative_count = _count(positives), _count(negatives)
    counted = ops.logical_and(positive_count > 0, negative_count > 0)
    weights = ops.take(weights, index)[:, None]
    log_weights = ops.log(ops.maximum(weights, SMALLEST_WEIGHT))
    weights = ops.where(counted, weights, 0.0)

    scaled = similarity / temperature
    pushed = scaled + (log_push(distance) + log_weights)
    exponents = ops.where(negatives, pushed, ops.where(positives, scaled, 0.0))
    # A negative adds e^0 to the denominator besides its own share: it is no positive.
    highest = _highest(exponents)
    shares = ops.exp(exponents - highest)
    total = ops.sum(shares, axis=-1, keepdims=True) + negative_count * ops.exp(-highest)
    pulled = ops.sum(ops.where(positives, scaled, 0.0), axis=-1, keepdims=True)
    pull = 1 / ops.maximum(positive_count, 1.0)

    values = weights * (highest + ops.log(total) - pull * pulled)
    at_similarity = weights / temperature
    pushes = ops.where(ops.logical_or(positives, negatives), shares * (at_similarity / total), 0.0)
    return values[:, 0], pushes - ops.where(positives, at_similarity * pull, 0.0)


def _one_per_sample(weights, labels):
    weights = rows_of_samples(weights)
    same_lengths(labels=labels.shape[:1], weights=weights.shape[:1])
    if weights.shape[-1] != 1:
        raise ValueError(
            "`weights` must hold one number per sample. "
            f"Received: weights of {weights.shape[-1]} numbers per sample"
        )
    return weights[:, 0]


def _highest(exponents):
    """The largest of every row and zero."""
    if 0 in exponents.shape:
        return ops.zeros((exponents.shape[0], 1), "float32")
    # `max` with an `initial` mixes devices where Keras runs on PyTorch with a GPU.
    return ops.maximum(ops.max(exponents, axis=-1, keepdims=True), 0.0)


def _log_push_function(pushing, power):
    if pushing == "exponential":
        return lambda distance: power * distance
    return lambda distance: ops.log(ops.maximum(power * distance, SMALLEST_WEIGHT))


def _count(chosen):
    return ops.sum(ops.cast(chosen, "float32"), axis=-1, keepdims=True)
