"""One sample for each distinct label of a batch."""

import keras
import numpy as np
from keras import ops

from keras_ranksim.ops.similarity import has_direction


def one_per_label(labels, usable=None, seed=None) -> keras.KerasTensor:
    """Draws, uniformly, one sample for each distinct row of `labels`.

    The number of indices depends on the labels, so this cannot be compiled by JAX.

    Args:
        labels: Tensor of shape `(batch, label_dimensions)`.
        usable: Optional boolean tensor of shape `(batch,)`; other samples are never drawn.
        seed: An integer, a `keras.random.SeedGenerator`, what its `next` returned, or `None`.

    Returns:
        An int32 tensor of indices into the batch, one per distinct label. Scalar labels come
        in ascending order.

    Example:

    >>> from keras_ranksim.ops.distinct import one_per_label
    >>> index = one_per_label([[30.0], [20.0], [30.0]], seed=0).numpy()
    >>> int(index[0]), int(index[1]) in (0, 2)
    (1, True)
    """
    labels = ops.convert_to_tensor(labels)
    if usable is None:
        usable = ops.ones_like(labels[:, 0], dtype="bool")
    # One more sample, never drawn: XLA fails on an unknown number that is known to be at most 1.
    labels = ops.pad(labels, ((0, 1), (0, 0)))
    usable = ops.pad(usable, ((0, 1),))
    order, drawn = draw_one_per_label(labels, usable, seed)
    return ops.take(order, ops.nonzero(drawn)[0])


def distinct_samples(features, labels, seed=None) -> tuple:
    """One sample for each distinct label, drawn among those whose features have a direction.

    On TensorFlow and PyTorch the other samples are removed: with 60 distinct ages in a batch of
    256, the matrix of their pairs is 18 times smaller. JAX compiles fixed shapes only, so there
    all samples stay and a mask says which were drawn.

    Args:
        features: Tensor of shape `(batch, D)`.
        labels: Tensor of shape `(batch, L)`.
        seed: As in `one_per_label`.

    Returns:
        Features `(M, D)`, labels `(M, L)` (scalar labels in ascending order), and a boolean
        mask `(M,)` of the samples drawn, or `None` if all were.

    Example:

    >>> from keras_ranksim.ops.distinct import distinct_samples
    >>> distinct_samples([[1.0], [2.0], [0.0]], [[30.0], [20.0], [20.0]])[1].numpy().ravel()
    array([20., 30.], dtype=float32)
    """
    features, labels = ops.convert_to_tensor(features), ops.convert_to_tensor(labels)
    usable = has_direction(features)
    if keras.config.backend() == "jax":
        index, kept = draw_one_per_label(labels, usable, seed)
    else:
        index, kept = one_per_label(labels, usable, seed), None
    return ops.take(features, index, axis=0), ops.take(labels, index, axis=0), kept


def draw_one_per_label(labels, usable, seed=None) -> tuple:
    """The draw of `one_per_label` in fixed shapes: an order of the samples, and who is drawn.

    Args:
        labels, usable, seed: As in `one_per_label`.

    Returns:
        Indices of all samples sorted by label, int32 `(batch,)`, and a boolean tensor `(batch,)`
        that marks one index for each label.
    """
    lottery = _signed(_lottery(ops.shape(labels)[0], seed))
    last = int(np.iinfo(keras.backend.standardize_dtype(lottery.dtype)).max)
    order = ops.argsort(ops.where(usable, lottery, last))
    keys = _sorting_keys(labels)
    for key in keys:  # stable sorts, so the last key counts most
        order = ops.take(order, ops.argsort(ops.take(key, order)))
    new_label = False
    for key in keys:
        key = ops.take(key, order)
        new_label = ops.logical_or(new_label, key[1:] != key[:-1])
    starts = ops.logical_not(ops.pad(ops.logical_not(new_label), ((1, 0),)))
    return ops.cast(order, "int32"), ops.logical_and(starts, ops.take(usable, order))


def _lottery(count, seed):
    """A 32-bit number for every sample: a hash of its index and the seed.

    Not a random op, because the same seed draws other numbers in TensorFlow, in XLA and on other
    backends, and all of them are to draw the same samples. The mixing is MurmurHash3's finalizer.
    """
    if seed is None:
        seed = keras.random.randint((2,), 0, 2**31 - 1)
    elif isinstance(seed, keras.random.SeedGenerator):
        seed = seed.next()
    elif not getattr(seed, "shape", ()):
        seed = [seed, 0]
    stream, step = ops.unstack(ops.cast(seed, _BITS))
    return _mix(ops.cast(ops.arange(count, dtype="int32"), _BITS) + _mix(step + _mix(stream)))


def _sorting_keys(labels):
    """Numbers that are equal for equal rows: the scalar itself, or two hashes of the row's bits."""
    if labels.shape[-1] == 1:
        return [labels[:, 0]]
    one_zero = ops.where(labels == 0, ops.zeros_like(labels), labels)
    bits = _bits(ops.cast(ops.view(ops.cast(one_zero, "float32"), "int32"), _BITS))
    salts = np.random.default_rng(20220717).integers(0, 2**32, (2, labels.shape[-1]))
    return [_signed(_bits(ops.sum(_mix(bits + _constant(s)), axis=-1))) for s in salts]


# Unsigned numbers of 32 bits; PyTorch has few operations for them and takes the lower half of 64.
_BITS = "int64" if keras.config.backend() == "torch" else "uint32"


def _constant(number):
    return ops.convert_to_tensor(np.asarray(number, dtype=_BITS), dtype=_BITS)


def _bits(number):
    return ops.bitwise_and(number, _constant(2**32 - 1)) if _BITS == "int64" else number


def _mix(number):
    number = _bits(number)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        number = ops.bitwise_xor(number, ops.right_shift(number, _constant(shift)))
        number = _bits(number * _constant(factor))
    return ops.bitwise_xor(number, ops.right_shift(number, _constant(16)))


def _signed(number):
    """The same order as signed numbers, which every backend can sort."""
    if _BITS == "int64":
        return number
    return ops.cast(ops.bitwise_xor(number, _constant(2**31)), "int32")
