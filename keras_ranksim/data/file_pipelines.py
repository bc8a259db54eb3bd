"""Batches from files: one decoder, whether the bytes come from files, memory or records."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import os
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from keras_ranksim.data.image_files import decode_image_bytes
from keras_ranksim.data.images import PADDING, decode_image, scale_image, training_image
from keras_ranksim.data.pipeline import batches_from_samples, labels_and_weights, order_arguments
from keras_ranksim.data.read_pictures import read_pictures


class FilePipelines:
    """The `make_pipeline` of a benchmark whose samples are files.

    Args:
        files: Paths by split and kind, for instance `{"train": {"image": [...]}, ...}`.
        decoder: Such as `ImageDecoder`: called with `(split, benchmark)`, it returns a TensorFlow
            function `(files, index, seed) -> (x, y, weight)` of one sample, where `files` maps each
            kind to a pair of the file's name, for errors, and its contents.
    """

    def __init__(self, files: dict[str, dict[str, list[str]]], decoder: Callable):
        self.files = files
        self.decoder = decoder

    def __call__(self, split: str, benchmark) -> tf.data.Dataset:
        decode = self.decoder(split, benchmark)
        read = self._reader(split)
        return batches_from_samples(
            lambda index, seed: decode(read(index), index, seed),
            self.count(split),
            **order_arguments(split, benchmark),
        )

    @functools.cached_property
    def fingerprint(self) -> str:
        """A hash of the names and sizes of the files, by which a run notices changed ones.

        Not of folders and times, which change when data are copied to another machine.
        """
        found = hashlib.blake2b(digest_size=8)
        columns = (paths for kinds in self.files.values() for paths in kinds.values())
        for path in itertools.chain.from_iterable(columns):
            found.update(f"{os.path.basename(path)} {os.path.getsize(path)}\n".encode())
        return found.hexdigest()

    def count(self, split: str) -> int:
        """The number of samples of a split."""
        return len(next(iter(self.files[split].values())))

    def stored(self, split: str, index: int, check: bool = True) -> dict[str, bytes]:
        """The contents of the files of one sample, by kind.

        Args:
            split: The split.
            index: The sample.
            check: Whether to raise, naming the file, if one cannot be decoded.
        """
        paths = {kind: os.fsencode(paths[index]) for kind, paths in self.files[split].items()}
        contents = {kind: Path(os.fsdecode(path)).read_bytes() for kind, path in paths.items()}
        if check:
            self.decoder.check({kind: (paths[kind], contents[kind]) for kind in paths})
        return contents

    def _reader(self, split):
        columns = {kind: tf.constant(paths) for kind, paths in self.files[split].items()}

        def read(index):
            paths = {kind: tf.gather(column, index) for kind, column in columns.items()}
            return {kind: (path, tf.io.read_file(path)) for kind, path in paths.items()}

        return read


@dataclasses.dataclass(frozen=True)
class ImageDecoder:
    """From an image file to `(x, y, weight)`: resized, in training augmented, scaled to [-1, 1].

    Args:
        size: `(height, width)` of the result, at least 16 pixels each for the random crops.
    """

    KINDS = ("image",)
    ARRAYS = ()

    size: tuple[int, int]

    def __post_init__(self):
        if min(self.size) < PADDING:
            raise ValueError(
                f"`image_size` must be at least {PADDING} pixels, or random crops leave the image. "
                f"Received: image_size={self.size}"
            )

    def get_config(self) -> dict:
        """The arguments: arrays for the names in `ARRAYS`, JSON values for the rest."""
        return {"size": list(self.size)}

    def __call__(self, split: str, benchmark):
        prepare = self.prepare(split, benchmark)
        return lambda files, index, seed: prepare(
            decode_image(*files["image"], self.size), index, seed
        )

    def prepare(self, split: str, benchmark):
        """Returns the function `(image, index, seed) -> (x, y, weight)`."""
        labels, weights = labels_and_weights(split, benchmark)

        def prepared(image, index, seed):
            training = split == "train"
            x = training_image(image, seed, benchmark.views) if training else scale_image(image)
            return x, tf.gather(labels, index), tf.gather(weights, index)

        return prepared

    def check(self, files) -> None:
        """Raises, naming the file, if it cannot be decoded."""
        decode_image_bytes(*files["image"])


class CachedImagePipelines(FilePipelines):
    """As `FilePipelines`, but keeps the resized images in memory after reading them once.

    Args:
        files, decoder: As in `FilePipelines`; the decoder must be an `ImageDecoder`.
        verbose: Whether to show a progress bar while they are read.
    """

    def __init__(self, files, decoder: ImageDecoder, verbose: bool = True):
        super().__init__(files, decoder)
        self.verbose = verbose
        # One copy per split, however many variants of the benchmark `replace` makes.
        self._images = {}

    def __call__(self, split: str, benchmark) -> tf.data.Dataset:
        if split not in self._images:
            self._images[split] = self._read_all(split)
        images, prepare = self._images[split], self.decoder.prepare(split, benchmark)
        return batches_from_samples(
            lambda index, seed: prepare(tf.gather(images, index), index, seed),
            self.count(split),
            **order_arguments(split, benchmark),
        )

    def _read_all(self, split):
        read = read_pictures(
            lambda index: self._reader(split)(index)["image"],
            self.count(split),
            self.decoder.size,
            skip_broken=False,
            verbose=self.verbose,
            patience=0.0,
        )
        with tf.device("CPU:0"):
            return tf.constant(read.pictures)
