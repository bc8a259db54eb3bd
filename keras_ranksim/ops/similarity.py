"""How alike two rows are: of features, and of labels."""

import keras
from keras import ops

from keras_ranksim.validation import one_of

SMALLEST_NORM = 1e-6


def cosine_similarity(features, others=None) -> keras.KerasTensor:
    """Cosine of the angle between every two rows, shape `(batch, batch)`.

    With `others`, of every row of `features` with every row of `others`.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.ops.cosine_similarity([[3.0, 0.0], [1.0, 0.0], [0.0, 2.0]]).numpy()
    array([[1., 1., 0.],
           [1., 1., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    unit = unit_rows(features)
    other_units = unit if others is None else unit_rows(others)
    return ops.matmul(unit, ops.transpose(other_units))


def has_direction(features) -> keras.KerasTensor:
    """Which rows are longer than zero, a boolean tensor of shape `(batch,)`.

    Example:

    >>> from keras_ranksim.ops.similarity import has_direction
    >>> has_direction([[0.0, 0.0], [0.0, 2.0]]).numpy()
    array([False,  True])
    """
    return ops.norm(ops.convert_to_tensor(features), axis=-1) > SMALLEST_NORM


def unit_rows(features) -> keras.KerasTensor:
    """Every row divided by its length; rows of zeros have no direction and stay zeros.

    Their gradient is zero too, where that of `x / max(|x|, epsilon)` would be enormous.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.ops.unit_rows([[3.0, 4.0]]).numpy()
    array([[0.6, 0.8]], dtype=float32)
    """
    return _unit_rows(ops.convert_to_tensor(features))


@ops.custom_gradient
def _unit_rows(features):
    # Written out because features are the largest tensors here: what automatic differentiation
    # makes of a guarded division passes over them three times as often.
    squares = ops.sum(ops.square(features), axis=-1, keepdims=True)
    directed = ops.sqrt(squares) > SMALLEST_NORM
    scale = ops.where(directed, ops.rsqrt(ops.maximum(squares, SMALLEST_NORM**2)), 0.0)
    unit = ops.where(directed, features * scale, 0.0)

    def gradient(upstream):
        along = ops.sum(upstream * unit, axis=-1, keepdims=True)
        return (upstream - unit * along) * scale

    return unit, gradient


def negative_distance(labels, others=None) -> keras.KerasTensor:
    """Minus the Euclidean distance between every two rows, shape `(batch, batch)`.

    With `others`, between every row of `labels` and every row of `others`.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.ops.negative_distance([[0.0], [3.0]]).numpy()
    array([[-0., -3.],
           [-3., -0.]], dtype=float32)
    """
    labels = ops.convert_to_tensor(labels)
    others = labels if others is None else ops.convert_to_tensor(others)
    if labels.shape[-1] == 1:
        return -ops.abs(labels - ops.transpose(others))
    difference = labels[:, None, :] - others[None, :, :]
    return -ops.sqrt(ops.sum(ops.square(difference), axis=-1))


LABEL_SIMILARITIES = {"euclidean": negative_distance, "cosine": cosine_similarity}


def label_similarity_function(label_similarity):
    """The function behind the name `"euclidean"` or `"cosine"`; a function is returned as it is.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.ops.label_similarity_function("cosine").__name__
    'cosine_similarity'
    """
    if callable(label_similarity):
        return label_similarity
    one_of("label_similarity", label_similarity, LABEL_SIMILARITIES, "or a function")
    return LABEL_SIMILARITIES[label_similarity]
