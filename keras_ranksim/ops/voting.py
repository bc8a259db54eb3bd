"""UVOTE: several experts say how sure they are of their answer, and the surest one answers."""

import keras
from keras import ops


def laplace_losses(labels, centers, log_scales) -> keras.KerasTensor:
    """Minus the log likelihood of labels under Laplace distributions: `log(2 b) + |y - mu| / b`.

    Args:
        labels: Tensor of shape `(..., 1)`.
        centers: What each expert answers, `mu`, shape `(..., experts)`.
        log_scales: How unsure it is, `log b`, of the same shape.

    Example:

    >>> from keras_ranksim.ops.voting import laplace_losses
    >>> laplace_losses([[3.0]], [[3.0, 5.0]], [[0.0, 0.0]]).numpy().round(3)
    array([[0.693, 2.693]], dtype=float32)
    """
    labels, centers = ops.convert_to_tensor(labels), ops.convert_to_tensor(centers)
    log_scales = ops.convert_to_tensor(log_scales)
    return ops.log(2.0) + log_scales + ops.abs(labels - centers) * ops.exp(-log_scales)


def voting_loss(labels, centers, log_scales, weights, ramp=1.0) -> keras.KerasTensor:
    """The sum over experts of their weighted mean loss; all but the first count `ramp` times.

    Args:
        labels, centers, log_scales: As in `laplace_losses`.
        weights: The weight of each sample for each expert, `(..., experts)`.
        ramp: Weight of every expert but the first.

    Returns:
        A scalar.

    Example:

    >>> from keras_ranksim.ops.voting import voting_loss
    >>> args = [[3.0]], [[3.0, 5.0]], [[0.0, 0.0]], [[1.0, 1.0]]
    >>> round(float(voting_loss(*args, ramp=0.5)), 3)  # 0.693 + 0.5 * 2.693
    2.04
    """
    losses = laplace_losses(labels, centers, log_scales) * ops.convert_to_tensor(weights)
    samples = ops.maximum(ops.cast(ops.size(losses[..., :1]), losses.dtype), 1.0)
    return (ops.sum(losses[..., :1]) + ramp * ops.sum(losses[..., 1:])) / samples


def of_surest(values, log_scales) -> keras.KerasTensor:
    """The value of the expert with the least scale, shape `(..., 1)`.

    Args:
        values: A value of each expert, shape `(..., experts)`.
        log_scales: As in `laplace_losses`.

    Example:

    >>> from keras_ranksim.ops.voting import of_surest
    >>> of_surest([[30.0, 60.0], [31.0, 70.0]], [[0.5, 0.1], [-1.0, 0.0]]).numpy()
    array([[60.],
           [31.]], dtype=float32)
    """
    surest = ops.argmin(log_scales, axis=-1, keepdims=True)
    return ops.take_along_axis(values, surest, axis=-1)
