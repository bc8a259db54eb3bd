"""How far apart the similarities of a batch lie."""

import keras
from keras import ops

from keras_ranksim.ops.similarity import unit_rows

LARGEST_SQUARE = 4096


def similarity_spread(features) -> keras.KerasTensor:
    """Deviation of the cosine similarities within a row, root mean square over the rows.

    The variance of a row is that of the unit vectors in the row's direction, so no matrix of
    all pairs is needed where features are shorter than 4,096.

    Args:
        features: Tensor of shape `(M, D)`.

    Returns:
        A float32 scalar.

    Example:

    >>> import keras_ranksim as kr
    >>> float(kr.ops.similarity_spread([[3.0, 0.0], [0.0, 2.0]]))  # rows (1, 0) and (0, 1)
    0.5
    """
    unit = unit_rows(features)
    count = ops.maximum(ops.cast(ops.shape(unit)[0], unit.dtype), 1.0)
    centred = unit - ops.sum(unit, axis=0) / count
    if unit.shape[-1] <= LARGEST_SQUARE:
        products = _squared(centred) * _squared(unit)
    else:
        products = ops.square(ops.matmul(unit, ops.transpose(centred)))
    return ops.sqrt(ops.maximum(ops.sum(products), 0.0)) / count


def _squared(rows):
    return ops.matmul(ops.transpose(rows), rows)
