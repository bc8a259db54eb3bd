"""Lists of images with depth maps, and how a depth map is stored."""

import csv
import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_ranksim.data.image_files import BIT_DEPTH_AT, PNG_START, check_existence

ADVICE = (
    "Unpack the NYU v2 archive that the README of nyud2-dir in "
    "https://github.com/YyzHarry/imbalanced-regression leads to (data.zip, on Google Drive), so "
    "that the folders `nyu2_train` and `nyu2_test` and both lists lie in `data_dir`"
)


def read_depth_list(data_dir, name: str) -> tuple[list[str], list[str]]:
    """Reads a list of images and depth maps and finds their files.

    Args:
        data_dir: The folder of the data set.
        name: File name of the list in `data_dir`, or a path: lines of `image,depth` without
            a header. Paths in it are relative to `data_dir` or to its parent folder, such as
            `data/nyu2_test/00000_colors.png` in the published lists, whatever the name of
            `data_dir`.

    Returns:
        The paths of the images and those of the depth maps.

    Raises:
        FileNotFoundError: The list is missing, or files that it names: how many, and which.
        ValueError: A line does not hold two paths, or the list is empty.
    """
    data_dir = Path(data_dir)
    path = data_dir / name
    if not path.is_file():
        raise FileNotFoundError(
            f"There must be a list of images and depth maps at '{path}'. {ADVICE}."
        )
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = [(number, row) for number, row in enumerate(csv.reader(file), start=1) if row]
    for number, row in rows:
        if len(row) != 2 or not all(cell.strip() for cell in row):
            raise ValueError(
                f"Every line of '{path}' must hold two paths, image and depth map, separated by "
                f"a comma. Received: line {number}, {','.join(row)!r}"
            )
    if not rows:
        raise ValueError(f"'{path}' must name at least one image. Received: an empty list")
    files = _resolve(data_dir, [cell.strip() for _, row in rows for cell in row])
    check_existence(files, listed_in=path, advice=f"{ADVICE}.")
    return files[0::2], files[1::2]


def decode_depth_map(
    path: bytes, contents: bytes, eight_bit_range: float = 10.0, sixteen_bit_units: float = 1000.0
) -> np.ndarray:
    """Decodes a depth map to meters.

    The bit depth decides: depth maps of the training set of NYU v2 have 8 bits, 255 standing for
    10 m; those of its test set have 16 bits and count millimeters.

    Args:
        path: The name of the file, for errors.
        contents: A PNG file of one channel.
        eight_bit_range: The depth that 255 stands for in an 8-bit map, in meters.
        sixteen_bit_units: Units of a 16-bit map per meter.

    Returns:
        A float32 array of shape `(height, width, 1)`.
    """
    try:
        if len(contents) <= BIT_DEPTH_AT or contents[: len(PNG_START)] != PNG_START:
            raise ValueError("no PNG header")
        sixteen = contents[BIT_DEPTH_AT] == 16
        with tf.device("CPU:0"):
            png = tf.io.decode_png(contents, 1, tf.uint16 if sixteen else tf.uint8).numpy()
    except (ValueError, tf.errors.InvalidArgumentError) as error:
        raise ValueError(
            f"Depth map '{os.fsdecode(path)}' cannot be decoded, because it is truncated or not a "
            f"PNG file ({len(contents)} bytes). Replace it or take it out of the list."
        ) from error
    if sixteen:
        return png / np.float32(sixteen_bit_units)
    return png / np.float32(255) * np.float32(eight_bit_range)


def _resolve(data_dir, names):
    """The paths, relative to the folder in which most of the first ones exist."""
    without_first = [os.path.join(*Path(name).parts[1:] or (name,)) for name in names]
    readings = [
        [os.path.join(data_dir, name) for name in without_first],
        [os.path.join(data_dir, name) for name in names],
        [os.path.join(data_dir.resolve().parent, name) for name in names],
    ]
    return max(readings, key=lambda paths: sum(os.path.isfile(path) for path in paths[:20]))
