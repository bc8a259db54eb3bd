"""Batches from record files: repeatable, in a new order every epoch, sharded by file."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from keras_ranksim.data.pipeline import order_arguments
from keras_ranksim.validation import positive_integer

READ_AT_ONCE = 8


class RecordPipelines:
    """The `make_pipeline` of a benchmark in records.

    Args:
        files: By split, the paths of the record files, each with its number of records.
        decoder: As in `FilePipelines`.
        block: Records that are shuffled together.
        input_context: Which of several workers this is, or `None`.
    """

    def __init__(
        self,
        files: dict[str, dict[str, int]],
        decoder: Callable,
        *,
        block: int = 2048,
        input_context: tf.distribute.InputContext | None = None,
    ):
        self.files = files
        self.decoder = decoder
        self.block = positive_integer("block", block, "records shuffled together")
        self.input_context = input_context

    def __call__(self, split: str, benchmark) -> tf.data.Dataset:
        files, counts = self._share(split)
        order = order_arguments(split, benchmark)
        shuffle, seed, batch_size = order["shuffle"], order["seed"], order["batch_size"]
        epoch = order["epoch"]
        epoch = tf.Variable(0, dtype="int64", trainable=False) if epoch is None else epoch
        decode = self.decoder(split, benchmark)
        layout = {
            "index": tf.io.FixedLenFeature([], "int64"),
            **{kind: tf.io.FixedLenFeature([], "string") for kind in self.decoder.KINDS},
        }

        def files_of_epoch(_):
            number = epoch.assign_add(1) - 1
            chosen = tf.constant(files)
            if shuffle:
                chosen = tf.random.experimental.stateless_shuffle(chosen, seed=[seed, number])
            return tf.data.Dataset.from_tensor_slices((chosen, tf.fill([len(files)], number)))

        def records_of_file(file, number):
            numbers = tf.data.Dataset.from_tensors(number).repeat()
            return tf.data.Dataset.zip(tf.data.TFRecordDataset(file), numbers)

        def shuffle_block(records, numbers):
            # The first record identifies the block. Counting blocks would need an operation behind
            # which tf.distribute finds no files to shard.
            key = tf.strings.to_hash_bucket_fast(records[0], 2**31) + seed
            shuffled = tf.random.experimental.stateless_shuffle(
                tf.range(len(records)), seed=tf.stack([key, numbers[0]])
            )
            return tf.gather(records, shuffled), tf.gather(numbers, shuffled)

        def sample(record, number):
            stored = tf.io.parse_single_example(record, layout)
            index = stored.pop("index")
            name = tf.strings.join([f"{split} sample ", tf.strings.as_string(index)])
            sample_seed = tf.stack([number * 1_000_003 + seed, index])  # as in `sample_order`
            return decode({kind: (name, stored[kind]) for kind in stored}, index, sample_seed)

        # The list of files is the source of the dataset, which is what sharding by file needs.
        records = tf.data.Dataset.from_tensors(0).flat_map(files_of_epoch)
        records = records.interleave(
            records_of_file,
            cycle_length=min(READ_AT_ONCE, len(files)) if shuffle else len(files),
            block_length=1,
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
        if shuffle:
            records = records.batch(self.block).map(shuffle_block).prefetch(1).unbatch()
        samples = records.map(sample, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        samples = samples.apply(tf.data.experimental.assert_cardinality(sum(counts)))
        options = tf.data.Options()
        policy = tf.data.experimental.AutoShardPolicy.FILE
        options.experimental_distribute.auto_shard_policy = policy
        return samples.batch(batch_size).prefetch(tf.data.AUTOTUNE).with_options(options)

    def _share(self, split):
        """The files of this worker and their numbers of records."""
        files, counts = list(self.files[split]), list(self.files[split].values())
        context = self.input_context
        if context is None:
            return files, counts
        workers, worker = context.num_input_pipelines, context.input_pipeline_id
        if len(files) < workers:
            raise ValueError(
                "There must be at least one record file per worker; write the records with at "
                f"least {workers} `shards`. Received: {len(files)} files for {workers} workers"
            )
        return files[worker::workers], counts[worker::workers]
