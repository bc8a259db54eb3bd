"""From images with depth maps to batches of `(image, depth, weight of every pixel)`."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.depth.augmentation import jitter_colors, normalize_colors, random_turn
from keras_ranksim.data.depth.view import DepthView
from keras_ranksim.data.pipeline import sample_order


@dataclasses.dataclass(frozen=True)
class DepthPreparation:
    """How the two files of a sample become `(image, depth, weight)`, wherever they are stored.

    Args:
        view: What of them is seen.
        degrees: The most that an image is turned; `None` where nothing is random, in evaluation.
        weight_of_bin: In evaluation: what a pixel weighs, by the bin of its depth; `None` for
            ones. Training pixels weigh as the benchmark says.
    """

    view: DepthView
    degrees: float | None = None
    weight_of_bin: np.ndarray | None = None

    def function(self, benchmark: Benchmark):
        """Returns `prepare(image_file, depth_file, seed, mask)` for a variant of a benchmark.

        A file is a pair of a name, told where the file is broken, and its contents; `mask` marks
        the pixels that count, or is `None` for all of them.
        """
        if benchmark.views != 1:
            raise ValueError(
                "`views` must be 1 for dense labels: a second view, turned otherwise, has another "
                f"depth map. Received: views={benchmark.views}"
            )
        bins, training = benchmark.bins, self.degrees is not None
        weight_of_bin = benchmark.weights if training else self.weight_of_bin
        if weight_of_bin is None:
            weight_of_bin = np.ones(len(bins))
        weight_of_bin = tf.constant(weight_of_bin, dtype="float32")

        def prepare(image_file, depth_file, seed, mask=None):
            turn = ()
            if training:
                turn_seed, color_seed = tf.unstack(
                    tf.random.experimental.stateless_split(seed, 2), num=2
                )
                turn = random_turn(turn_seed, self.degrees)
            image = self.view.image(*image_file, *turn)
            if training:
                image = jitter_colors(image, color_seed)
            depth = self.view.depth(*depth_file, *turn)
            counts = depth[..., 0] > 0
            if mask is not None:
                counts = tf.logical_and(counts, mask)
            weight = tf.gather(weight_of_bin, bins.index(depth[..., 0]))
            return normalize_colors(image), depth, weight * tf.cast(counts, "float32")

        return prepare


@dataclasses.dataclass(frozen=True)
class DepthFiles:
    """The samples of one split.

    Args:
        images, depths: Paths of the images and of their depth maps.
        preparation: How they are read.
        mask: Boolean array `(samples, *depth_size)` of the pixels that count, or `None`.
    """

    images: np.ndarray
    depths: np.ndarray
    preparation: DepthPreparation
    mask: np.ndarray | None = None


class DepthPipelines:
    """The `make_pipeline` of a benchmark of depth maps.

    Args:
        files: The samples of each split.
    """

    def __init__(self, files: dict[str, DepthFiles]):
        self.files = files

    def __call__(self, split: str, benchmark: Benchmark) -> tf.data.Dataset:
        files, training = self.files[split], split == "train"
        images, depths = tf.constant(files.images), tf.constant(files.depths)
        mask = None if files.mask is None else tf.constant(files.mask)
        prepare = files.preparation.function(benchmark)

        def sample(index, seed):
            paths = tf.gather(images, index), tf.gather(depths, index)
            counted = None if mask is None else tf.gather(mask, index)
            return prepare(*((path, tf.io.read_file(path)) for path in paths), seed, counted)

        epoch = benchmark.epoch if training else None
        order = sample_order(len(files.images), training, benchmark.seed, epoch)
        samples = order.map(sample, num_parallel_calls=tf.data.AUTOTUNE)
        return samples.batch(benchmark.batch_size).prefetch(tf.data.AUTOTUNE)
