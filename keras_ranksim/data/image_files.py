"""Which image files are missing, and which cannot be decoded."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tensorflow as tf

from keras_ranksim.progress_bar import ProgressBar

NAMED = 3
PNG_START = b"\x89PNG\r\n\x1a\n"
BIT_DEPTH_AT = 24  # the byte of a PNG that says how many bits each channel has


def check_images(paths: Sequence, *, workers: int | None = None, verbose: bool = True) -> None:
    """Decodes every file once, in parallel, and raises if some are broken.

    Args:
        paths: The image files.
        workers: Threads; `None` takes one per core.
        verbose: Whether to show a progress bar.

    Raises:
        FileNotFoundError: Files are missing: how many, and the first few.
        ValueError: Files are truncated or not images: how many, and the first few.

    Example:

    >>> import pathlib, tempfile
    >>> import tensorflow as tf
    >>> from keras_ranksim.data.image_files import check_images
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> whole = tf.io.encode_jpeg(tf.zeros((8, 8, 3), "uint8")).numpy()
    >>> _ = (folder / "whole.jpg").write_bytes(whole)
    >>> check_images([folder / "whole.jpg"], verbose=False)
    >>> _ = (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    >>> check_images([folder / "half.jpg"], verbose=False)
    Traceback (most recent call last):
    ...
    ValueError: 1 of 1 images cannot be decoded, ...
    """
    check_existence(paths)
    broken = []
    bar = ProgressBar(len(paths), unit_name="image", verbose=int(verbose))
    with ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        for done, (path, whole) in enumerate(zip(paths, pool.map(_decodes, paths)), start=1):
            if not whole:
                broken.append(path)
            bar.update(done)
    refuse_broken(broken, len(paths), " from the split file")


def refuse_broken(broken: Sequence, count: int, where: str = "") -> None:
    """Raises if there are broken images.

    Args:
        broken: The names of the broken ones.
        count: Number of all images.
        where: What to remove them from.
    """
    if len(broken):
        raise ValueError(
            f"{len(broken)} of {count} images cannot be decoded, because they are truncated "
            f"or not images; replace them or remove them{where}. The first: {first_few(broken)}"
        )


def check_existence(paths: Sequence, *, listed_in=None, advice: str = "") -> None:
    """Raises if files are missing, with how many, the first few, and what to do.

    Args:
        paths: The files.
        listed_in: The file that lists them, or `None`.
        advice: What to do about it.
    """
    missing = missing_files(paths)
    if missing:
        listed = "" if listed_in is None else f" that '{listed_in}' names"
        raise FileNotFoundError(
            f"{len(missing)} of the {len(paths)} files{listed} are missing, the first: "
            f"{first_few(missing)}. {advice}".rstrip()
        )


def missing_files(paths: Sequence) -> list:
    """The paths at which there is no file, found by listing each folder once."""
    listed = {}
    missing = []
    for path in paths:
        folder, name = os.path.split(os.path.join(".", path))
        if folder not in listed:
            listed[folder] = set(os.listdir(folder)) if os.path.isdir(folder) else set()
        if name not in listed[folder]:
            missing.append(path)
    return missing


def first_few(paths: Sequence) -> str:
    """The first paths of a list, for a message."""
    more = ", ..." if len(paths) > NAMED else ""
    return ", ".join(str(path) for path in paths[:NAMED]) + more


def decode_image_bytes(path: bytes, contents: bytes):
    """Decodes an image file of any kind to uint8 `(height, width, 3)`; an error names the file."""
    try:
        with tf.device("CPU:0"):
            return tf.io.decode_image(contents, channels=3, expand_animations=False).numpy()
    except tf.errors.InvalidArgumentError as error:
        raise ValueError(
            f"Image '{os.fsdecode(path)}' cannot be decoded, because it is truncated or not an "
            f"image ({len(contents)} bytes). Replace it, or remove it from your list of images."
        ) from error


def _decodes(path):
    try:
        decode_image_bytes(os.fsencode(path), Path(path).read_bytes())
    except ValueError:
        return False
    return True
