"""From the records of a benchmark to batches of `(x, y, weight)`."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.records.batches import batches_from_records
from keras_ranksim.data.records.images import decode
from keras_ranksim.data.records.shards import join


class RecordPipelines:
    """The `make_pipeline` of a benchmark in records.

    Args:
        folder: The folder.
        splits: The files of each split, as the manifest describes them.
        reader: Function from a split and a benchmark to what makes `(x, y, weight)` of a record,
            the `load` of `batches_from_records`.
        block, input_context: As in `read_records`.
    """

    def __init__(self, folder, splits, reader: Callable, block, input_context):
        self.folder = folder
        self.splits = splits
        self.reader = reader
        self.block = block
        self.input_context = input_context

    def __call__(self, split: str, benchmark: Benchmark) -> tf.data.Dataset:
        training, shards = split == "train", self.splits[split]
        return batches_from_records(
            [join(self.folder, shard["file"]) for shard in shards],
            [shard["samples"] for shard in shards],
            self.reader(split, benchmark),
            batch_size=benchmark.batch_size,
            shuffle=training,
            seed=benchmark.seed,
            epoch=benchmark.epoch if training else None,
            block=self.block,
            input_context=self.input_context,
        )


class ImageReader:
    """Reads records of images with one label, or a vector of them.

    Args:
        image_shape: `(height, width, channels)` of the images.
        prepare: As in `read_records`.
    """

    def __init__(self, image_shape, prepare):
        self.image_shape = image_shape
        self.prepare = prepare

    def __call__(self, split: str, benchmark: Benchmark):
        training = split == "train"
        label_shape = benchmark.labels[split].shape[1:] or (1,)
        weights = benchmark.weights if training else None
        weights = None if weights is None else tf.constant(weights, dtype="float32")
        layout = {
            "image": tf.io.FixedLenFeature([], "string"),
            "label": tf.io.FixedLenFeature(label_shape, "float32"),
            "index": tf.io.FixedLenFeature([], "int64"),
        }

        def load(record, seed_of):
            sample = tf.io.parse_single_example(record, layout)
            image, index = decode(sample["image"], self.image_shape), sample["index"]
            seed, views = (seed_of(index), benchmark.views) if training else (None, 1)
            # The stored weight serves other readers: `replace(weights=...)` goes by the index.
            weight = tf.constant(1.0) if weights is None else tf.gather(weights, index)
            return self.prepare(image, seed, views), sample["label"], weight

        return load
