"""ConR: push apart what the model confuses, pull together what is labelled alike."""

import keras
from keras import ops

from keras_ranksim.ops.pairs import sum_over_pairs
from keras_ranksim.ops.rows import rows_of_samples
from keras_ranksim.ops.similarity import unit_rows
from keras_ranksim.validation import non_negative, one_of, positive, same_lengths

PUSHING = ("exponential", "linear")
ORDERS = (1, 2, float("inf"))
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
    """The contrastive regulariser of a batch that holds augmented views of its samples.

    For an anchor `i`, other samples with a label within `window` are positives; samples with
    another label but a prediction within `window` of the anchor's are negatives: the model
    confuses them. With `s` the cosine similarities over `temperature`,
    `l_i = mean_{j in P_i} -log(e^{s_ij} / D_i)`,
    `D_i = sum_k e^{[k in P_i] s_ik} + sum_{k in N_i} eta_ik e^{s_ik}`,
    and the loss is the mean of `w_i l_i`. Anchors without positives or negatives count 0.
    Above 4,096 samples the anchors are taken in blocks, which bounds memory. The gradient is
    found with the value, so it cannot be differentiated again.

    Args:
        features: Tensor of shape `(batch, ...)`, flattened per sample.
        labels: Tensor of shape `(batch,)` or `(batch, dimensions)`.
        predictions: The model's predictions, of the shape of the labels; no gradient flows
            into them.
        weights: Optional sample weights, shape `(batch,)`.
        window: Labels, or predictions, no further apart than this are alike.
        temperature: Sharpness of the similarities, above 0.
        pushing_power: How much harder a negative is pushed the further its label is.
        pushing: `"exponential"`, `eta = w_i * exp(pushing_power * distance)`, or `"linear"`,
            `eta = w_i * pushing_power * distance`, as the paper does for depth.
        order: Norm of the distance between labels of several dimensions: 1, 2 or infinity.
        rows: Bounds `(first, last)` of the anchors that count, `None` for all. The terms of
            disjoint bounds add up to the whole.

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
    non_negative("window", window, "labels no further apart are alike")
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
    weights = ops.ones((count,)) if weights is None else rows_of_samples(weights)[:, 0]

    unit = unit_rows(features)

    def terms(cosines, anchors):
        def of_anchors(values):
            return ops.take(values, anchors, axis=0)

        distance = _distances(of_anchors(labels), labels, order)
        alike = distance <= window
        confused = _distances(of_anchors(predictions), predictions, order) <= window
        itself = anchors[:, None] == ops.arange(count, dtype=anchors.dtype)
        positives = ops.logical_and(alike, ops.logical_not(itself))
        negatives = ops.logical_and(confused, ops.logical_not(alike))

        similarity = cosines / temperature
        push = _log_push(distance, of_anchors(weights)[:, None])
        exponents = ops.where(negatives, similarity + push, 0.0)
        exponents = ops.where(positives, similarity, exponents)
        # A negative adds e^0 to the denominator besides its own share: it is no positive.
        negative_count = _count(negatives)
        highest = ops.stop_gradient(ops.maximum(ops.max(exponents, axis=-1, initial=0.0), 0.0))
        total = ops.sum(ops.exp(exponents - highest[:, None]), axis=-1)
        denominator = highest + ops.log(total + negative_count * ops.exp(-highest))

        positive_count = _count(positives)
        pulled = ops.sum(ops.where(positives, similarity, 0.0), axis=-1)
        mean_pull = pulled / ops.maximum(positive_count, 1.0)
        counts = ops.logical_and(positive_count > 0, negative_count > 0)
        return of_anchors(weights) * ops.where(counts, denominator - mean_pull, 0.0)

    def _log_push(distance, weights):
        if pushing == "exponential":
            push = pushing_power * distance
        else:
            push = ops.log(ops.maximum(pushing_power * distance, SMALLEST_WEIGHT))
        return push + ops.log(ops.maximum(weights, SMALLEST_WEIGHT))

    total = sum_over_pairs(terms, unit, rows)
    return total / ops.maximum(ops.cast(count, "float32"), 1.0)


def _distances(rows, others, order):
    if rows.shape[-1] == 1:
        return ops.abs(rows - ops.transpose(others))
    return ops.norm(rows[:, None, :] - others[None, :, :], ord=order, axis=-1)


def _count(chosen):
    return ops.sum(ops.cast(chosen, "float32"), axis=-1)
