"""Batches from record files: in a new order each epoch, repeatable, shared out by file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from keras_ranksim.validation import positive_integer

READ_AT_ONCE = 8
HANDFUL = 16


def batches_from_records(
    files: Sequence[str],
    counts: Sequence[int],
    load,
    batch_size: int = 64,
    shuffle: bool = False,
    seed: int = 0,
    epoch=None,
    block: int = 2048,
    input_context: tf.distribute.InputContext | None = None,
) -> tf.data.Dataset:
    """Batches of what `load` makes of every record.

    Order and seeds depend on nothing but `seed` and the number of the epoch, as in
    `sample_order`; a sample's augmentation is that of the pipeline without records. The list
    of files is the source of the dataset, and its options ask `tf.distribute` to shard by file.

    Args:
        files: Paths of the record files.
        counts: Records of each file: a file that holds fewer raises an error that names it.
        load: TensorFlow function from `(serialized record, seeds)`, `seeds` a function from the
            record's index to its int64 seed of shape `(2,)`, to the elements of a batch.
        batch_size: Samples of a batch; the last one may be smaller.
        shuffle: Whether files are visited, and the records of a block, in a new random order
            each epoch. Without it the records come in the order they were written in.
        seed: Seed of order and augmentation.
        epoch: `tf.Variable` (int64) that counts epochs; `None` makes one that starts at 0.
        block: Records shuffled together, read from several files. They are held in memory as
            they are stored.
        input_context: Which of several workers this is, where the workers share the files out
            themselves (`strategy.distribute_datasets_from_function`).

    Returns:
        A batched, prefetched dataset.
    """
    positive_integer("batch_size", batch_size, "samples of a batch")
    positive_integer("block", block, "records shuffled together")
    files, counts = _share(list(files), np.asarray(counts, dtype="int64"), input_context)
    epoch = tf.Variable(0, dtype="int64", trainable=False) if epoch is None else epoch

    def files_of_epoch(_):
        number = epoch.assign_add(1) - 1
        order = tf.range(len(files))
        if shuffle:
            order = tf.random.experimental.stateless_shuffle(order, seed=[seed, number])
        ordered = tf.gather(tf.constant(files), order), tf.gather(tf.constant(counts), order)
        return tf.data.Dataset.from_tensor_slices((*ordered, tf.fill([len(files)], number)))

    def shuffle_block(records, numbers):
        # What a block begins with tells it from the others; a running number would need an
        # operation past which tf.distribute finds no files to share out.
        key = tf.strings.to_hash_bucket_fast(records[0], 2**31) + seed
        order = tf.random.experimental.stateless_shuffle(
            tf.range(len(records)), seed=tf.stack([key, numbers[0]])
        )
        return tf.gather(records, order), tf.gather(numbers, order)

    def sample(record, number):
        return load(record, lambda index: tf.stack([number * 1_000_003 + seed, index]))

    source = tf.data.Dataset.from_tensors(0).flat_map(files_of_epoch)
    records = source.interleave(
        _records_of_file,
        cycle_length=min(READ_AT_ONCE, len(files)) if shuffle else len(files),
        block_length=1,
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    if shuffle:
        records = records.batch(block).map(shuffle_block).prefetch(1).unbatch()
    samples = records.map(sample, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    samples = samples.apply(tf.data.experimental.assert_cardinality(int(counts.sum())))
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.FILE
    return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE).with_options(options)


def _share(files, counts, context):
    if context is None or context.num_input_pipelines == 1:
        return files, counts
    workers, worker = context.num_input_pipelines, context.input_pipeline_id
    if len(files) < workers:
        raise ValueError(
            f"There must be a record file or more a worker; write the records with at least "
            f"{workers} `shards`. Received: {len(files)} files for {workers} workers"
        )
    return files[worker::workers], counts[worker::workers]


def _records_of_file(file, count, number):
    """Pairs of a record and the epoch's number; raises for a file that lacks some, naming it."""
    # A damaged record ends a file, and TensorFlow's own error does not say which file that was:
    # so errors are passed over and records counted. A file that cannot be opened must fail
    # before that, since passing over its error would never end.
    opens = tf.data.FixedLengthRecordDataset(file, record_bytes=1).take(1)
    # Counted by the handful: a function call a record would cost more than reading it.
    handfuls = tf.data.TFRecordDataset(file).ignore_errors().batch(HANDFUL)
    end = tf.data.Dataset.from_tensors(tf.constant([], "string"))
    marked = opens.map(lambda _: (tf.constant([], "string"), False))
    marked = marked.concatenate(handfuls.map(lambda records: (records, False)))
    marked = marked.concatenate(end.map(lambda records: (records, True)))

    def count_up(seen, item):
        records, is_end = item
        complete = tf.debugging.Assert(
            tf.logical_or(tf.logical_not(is_end), seen == count),
            ["A record file is damaged; copy it anew or write the records again:", file],
        )
        with tf.control_dependencies([complete]):
            seen = seen + tf.size(records, out_type="int64")
        return seen, (records, tf.fill(tf.shape(records), number))

    return marked.scan(tf.constant(0, "int64"), count_up).unbatch()
