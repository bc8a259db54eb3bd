"""Images of a table: which are usable, and their pictures if these fit in memory."""

from __future__ import annotations

import os
import warnings

import numpy as np

from keras_ranksim.array_cache import cached_arrays
from keras_ranksim.data.image_files import first_few
from keras_ranksim.data.read_pictures import ReadPictures, files_reader, read_pictures

MOST_BYTES = 2**30


def fits_in_memory(count: int, size: tuple[int, int]) -> bool:
    """Whether as many pictures of this size take less than a gigabyte."""
    return 3 * count * size[0] * size[1] <= MOST_BYTES


def decoded(paths, size, in_memory: bool, cache_dir, verbose: bool) -> ReadPictures:
    """Decodes every file once; keeps the pictures if they are wanted in memory.

    Args:
        paths: Files that exist.
        size: `(height, width)` of the pictures.
        in_memory: Whether to keep them.
        cache_dir: Folder that keeps the result, or `None`.
        verbose: Whether to show a progress bar if this takes more than two seconds.
    """

    def decode():
        found = read_pictures(
            files_reader(paths), len(paths), size, keep=in_memory, verbose=verbose
        )
        arrays = {"broken": found.broken, "gray": found.gray}
        return {**arrays, "pictures": found.pictures} if in_memory else arrays

    arguments = {
        "files": [_version(path) for path in paths],
        "size": size,
        "in_memory": in_memory,
    }
    arrays = cached_arrays(cache_dir, "images", arguments, decode)
    return ReadPictures(arrays.get("pictures"), arrays["broken"], arrays["gray"])


def check_decoded(paths, found: ReadPictures, missing: int, skip_broken: bool) -> None:
    """Raises or warns about broken images, and warns of gray ones.

    Args:
        paths: The files that were decoded.
        found: What decoding them gave.
        missing: Number of files that were missing before.
        skip_broken: Whether broken images are left out with a warning.
    """
    broken, gray = np.array(paths)[found.broken], np.array(paths)[found.gray]
    if len(broken) and not skip_broken:
        raise ValueError(
            f"{len(broken)} of {len(paths)} images cannot be decoded, because they are truncated "
            f"or neither JPEG nor PNG, the first: {first_few(broken)}. Replace them, or leave "
            "their rows out with `skip_broken=True`"
        )
    if len(broken) or missing:
        first = f", the first: {first_few(broken)}" if len(broken) else ""
        warnings.warn(
            f"{missing + len(broken)} of {missing + len(paths)} rows are left out: {missing} "
            f"images are missing and {len(broken)} broken{first}.",
            stacklevel=3,
        )
    if len(gray) and len(gray) < len(paths):
        warnings.warn(
            f"{len(gray)} of {len(paths)} images are gray, the first: {first_few(gray)}. Their "
            "one channel is used three times.",
            stacklevel=3,
        )


def _version(path):
    status = os.stat(path)
    return os.fspath(path), status.st_size, status.st_mtime_ns
