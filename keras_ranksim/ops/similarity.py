"""How similar two rows are: of features, and of labels."""

import keras
import numpy as np
from keras import ops

from keras_ranksim.validation import one_of

SMALLEST_NORM = 1e-6
ORDERS = (1, 2, float("inf"))


def cosine_similarity(features, others=None) -> keras.KerasTensor:
    """Cosine of the angle between every two rows, shape `(batch, batch)`.

    Rows of zeros have no direction; their cosine with any row is 0.

    Args:
        features: Tensor of shape `(batch, D)`.
        others: Optional tensor of shape `(other_batch, D)`: the cosines with these rows.

    Example:

    >>> from keras_ranksim.ops.similarity import cosine_similarity
    >>> cosine_similarity([[3.0, 0.0], [1.0, 0.0], [0.0, 2.0]]).numpy()
    array([[1., 1., 0.],
           [1., 1., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    unit = _unit_rows(features)
    other_units = unit if others is None else _unit_rows(others)
    return ops.matmul(unit, ops.transpose(other_units))


def has_direction(features) -> keras.KerasTensor:
    """Which rows are longer than zero, a boolean tensor of shape `(batch,)`.

    Example:

    >>> from keras_ranksim.ops.similarity import has_direction
    >>> has_direction([[0.0, 0.0], [0.0, 2.0]]).numpy()
    array([False,  True])
    """
    return ops.sum(ops.square(ops.convert_to_tensor(features)), axis=-1) > SMALLEST_NORM**2


def unit_rows_and_scale(features) -> tuple:
    """Every row divided by its length, and one over that length.

    Rows of zeros have no direction: both are 0 for them.

    Args:
        features: Tensor of shape `(batch, D)`.

    Returns:
        Tensors of shapes `(batch, D)` and `(batch, 1)`.

    Example:

    >>> from keras_ranksim.ops.similarity import unit_rows_and_scale
    >>> unit_rows_and_scale([[3.0, 4.0]])[0].numpy()
    array([[0.6, 0.8]], dtype=float32)
    """
    features = ops.convert_to_tensor(features)
    squares = ops.sum(ops.square(features), axis=-1, keepdims=True)
    directed = squares > SMALLEST_NORM**2
    scale = ops.where(directed, ops.rsqrt(ops.where(directed, squares, 1.0)), 0.0)
    return ops.where(directed, features * scale, 0.0), scale


def _unit_rows(features):
    """Unit rows whose gradient is 0, not NaN, for rows without a direction."""
    features = ops.convert_to_tensor(features)
    return unit_rows_and_scale(ops.where(has_direction(features)[:, None], features, 0.0))[0]


def negative_distance(labels, others=None) -> keras.KerasTensor:
    """Minus the Euclidean distance between every two rows, shape `(batch, batch)`.

    Args:
        labels: Tensor of shape `(batch, L)`.
        others: Optional tensor of shape `(other_batch, L)`: the distances to these rows.

    Example:

    >>> from keras_ranksim.ops.similarity import negative_distance
    >>> negative_distance([[0.0], [3.0]]).numpy()
    array([[-0., -3.],
           [-3., -0.]], dtype=float32)
    """
    labels = ops.convert_to_tensor(labels)
    others = labels if others is None else ops.convert_to_tensor(others)
    if labels.shape[-1] == 1:
        return -ops.abs(labels - ops.transpose(others))
    difference = labels[:, None, :] - others[None, :, :]
    return -ops.sqrt(ops.sum(ops.square(difference), axis=-1))


def label_distance(labels, others, order=2) -> keras.KerasTensor:
    """The distance of every row of `labels` from every row of `others`, shape `(n, m)`.

    Args:
        labels: Tensor of shape `(n, L)`.
        others: Tensor of shape `(m, L)`.
        order: Norm of the difference of labels of several dimensions: 1, 2 or infinity.

    Example:

    >>> import keras
    >>> from keras_ranksim.ops.similarity import label_distance
    >>> label_distance(*[keras.ops.convert_to_tensor([[0.0], [3.0]])] * 2).numpy()
    array([[0., 3.],
           [3., 0.]], dtype=float32)
    """
    if labels.shape[-1] == 1:
        return ops.abs(labels - ops.transpose(others))
    return ops.norm(labels[:, None, :] - others[None, :, :], ord=order, axis=-1)


def rounding_of(labels) -> keras.KerasTensor:
    """By how much distances from these labels may differ though they are equal.

    Labels such as 0.3 are rounded to float32, so 0.3 - 0.1 and 0.5 - 0.3 are not the same number.

    Args:
        labels: Tensor of any shape.
    """
    labels = ops.convert_to_tensor(labels)
    return ops.cast(4 * float(np.finfo("float32").eps), labels.dtype) * ops.abs(labels)


LABEL_SIMILARITIES = {"euclidean": negative_distance, "cosine": cosine_similarity}


def label_similarity_function(label_similarity):
    """The function named `"euclidean"` or `"cosine"`; a function is returned as it is."""
    if callable(label_similarity):
        return label_similarity
    one_of("label_similarity", label_similarity, LABEL_SIMILARITIES, "or a function")
    return LABEL_SIMILARITIES[label_similarity]
