"""ConR: push apart what the model confuses, pull together what is labelled alike."""

import keras
from keras import ops

from keras_ranksim.ops.rows import rows_of_samples
from keras_ranksim.ops.similarity import unit_rows
from keras_ranksim.validation import non_negative, one_of, positive

PUSHING = ("exponential", "linear")
ORDERS = (1, 2, float("inf"))
SMALLEST_WEIGHT = 1e-30
EXCLUDED = -1e30


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
) -> keras.KerasTensor:
    """The contrastive regulariser of a batch that holds augmented views of its samples.

    For an anchor `i`, other samples with a label within `window` are positives; samples with
    another label but a prediction within `window` of the anchor's are negatives: the model
    confuses them. With `s` the cosine similarities over `temperature`,
    `l_i = mean_{j in P_i} -log(e^{s_ij} / D_i)`,
    `D_i = sum_k e^{[k in P_i] s_ik} + sum_{k in N_i} eta_ik e^{s_ik}`,
    and the loss is the mean of `w_i l_i`. Anchors without positives or negatives count 0.

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
    count = ops.shape(features)[0]
    weights = ops.ones((count,)) if weights is None else rows_of_samples(weights)[:, 0]

    distance = _distances(labels, order)
    alike = distance <= window
    confused = _distances(predictions, order) <= window
    others = ops.logical_not(ops.eye(count, dtype="bool"))
    positives = ops.logical_and(alike, others)
    negatives = ops.logical_and(confused, ops.logical_not(alike))

    unit = unit_rows(features)
    similarity = ops.matmul(unit, ops.transpose(unit)) / temperature
    if pushing == "exponential":
        push = pushing_power * distance
    else:
        push = ops.log(ops.maximum(pushing_power * distance, SMALLEST_WEIGHT))
    push = push + ops.log(ops.maximum(weights, SMALLEST_WEIGHT))[:, None]
    pulled = ops.where(positives, similarity, 0.0)
    pushed = ops.where(negatives, similarity + push, EXCLUDED)
    denominator = ops.logsumexp(ops.concatenate([pulled, pushed], axis=-1), axis=-1)

    positive_count = ops.sum(ops.cast(positives, "float32"), axis=-1)
    mean_pull = ops.sum(pulled, axis=-1) / ops.maximum(positive_count, 1.0)
    counts = ops.logical_and(positive_count > 0, ops.any(negatives, axis=-1))
    anchors = ops.where(counts, denominator - mean_pull, 0.0)
    return ops.sum(weights * anchors) / ops.maximum(ops.cast(count, "float32"), 1.0)


def _distances(rows, order):
    if rows.shape[-1] == 1:
        return ops.abs(rows - ops.transpose(rows))
    return ops.norm(rows[:, None, :] - rows[None, :, :], ord=order, axis=-1)
