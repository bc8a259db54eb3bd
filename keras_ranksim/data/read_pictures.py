"""Many image files decoded at once, to uint8 pictures of one size in memory."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from keras_ranksim.data.images import decode_image, has_sixteen_bits
from keras_ranksim.progress_bar import ProgressBar
from keras_ranksim.validation import is_number

SMALLEST_SIDE = 16
READ_TOGETHER = 64


def picture_size(image_size) -> tuple[int, int]:
    """Returns `image_size` as `(height, width)`; one number stands for both.

    Example:

    >>> from keras_ranksim.data.read_pictures import picture_size
    >>> picture_size(64), picture_size((48, 64))
    ((64, 64), (48, 64))
    """
    sides = (image_size, image_size) if is_number(image_size) else image_size
    try:
        height, width = sides
        whole = all(is_number(side) and side == int(side) for side in (height, width))
    except (TypeError, ValueError):
        whole = False
    if not whole or min(height, width) < SMALLEST_SIDE:
        raise ValueError(
            f"`image_size` must be (height, width) in pixels, at least {SMALLEST_SIDE} each. "
            f"Received: image_size={image_size!r}"
        )
    return int(height), int(width)


def files_reader(paths: Sequence) -> Callable:
    """The TensorFlow function `index -> (path, contents)` of files."""
    paths = tf.constant([os.fspath(path) for path in paths])

    def read(index):
        path = tf.gather(paths, index)
        return path, tf.io.read_file(path)

    return read


def memory_reader(names: Sequence[str], contents: Sequence[bytes]) -> Callable:
    """The TensorFlow function `index -> (name, contents)` of files in memory."""
    with tf.device("CPU:0"):
        names, contents = tf.constant(list(names)), tf.constant(list(contents))
    return lambda index: (tf.gather(names, index), tf.gather(contents, index))


@dataclasses.dataclass(frozen=True)
class ReadPictures:
    """What reading image files gave.

    Args:
        pictures: uint8 array of shape `(files, height, width, 3)`, black for broken files; `None`
            if they were only looked at.
        broken: For every file, whether it could not be decoded.
        gray: For every file, whether its three channels are equal.
        sixteen_bits: For every file, whether it has 16 bits per channel, of which 8 were read.
    """

    pictures: np.ndarray | None
    broken: np.ndarray
    gray: np.ndarray
    sixteen_bits: np.ndarray


def read_pictures(
    read: Callable,
    count: int,
    size: tuple[int, int],
    *,
    keep: bool = True,
    skip_broken: bool = True,
    verbose: bool = True,
    patience: float = 2.0,
) -> ReadPictures:
    """Decodes and resizes image files.

    Args:
        read: TensorFlow function `index -> (name, contents)`, as of `files_reader`.
        count: Number of files.
        size: `(height, width)` of the pictures.
        keep: Whether to return the pictures, and not only which files are broken or gray.
        skip_broken: Whether to go on after a file that cannot be decoded, instead of raising an
            error that names it.
        verbose: Whether to show a progress bar.
        patience: Seconds after which the bar appears.
    """
    pictures = np.zeros((count, *size, 3), dtype="uint8") if keep else None
    broken, gray, sixteen_bits = (np.full(count, start) for start in (True, False, False))

    def decode(index):
        name, contents = read(index)
        return index, decode_image(name, contents, size), has_sixteen_bits(contents)

    decoded = tf.data.Dataset.range(count).map(decode, num_parallel_calls=tf.data.AUTOTUNE)
    if skip_broken:
        decoded = decoded.ignore_errors()
    bar = ProgressBar(count, unit_name="image", verbose=int(verbose), patience=patience)
    for indexes, batch, deep in decoded.batch(READ_TOGETHER).prefetch(2).as_numpy_iterator():
        if keep:
            pictures[indexes] = batch
        broken[indexes] = False
        gray[indexes] = (batch == batch[..., :1]).all(axis=(1, 2, 3))
        sixteen_bits[indexes] = deep
        bar.update(int(indexes[-1]) + 1)
    return ReadPictures(pictures, broken, gray, sixteen_bits)
