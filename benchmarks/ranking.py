"""Which way of ranking rows is the fastest on TensorFlow and on JAX?

    python benchmarks/ranking.py
    KERAS_BACKEND=jax python benchmarks/ranking.py

Ranks all rows of a matrix of M x M random numbers: the way of `keras_ranksim.ops.rank` on this
backend, other ways, and the sort alone, which is what all but counting cannot do without. Results
are compared first, ties included. All ways take turns. Takes a minute; the table goes to
benchmarks/results/ranking_<backend>.md.
"""

import argparse

from measure import as_table, ratio_spread, rounds, spread, write

MOST_COUNTED = 256  # counting takes M ** 3 comparisons


def in_tensorflow():
    """Ways by name, each a function from `(n, M)` to the numbers of larger entries."""
    import tensorflow as tf

    def sorted_rows(rows):
        count, size = tf.unstack(tf.shape(rows))
        largest_first, order = tf.math.top_k(rows, size)
        larger = tf.searchsorted(-largest_first, -largest_first)
        return larger, tf.reshape(order + size * tf.range(count)[:, None], [-1])

    def second_sort(rows):
        _, order = tf.math.top_k(rows, tf.shape(rows)[1])
        larger, _ = sorted_rows(rows)
        return tf.gather(larger, tf.argsort(order), batch_dims=1)

    def scatter(rows):
        larger, place = sorted_rows(rows)
        flat = tf.scatter_nd(place[:, None], tf.reshape(larger, [-1]), [tf.size(rows)])
        return tf.reshape(flat, tf.shape(rows))

    def inverse(rows):
        larger, place = sorted_rows(rows)
        flat = tf.gather(tf.reshape(larger, [-1]), tf.math.invert_permutation(place))
        return tf.reshape(flat, tf.shape(rows))

    def look_up(rows):
        smallest_first = tf.sort(rows, axis=-1)
        return tf.shape(rows)[1] - tf.searchsorted(smallest_first, rows, side="right")

    def counting(rows):
        return tf.reduce_sum(tf.cast(rows[:, None, :] > rows[:, :, None], "int32"), -1)

    def sort_alone(rows):
        return tf.math.top_k(rows, tf.shape(rows)[1])[1]

    return second_sort, scatter, inverse, look_up, counting, sort_alone


def in_jax():
    """The same for JAX."""
    import jax
    import jax.numpy as jnp

    def starts(rows):
        place = jax.lax.broadcasted_iota("int32", rows.shape, 1)
        values, order = jax.lax.sort((-rows, place), dimension=1, num_keys=1)
        first = (values != jnp.roll(values, 1, axis=1)) | (place == 0)
        return order, jax.lax.cummax(jnp.where(first, place, 0), axis=1)

    def second_sort(rows):
        order, start_of_run = starts(rows)
        return jax.lax.sort((order, start_of_run), dimension=1, num_keys=1)[1]

    def scatter(rows):
        order, start_of_run = starts(rows)
        row = jax.lax.broadcasted_iota("int32", rows.shape, 0)
        return jnp.zeros_like(order).at[row, order].set(start_of_run, unique_indices=True)

    def look_up(rows):
        smallest_first = jnp.sort(-rows, axis=1)
        return jax.vmap(jnp.searchsorted)(smallest_first, -rows)

    def counting(rows):
        return jnp.sum(rows[:, None, :] > rows[:, :, None], axis=-1, dtype="int32")

    def sort_alone(rows):
        place = jax.lax.broadcasted_iota("int32", rows.shape, 1)
        return jax.lax.sort((-rows, place), dimension=1, num_keys=1)[1]

    return second_sort, scatter, look_up, counting, sort_alone


def compiled(way, backend, rows):
    """A function that ranks the rows and waits for the result."""
    if backend == "jax":
        import jax

        ranked = jax.jit(way)
        return lambda: jax.block_until_ready(ranked(rows))
    import tensorflow as tf

    ranked = tf.function(way, input_signature=[tf.TensorSpec([None, None], rows.dtype)])
    return lambda: ranked(rows).numpy()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 256, 1024])
    parser.add_argument("--repeats", type=int, default=15, help="calls of each way")
    arguments = parser.parse_args()
    import keras
    import numpy as np

    from keras_ranksim.ops.larger_entries import larger_entries

    backend = keras.config.backend()
    ways = {"tensorflow": in_tensorflow, "jax": in_jax}[backend]()
    lines, rows = [], []
    for size in arguments.sizes:
        numbers = np.random.default_rng(0).normal(size=(size, size)).astype("float32")
        some = [way for way in ways if way.__name__ != "counting" or size <= MOST_COUNTED]
        sides = {}
        for way in (larger_entries, *some):
            if way.__name__ != "sort_alone":
                ties = keras.ops.convert_to_tensor(numbers.round())
                np.testing.assert_array_equal(way(ties), larger_entries(ties))
            sides[way.__name__] = compiled(way, backend, keras.ops.convert_to_tensor(numbers))
        times = rounds(sides, arguments.repeats)
        for name, of_way in times.items():
            ratio = ratio_spread(of_way, times["larger_entries"])
            lines.append([f"{size:,}", f"`{name}`", spread(of_way), ratio])
            rows += [{"samples": size, "way": name, "ms": f"{time:.4g}"} for time in of_way]
    write(
        f"ranking_{backend}",
        f"# Ways of ranking on {backend}",
        "`larger_entries` is the library's. Ratios are the time of a way over that of the library.",
        as_table(["M", "way", "ms", "ratio"], lines),
        note=f"Medians of {arguments.repeats} calls, taking turns; in parentheses the quartiles.",
        rows=rows,
    )


if __name__ == "__main__":
    main()
