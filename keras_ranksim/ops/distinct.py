"""One sample for each distinct label of a batch."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops


def one_per_label(labels, usable=None, seed=None) -> keras.KerasTensor:
    """Draws, uniformly, one sample for each distinct row of `labels`.

    Args:
        labels: Tensor of shape `(batch, label_dimensions)`.
        usable: Optional boolean tensor of shape `(batch,)`; other samples are never drawn.
        seed: An integer, a `keras.random.SeedGenerator`, or `None`.

    Returns:
        An int32 tensor of indices into the batch, one a distinct label. Scalar labels come
        in ascending order.

    Example:

    >>> import keras_ranksim as kr
    >>> index = kr.ops.one_per_label([[30.0], [20.0], [30.0]], seed=0).numpy()
    >>> int(index[0]), int(index[1]) in (0, 2)
    (1, True)
    """
    labels = ops.convert_to_tensor(labels)
    if usable is None:
        usable = ops.ones_like(labels[:, 0], dtype="bool")
    # One more sample, never drawn: XLA fails on an unknown number that is known to be at most 1.
    labels = ops.pad(labels, ((0, 1), (0, 0)))
    usable = ops.pad(usable, ((0, 1),), constant_values=False)
    lottery = ops.where(usable, _lottery(ops.shape(labels)[0], seed), 2.0)
    shuffled = ops.argsort(lottery)
    key = ops.take(_sorting_key(labels), shuffled)
    by_label = tf.argsort(key, stable=True)
    order = ops.take(shuffled, by_label)
    key = ops.take(key, by_label)
    first = ops.concatenate([ops.ones_like(key[:1], dtype="bool"), key[1:] != key[:-1]], axis=0)
    first = ops.logical_and(first, ops.take(usable, order))
    return ops.cast(tf.boolean_mask(order, first), "int32")


def _lottery(count, seed):
    """A number in [0, 1) for every sample: a hash of its index and the seed.

    Not a random op, because XLA draws other numbers than TensorFlow from the same seed, and a
    compiled run is to draw what any other draws. The mixing is MurmurHash3's finaliser.
    """
    if seed is None:
        seed = keras.random.randint((2,), 0, 2**31 - 1)
    elif isinstance(seed, keras.random.SeedGenerator):
        seed = seed.next()
    else:
        seed = [seed, 0]
    stream, step = ops.unstack(ops.cast(seed, "uint32"))
    mixed = _mix(ops.cast(tf.range(count), "uint32") + _mix(step + _mix(stream)))
    return ops.cast(mixed, "float32") / 2.0**32


def _mix(number):
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        number = tf.bitwise.bitwise_xor(number, tf.bitwise.right_shift(number, shift))
        number = number * tf.constant(factor, "uint32")
    return tf.bitwise.bitwise_xor(number, tf.bitwise.right_shift(number, 16))


def _sorting_key(labels):
    """One number a row, equal for equal rows: the scalar itself, or a hash of the row's bits.

    The hash multiplies the bits of every column by a fixed odd 64-bit constant and adds up,
    so two different rows of one batch share it with a probability of about 2^-63.
    """
    if labels.shape[-1] == 1:
        return labels[:, 0]
    one_zero = ops.where(labels == 0, ops.zeros_like(labels), labels)
    bits = ops.cast(tf.bitcast(one_zero, "int32"), "int64")
    constants = np.random.default_rng(20220717).integers(
        -(2**63), 2**63 - 1, labels.shape[-1], dtype="int64"
    )
    return tf.reduce_sum(bits * (constants | 1), axis=-1)
