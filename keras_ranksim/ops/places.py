"""Where a value stands among others, and what stands at a place between two others."""

import keras
from keras import ops


def places(values, others) -> keras.KerasTensor:
    """How many of `others` are smaller, for every value; equal ones count half, but for itself.

    For `others` that hold the values, it is their place in ascending order, from 0; equal values
    share the mean of their places.

    Args:
        values: Tensor of any shape.
        others: Tensor of shape `(M,)`.

    Returns:
        A float32 tensor of the shape of `values`, without a gradient.

    Example:

    >>> from keras_ranksim.ops.places import places
    >>> places([7.0, 5.0, 5.0], [7.0, 5.0, 5.0]).numpy()
    array([2. , 0.5, 0.5], dtype=float32)
    """
    values = ops.stop_gradient(ops.convert_to_tensor(values))
    ascending = ops.sort(ops.stop_gradient(ops.convert_to_tensor(others)))
    flat = ops.reshape(values, (-1,))
    smaller = ops.cast(ops.searchsorted(ascending, flat, side="left"), "float32")
    up_to = ops.cast(ops.searchsorted(ascending, flat, side="right"), "float32")
    return ops.reshape((smaller + up_to - 1) / 2, ops.shape(values))


def between(sequence, position) -> keras.KerasTensor:
    """Linear interpolation between neighboring entries of a sequence.

    Args:
        sequence: Tensor of shape `(M,)`.
        position: Tensor of any shape; positions beyond an end count as that end.

    Example:

    >>> from keras_ranksim.ops.places import between
    >>> between([0.0, 10.0, 30.0], [0.5, 1.5, 9.0]).numpy()
    array([ 5., 20., 30.], dtype=float32)
    """
    sequence, position = ops.convert_to_tensor(sequence), ops.convert_to_tensor(position)
    last = sequence.shape[0] - 1
    position = ops.clip(position, 0.0, float(last))
    low = ops.floor(position)
    part = position - low
    low = ops.cast(low, "int32")
    high = ops.minimum(low + 1, last)
    return (1 - part) * ops.take(sequence, low) + part * ops.take(sequence, high)
