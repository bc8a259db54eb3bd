"""One flat float32 row per sample."""

import math

import keras
from keras import ops


def rows_of_samples(values) -> keras.KerasTensor:
    """Flattens every sample: `(batch, ...)` to `(batch, size)`, and `(batch,)` to `(batch, 1)`.

    Example:

    >>> from keras_ranksim.ops.rows import rows_of_samples
    >>> rows_of_samples([[[1, 2], [3, 4]]]).numpy()
    array([[1., 2., 3., 4.]], dtype=float32)
    """
    values = ops.cast(ops.convert_to_tensor(values), "float32")
    batch, *rest = ops.shape(values)
    return ops.reshape(values, (batch, math.prod(rest)))
