"""How many entries of its row are larger, for every entry: the fastest way of each backend.

They sort the rows, find where each run of equal values starts, and put that back in place.
Sorting takes most of the time; `benchmarks/ranking.py` compares this with other ways.
"""

import keras

FEW_TO_COUNT = 128


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

    if rows.shape[1] <= FEW_TO_COUNT:
        # XLA fuses this into one loop, which for short rows is faster than its sort.
        larger = rows[:, None, :] > rows[:, :, None]
        return jax.numpy.sum(larger, axis=-1, dtype="int32")
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
