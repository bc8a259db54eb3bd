"""How many entries of its row are larger, for every entry: the fastest way of each backend.

Most sort the rows, find where each run of equal values starts, and put that back in place.
Sorting takes most of the time, so JAX compares all pairs instead where XLA makes one short loop
of that. `benchmarks/ranking.py` compares these and other ways.
"""

import keras

# Rows up to this length are counted on JAX.
MOST_COUNTED = 128
MOST_COUNTED_ON_CPU = 4096
COLUMNS_AT_ONCE = 8


def larger_entries(rows):
    """The number of larger entries in its row, for every entry of a matrix, as integers.

    Args:
        rows: Tensor of shape `(n, M)`.

    Example:

    >>> import keras
    >>> from keras_ranksim.ops.larger_entries import larger_entries
    >>> larger_entries(keras.ops.convert_to_tensor([[0.5, 2.0, 0.5]])).numpy()
    array([[1, 0, 1]], dtype=int32)
    """
    return {"tensorflow": _in_tensorflow, "jax": _in_jax, "torch": _in_torch}[
        keras.config.backend()
    ](rows)


def _in_tensorflow(rows):
    import tensorflow as tf

    count, size = tf.unstack(tf.shape(rows))
    largest_first, order = tf.math.top_k(rows, size)
    # Sorted values are looked up much faster than unsorted ones; ties find the first of them.
    larger = tf.searchsorted(-largest_first, -largest_first, side="left")
    # The fastest way back to the original places that XLA compiles correctly, too.
    place = order + size * tf.range(count)[:, None]
    return tf.reshape(tf.math.unsorted_segment_sum(larger, place, count * size), tf.shape(rows))


def _in_jax(rows):
    import jax

    size = rows.shape[1]
    return jax.lax.platform_dependent(
        rows,
        cpu=_counted_on_cpu if size <= MOST_COUNTED_ON_CPU else _sorted_by_jax,
        default=_counted if size <= MOST_COUNTED else _sorted_by_jax,
    )


def _counted_on_cpu(rows):
    """Compares a few columns at a time with all entries, which stay in the processor's cache."""
    import jax
    import jax.numpy as jnp

    count, size = rows.shape
    padded = jnp.pad(rows, ((0, 0), (0, -size % COLUMNS_AT_ONCE)), constant_values=-jnp.inf)
    columns = padded.T.reshape(padded.shape[1] // COLUMNS_AT_ONCE, COLUMNS_AT_ONCE, count, 1)

    def compare(larger, some):
        for column in some:
            larger = larger + (column > rows).astype("int32")
        return larger, None

    return jax.lax.scan(compare, jnp.zeros((count, size), "int32"), columns)[0]


def _counted(rows):
    """One fused loop: the fastest way on accelerators, for short rows."""
    return (rows[:, None, :] > rows[:, :, None]).sum(axis=-1, dtype="int32")


def _sorted_by_jax(rows):
    import jax

    place = jax.lax.broadcasted_iota("int32", rows.shape, 1)
    largest_first, order = jax.lax.sort((-rows, place), dimension=1, num_keys=1)
    before = jax.numpy.roll(largest_first, 1, axis=1)
    starts_a_run = (largest_first != before) | (place == 0)
    start_of_run = jax.lax.cummax(jax.numpy.where(starts_a_run, place, 0), axis=1)
    row = jax.lax.broadcasted_iota("int32", rows.shape, 0)
    # Half the time of a second sort, which would put them back in place as well.
    return (
        jax.numpy.zeros_like(place)
        .at[row, order]
        .set(start_of_run, unique_indices=True, mode="promise_in_bounds")
    )


def _in_torch(rows):
    import torch

    smallest_first, order = torch.sort(-rows.detach(), dim=-1)
    larger = torch.searchsorted(smallest_first, smallest_first)
    return torch.empty_like(larger).scatter_(-1, order, larger)
