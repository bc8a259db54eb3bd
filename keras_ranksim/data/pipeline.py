"""From samples to batches: shuffled every epoch, repeatable, resumable."""

import functools
import hashlib

import keras
import numpy as np
import tensorflow as tf

from keras_ranksim.models.training_data import checked_before
from keras_ranksim.validation import numbers, positive_integer

AT_ONCE = 2**28  # bytes of training arrays that are shuffled as a whole, and so twice in memory


def sample_order(count: int, shuffle: bool, seed: int = 0, epoch=None) -> tf.data.Dataset:
    """The samples of one epoch: pairs of an index and a seed for its augmentation.

    Order and seeds depend only on `seed` and the number of the epoch, so a run resumed at epoch 7
    sees what an uninterrupted one sees there. Every iteration over the dataset is one epoch: it
    reads `epoch`, then adds one to it.

    Args:
        count: Number of samples.
        shuffle: Whether to visit them in a new random order each epoch.
        seed: Seed of order and augmentation.
        epoch: `tf.Variable` (int64) that counts epochs; `None` makes one that starts at 0.

    Returns:
        A dataset of `(index, seed)`, int64 scalar and int64 of shape `(2,)`, of known length.

    Example:

    >>> from keras_ranksim.data.pipeline import sample_order
    >>> order = sample_order(4, shuffle=False)
    >>> [int(index) for index, seed in order]
    [0, 1, 2, 3]
    """
    as_samples = tf.data.Dataset.from_tensor_slices
    return _epochs(as_samples, count, count, shuffle, seed, epoch)


def _epochs(as_dataset, length, count, shuffle, seed, epoch):
    """Of each epoch, the `length` elements that `as_dataset` makes of its indexes and seeds."""
    positive_integer("count", count, "samples in the pipeline")
    epoch = tf.Variable(0, dtype="int64", trainable=False) if epoch is None else epoch

    @tf.autograph.experimental.do_not_convert  # which takes longer than the rest of it
    def one_epoch(_):
        number = epoch.assign_add(1) - 1
        index = tf.range(count, dtype="int64")
        if shuffle:
            index = tf.random.experimental.stateless_shuffle(index, seed=[seed, number])
        seeds = tf.stack([tf.fill([count], number * 1_000_003 + seed), index], axis=1)
        return as_dataset((index, seeds))

    epochs = tf.data.Dataset.from_tensors(0).flat_map(one_epoch)
    return epochs.apply(tf.data.experimental.assert_cardinality(length))


def batches_from_samples(
    load,
    count: int,
    *,
    batch_size: int = 64,
    shuffle: bool = False,
    seed: int = 0,
    epoch=None,
) -> tf.data.Dataset:
    """Batches of samples that are loaded one by one, in parallel.

    Args:
        load: A TensorFlow function from `(index, seed)` to one sample.
        count: Number of samples.
        batch_size, shuffle, seed, epoch: As in `sample_order`; the last batch may be smaller.

    Returns:
        A batched, prefetched dataset.
    """
    order = sample_order(count, shuffle, seed, epoch)
    samples = order.map(load, num_parallel_calls=tf.data.AUTOTUNE)
    return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE)


def batches_from_arrays(
    x,
    labels,
    weights=None,
    *,
    batch_size: int = 64,
    shuffle: bool = False,
    seed: int = 0,
    epoch=None,
    augment=None,
) -> tf.data.Dataset:
    """Batches of `(x, y, weight)` from arrays in memory.

    Args:
        x: Array, or a structure of arrays, whose first axis is the samples.
        labels: Array of labels.
        weights: Array of sample weights, or `None` for ones.
        batch_size, shuffle, seed, epoch: As in `sample_order`; the last batch may be smaller.
        augment: Optional function from `(x batch, seeds (batch, 2))` to `x`, of TensorFlow
            operations; AutoGraph does not convert it.

    Returns:
        A batched, prefetched dataset. Without `augment`, TensorFlow does not tune how it reads it,
        or what is made of it: `num_parallel_calls=AUTOTUNE` then stays what it starts with.
    """
    labels, weights = label_columns(labels, weights)
    numbers("labels", labels)
    numbers("weights", weights)
    x = tf.nest.map_structure(_in_main_memory, x)
    if not shuffle and augment is None:
        # An iterator of this dataset is made in a twentieth of the time: it has no functions.
        samples = tf.data.Dataset.from_tensor_slices((x, labels, weights))
        return checked_before(_untuned(samples.batch(batch_size)))
    if augment is None and sum(map(_bytes, tf.nest.flatten((x, labels, weights)))) <= AT_ONCE:
        shuffled = functools.partial(_batches_of, (x, labels, weights), batch_size)
        length = -(-len(labels) // batch_size)
        epochs = _epochs(shuffled, length, len(labels), shuffle, seed, epoch)
        return checked_before(_untuned(epochs))

    @tf.autograph.experimental.do_not_convert
    def gather(index, seeds):
        batch = tf.nest.map_structure(lambda column: tf.gather(column, index), x)
        if augment is not None:
            batch = augment(batch, seeds)
        return batch, tf.gather(labels, index), tf.gather(weights, index)

    order = sample_order(len(labels), shuffle, seed, epoch).batch(batch_size)
    batches = order.map(gather, num_parallel_calls=tf.data.AUTOTUNE)
    return checked_before(batches.prefetch(tf.data.AUTOTUNE))


def _batches_of(arrays, batch_size, order):
    """Batches of the samples in this order; each is one slice of the arrays in this order."""
    index, _ = order
    arrays = tf.nest.map_structure(lambda column: tf.gather(column, index), arrays)
    count = index.shape[0]
    whole = count - count % batch_size

    def full(column):
        return tf.reshape(column[:whole], (-1, batch_size, *column.shape[1:]))

    batches = tf.data.Dataset.from_tensor_slices(tf.nest.map_structure(full, arrays))
    if whole == count:
        return batches
    rest = tf.nest.map_structure(lambda column: column[whole:], arrays)
    return batches.concatenate(tf.data.Dataset.from_tensors(rest))


def _untuned(batches):
    """Batches that cost next to nothing, read ahead without a thread that tunes how.

    On a process with one core, ending that thread takes longer than reading a validation set.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.prefetch(2).with_options(options)


def _bytes(tensor):
    return tensor.dtype.size * int(np.prod(tensor.shape))


def order_arguments(split: str, benchmark) -> dict:
    """The arguments of `sample_order` for a split; only training is shuffled.

    Args:
        split: `"train"`, `"val"` or `"test"`.
        benchmark: The `Benchmark`.

    Returns:
        `batch_size`, `shuffle`, `seed` and `epoch`.
    """
    training = split == "train"
    return {
        "batch_size": benchmark.batch_size,
        "shuffle": training,
        "seed": benchmark.seed,
        "epoch": benchmark.epoch if training else None,
    }


def labels_and_weights(split: str, benchmark) -> tuple:
    """The tensors of `label_columns` for a split; outside training, all weights are 1."""
    weights = benchmark.weights if split == "train" else None
    return label_columns(benchmark.labels[split], weights)


class ArrayPipelines:
    """The `make_pipeline` of a benchmark in memory without augmentation.

    Args:
        arrays: The `x` of each split, an array or a structure of arrays.
        samples: What its samples are, for errors: `"sentences"`.
        names: Names of the inputs, one per column of `x`, for `frames`; `None` if it has none.
    """

    def __init__(self, arrays: dict, samples: str, names=None):
        self.arrays = arrays
        self.samples = samples
        self.names = None if names is None else list(names)  # of a layer, it cannot be pickled

    @functools.cached_property
    def fingerprint(self) -> str:
        """By which a run knows that its data were changed."""
        return hash_of_arrays(self.arrays)

    def __call__(self, split: str, benchmark) -> tf.data.Dataset:
        if benchmark.views != 1:
            raise ValueError(
                f"`views` must be 1 for {self.samples}, which have no augmentation. "
                f"Received: views={benchmark.views}"
            )
        columns = labels_and_weights(split, benchmark)
        return batches_from_arrays(
            self.arrays[split], *columns, **order_arguments(split, benchmark)
        )

    def frames(self, labels: dict, label_name: str) -> dict:
        """The splits as DataFrames: the inputs by name, then the label.

        Args:
            labels: The labels of each split.
            label_name: Name of their column.
        """
        import pandas

        if self.names is None:
            raise ValueError(
                f"`frames` needs inputs of one name per column. Received: {self.samples}"
            )
        return {
            split: pandas.DataFrame(x, columns=self.names).assign(**{label_name: labels[split]})
            for split, x in self.arrays.items()
        }


def hash_of_arrays(arrays) -> str:
    """A short hash of what arrays, or a structure of them, hold."""
    found = hashlib.blake2b(digest_size=8)
    for array in map(np.asarray, keras.tree.flatten(arrays)):
        found.update(f"{array.dtype} {array.shape} ".encode())
        is_text = array.dtype == object
        found.update(repr(array.tolist()).encode() if is_text else array.tobytes())
    return found.hexdigest()


def label_columns(labels, weights=None) -> tuple:
    """Float32 tensors of labels `(samples, k)` and of weights `(samples,)`, ones for `None`."""
    labels = np.asarray(labels, dtype="float32")
    if labels.ndim == 1:
        labels = labels[:, None]
    if weights is None:
        weights = np.ones(len(labels), dtype="float32")
    return _in_main_memory(labels), _in_main_memory(np.asarray(weights, dtype="float32"))


def _in_main_memory(array):
    """A tensor on the host, so that a whole data set does not fill the accelerator."""
    with tf.device("CPU:0"):
        return tf.convert_to_tensor(array)
