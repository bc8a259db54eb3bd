"""The usable images of a table, and their pictures if these fit in memory."""

from __future__ import annotations

import dataclasses
import os
import warnings

import numpy as np

from keras_ranksim.array_cache import cached_arrays
from keras_ranksim.data.equal_rows import groups_of_equal_keys, groups_of_equal_samples
from keras_ranksim.data.file_pipelines import FilePipelines
from keras_ranksim.data.image_files import first_few, missing_files
from keras_ranksim.data.picture_pipelines import PictureDecoder, PicturePipelines
from keras_ranksim.data.read_pictures import files_reader, read_pictures

MOST_BYTES = 2**30


@dataclasses.dataclass(frozen=True)
class UsableImages:
    """The images of a table that are neither missing nor broken.

    Args:
        rows: Their rows in the table.
        paths: Their files.
        size: `(height, width)` they are resized to.
        pictures: uint8 array of shape `(rows, height, width, 3)`, `None` if they stay in files.
        facts: How many images were missing, broken and gray.
    """

    rows: np.ndarray
    paths: list[str]
    size: tuple[int, int]
    pictures: np.ndarray | None
    facts: dict[str, int]

    def groups(self) -> np.ndarray:
        """A number for every row, the same for equal pictures, or for equal files on disk."""
        if self.pictures is not None:
            return groups_of_equal_samples(self.pictures)
        return groups_of_equal_keys(map(os.path.abspath, self.paths))

    def pipelines(self, places: dict[str, np.ndarray], augment: bool):
        """The `make_pipeline` of a benchmark.

        Args:
            places: By split, places in `rows`.
            augment: As in `PicturePipelines`.
        """
        if self.pictures is not None:
            pictures = {split: self.pictures[chosen] for split, chosen in places.items()}
            return PicturePipelines(pictures, augment)
        files = {
            split: {"image": [self.paths[place] for place in chosen]}
            for split, chosen in places.items()
        }
        return FilePipelines(files, PictureDecoder(self.size, augment))


def usable_images(
    paths: list[str],
    images_dir,
    size: tuple[int, int],
    *,
    skip_broken: bool,
    in_memory: bool | None,
    cache_dir,
    verbose: bool,
) -> UsableImages:
    """Decodes every file once. Raises about missing and broken ones, or leaves them out.

    Args:
        paths: The file of every row.
        images_dir: The folder that the user's paths are relative to, for the error.
        size: `(height, width)` to resize to.
        skip_broken, in_memory, cache_dir, verbose: As in `load_images`.
    """
    missing = missing_files(paths)
    if missing and (not skip_broken or len(missing) == len(paths)):
        raise FileNotFoundError(
            f"{len(missing)} of {len(paths)} images are missing, the first: {first_few(missing)}. "
            f"Paths are relative to `images_dir`, '{images_dir}'; `skip_broken=True` leaves such "
            "rows out"
        )
    rows = np.flatnonzero(~np.isin(paths, missing))
    found = [paths[row] for row in rows]
    if in_memory is None:
        in_memory = 3 * len(found) * size[0] * size[1] <= MOST_BYTES
    arrays = _decoded(found, size, in_memory, cache_dir, verbose)
    broken, gray = arrays["broken"], arrays["gray"]
    _check_depth(np.array(found), arrays["sixteen_bits"])
    _report(np.array(found), len(missing), broken, gray, skip_broken)
    usable = np.flatnonzero(~broken)
    pictures = arrays.get("pictures")
    return UsableImages(
        rows=rows[usable],
        paths=[found[place] for place in usable],
        size=size,
        pictures=pictures[usable] if in_memory and broken.any() else pictures,
        facts={"missing": len(missing), "broken": int(broken.sum()), "gray": int(gray.sum())},
    )


def _decoded(paths, size, in_memory, cache_dir, verbose):
    def decode():
        read, count = files_reader(paths), len(paths)
        found = read_pictures(read, count, size, keep=in_memory, verbose=verbose)
        arrays = {"broken": found.broken, "gray": found.gray, "sixteen_bits": found.sixteen_bits}
        return {**arrays, "pictures": found.pictures} if in_memory else arrays

    files = [_version(path) for path in paths]
    arguments = {"files": files, "size": size, "in_memory": in_memory, "version": 3}
    return cached_arrays(cache_dir, "images", arguments, decode)


def _version(path):
    """What changes when a file does."""
    status = os.stat(path)
    return path, status.st_size, status.st_mtime_ns


def _check_depth(paths, sixteen_bits):
    if sixteen_bits.any():
        raise ValueError(
            f"Images must have 8 bits per channel. Received: {int(sixteen_bits.sum())} of "
            f"{len(paths)} with 16 bits, the first: {first_few(paths[sixteen_bits])}. Convert them "
            "so that the values that occur fill the range from 0 to 255"
        )


def _report(paths, missing, broken, gray, skip_broken):
    """Raises or warns about broken images, and warns of a few gray ones among colored ones."""
    if broken.any() and not skip_broken:
        raise ValueError(
            f"{int(broken.sum())} of {len(paths)} images cannot be decoded, because they are "
            f"truncated or neither JPEG nor PNG, the first: {first_few(paths[broken])}. Replace "
            "them, or leave their rows out with `skip_broken=True`"
        )
    if missing or broken.any():
        first = f", the first: {first_few(paths[broken])}" if broken.any() else ""
        warnings.warn(
            f"{missing + int(broken.sum())} of {missing + len(paths)} rows are left out: "
            f"missing images {missing}, broken images {int(broken.sum())}{first}.",
            stacklevel=4,
        )
    if 0 < gray.sum() < len(paths):
        warnings.warn(
            f"{int(gray.sum())} of {len(paths)} images are gray, the first: "
            f"{first_few(paths[gray])}. They are used with three equal channels.",
            stacklevel=4,
        )
