"""How alike two rows are: of features, and of labels."""

import keras
from keras import ops

from keras_ranksim.validation import one_of

SMALLEST_NORM = 1e-12


def cosine_similarity(features) -> keras.KerasTensor:
    """Cosine of the angle between every two rows, shape `(batch, batch)`.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.ops.cosine_similarity([[3.0, 0.0], [1.0, 0.0], [0.0, 2.0]]).numpy()
    array([[1., 1., 0.],
           [1., 1., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    unit = unit_rows(features)
    return ops.matmul(unit, ops.transpose(unit))


def unit_rows(features) -> keras.KerasTensor:
    """Every row divided by its length; rows of zeros have no direction and stay zeros.

    Their gradient is zero too, where that of `x / max(|x|, epsilon)` would be enormous.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.ops.unit_rows([[3.0, 4.0]]).numpy()
    array([[0.6, 0.8]], dtype=float32)
    """
    features = ops.convert_to_tensor(features)
    length = ops.sqrt(ops.sum(ops.square(ops.stop_gradient(features)), axis=-1, keepdims=True))
    has_direction = length > SMALLEST_NORM
    unit = ops.normalize(ops.where(has_direction, features, 1.0), axis=-1, epsilon=SMALLEST_NORM)
    return ops.where(has_direction, unit, 0.0)


def negative_distance(labels) -> keras.KerasTensor:
    """Minus the Euclidean distance between every two rows, shape `(batch, batch)`.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.ops.negative_distance([[0.0], [3.0]]).numpy()
    array([[-0., -3.],
           [-3., -0.]], dtype=float32)
    """
    labels = ops.convert_to_tensor(labels)
    if labels.shape[-1] == 1:
        return -ops.abs(labels - ops.transpose(labels))
    difference = labels[:, None, :] - labels[None, :, :]
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
    one_of("label_similarity", label_similarity, (*LABEL_SIMILARITIES, "a function"))
    return LABEL_SIMILARITIES[label_similarity]
