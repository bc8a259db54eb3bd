"""C-Mixup: every batch mixed with partners of similar labels."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from keras_ranksim.validation import positive


def c_mixup(
    dataset: tf.data.Dataset,
    *,
    bandwidth: float,
    alpha: float = 2.0,
    seed: int = 0,
    epoch: tf.Variable | None = None,
) -> tf.data.Dataset:
    """Mixes every sample of a batch with a partner from the batch whose label is similar.

    The partner of sample i is sample j with a probability proportional to
    `exp(-(y_i - y_j)^2 / (2 bandwidth^2))`. Inputs, labels and weights are then averaged, the
    share of sample i being drawn from a Beta distribution.

    Args:
        dataset: Batches `(x, y)` or `(x, y, weight)`. `x` is an array or a structure of arrays
            of floating point numbers or uint8 pictures; `y` has shape `(batch,)` or
            `(batch, k)`.
        bandwidth: How far apart labels of partners are, in the unit of the label.
        alpha: Both parameters of the Beta distribution; the larger, the closer are shares
            to a half.
        seed: Seed of partners and shares.
        epoch: `tf.Variable` (int64) that counts epochs; `None` makes one that starts at 0. Set
            it to resume: draws depend only on the seed, the epoch and the number of the batch.

    Returns:
        The mixed dataset. Every iteration over it is one epoch.

    Example:

    >>> import keras_ranksim as kr, numpy as np, tensorflow as tf
    >>> x, y = np.random.rand(64, 8), np.random.rand(64, 1)
    >>> batches = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(64).batch(32)
    >>> mixed = kr.data.c_mixup(batches, bandwidth=0.1)  # model.fit(mixed)
    >>> len(mixed)
    2

    Reference: [Yao et al., NeurIPS 2022](https://arxiv.org/abs/2210.05775)
    """
    epoch = tf.Variable(0, dtype="int64", trainable=False) if epoch is None else epoch
    settings = {"bandwidth": bandwidth, "alpha": alpha, "seed": seed}
    return mixed_batches(dataset, lambda: epoch.assign_add(1) - 1, **settings)


def mixed_batches(
    dataset: tf.data.Dataset,
    number_of_epoch: Callable,
    *,
    bandwidth: float,
    alpha: float = 2.0,
    seed: int = 0,
) -> tf.data.Dataset:
    """`c_mixup` with a function that gives the number of the epoch when one begins.

    Args:
        dataset, bandwidth, alpha, seed: As in `c_mixup`.
        number_of_epoch: Function `() -> int64 scalar`, called before the dataset is read.
    """
    bandwidth = positive("bandwidth", bandwidth, "how far apart labels of partners are")
    alpha = positive("alpha", alpha, "of the Beta distribution of shares")
    if not isinstance(dataset, tf.data.Dataset):
        raise ValueError(
            "`dataset` must be a tf.data.Dataset of batches (x, y) or (x, y, sample_weight). "
            f"Received: {type(dataset).__name__}"
        )
    _check_can_be_mixed(dataset.element_spec)

    of_run = tf.constant([seed, 0], "int64")

    @tf.autograph.experimental.do_not_convert
    def one_epoch(_):
        of_epoch = tf.random.experimental.stateless_fold_in(of_run, number_of_epoch())

        @tf.autograph.experimental.do_not_convert
        def mix(number, batch):
            of_batch = tf.random.experimental.stateless_fold_in(of_epoch, number)
            return mix_batch(batch, *draw_partners(batch[1], bandwidth, alpha, of_batch))

        return dataset.enumerate().map(mix, num_parallel_calls=tf.data.AUTOTUNE)

    mixed = tf.data.Dataset.from_tensors(0).flat_map(one_epoch)
    count = dataset.cardinality()
    if count != tf.data.UNKNOWN_CARDINALITY:
        mixed = mixed.apply(tf.data.experimental.assert_cardinality(count))
    return mixed.prefetch(tf.data.AUTOTUNE)


def draw_partners(labels, bandwidth: float, alpha: float, seed) -> tuple:
    """For every sample the index of its partner, and its own share of the mixture.

    Args:
        labels: Labels, `(batch,)` or `(batch, k)`.
        bandwidth, alpha: As in `c_mixup`.
        seed: Two integers.

    Returns:
        An int64 and a float32 tensor of shape `(batch,)`.
    """
    count = tf.shape(labels)[0]
    labels = labels if labels.dtype.is_floating else tf.cast(labels, "float64")
    # Before they are rounded, so that times in seconds keep their distances.
    labels = tf.reshape(tf.cast(labels - labels[:1], "float32"), (count, -1))
    labels = tf.debugging.assert_all_finite(labels, "`dataset` must hold finite labels")
    squared = tf.reduce_sum((labels[:, None] - labels[None]) ** 2, axis=-1)
    seeds = tf.random.experimental.stateless_split(seed, 3)
    partner = tf.random.stateless_categorical(-squared / (2 * bandwidth**2), 1, seeds[0])[:, 0]
    own, other = (tf.random.stateless_gamma([count], one, alpha) for one in tf.unstack(seeds[1:]))
    return partner, tf.math.divide_no_nan(own, own + other)


def mix_batch(batch, partner, share):
    """Averages every sample with its partner, in each tensor of a batch.

    Args:
        batch: A structure of tensors with one row per sample.
        partner, share: As from `draw_partners`.
    """

    def mix(rows):
        rows = rows if rows.dtype.is_floating else tf.cast(rows, "float32")
        own = tf.reshape(tf.cast(share, rows.dtype), (-1, *[1] * (len(rows.shape) - 1)))
        return own * rows + (1 - own) * tf.gather(rows, partner)

    return tf.nest.map_structure(mix, batch)


def _check_can_be_mixed(spec):
    if not isinstance(spec, tuple) or len(spec) not in (2, 3):
        raise ValueError(
            f"`dataset` must give batches (x, y) or (x, y, weight). Received: a dataset of {spec}"
        )
    for part in tf.nest.flatten(spec[0]):
        if not part.dtype.is_floating and part.dtype != tf.uint8:
            raise ValueError(
                "`dataset` must hold inputs of floating point numbers or uint8 pictures, since "
                "C-Mixup averages inputs; mix embeddings instead of tokens. "
                f"Received: inputs of type {part.dtype.name}"
            )
    shape = getattr(spec[1], "shape", None)
    if shape is None or shape.rank not in (1, 2):
        raise ValueError(
            "`dataset` must hold one label per sample, (batch,) or (batch, k), since C-Mixup "
            f"draws partners by the distance of labels. Received: labels {spec[1]}"
        )
    for weights in tf.nest.flatten(spec[2:]):
        if weights.shape.rank not in (1, 2):
            raise ValueError(
                f"`dataset` must hold one weight per sample, (batch,). Received: weights {weights}"
            )
