"""Mean depth and pixels per bin of many depth maps: counted once, kept in a small file."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_ranksim.array_cache import cached_arrays
from keras_ranksim.data.depth.view import DepthView
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.progress_bar import ProgressBar


@dataclasses.dataclass(frozen=True)
class DepthSurvey:
    """Depths of a list of maps.

    Args:
        means: Mean depth of every map, shape `(maps,)`.
        counts: Pixels of every map and bin, shape `(maps, bins)`.
    """

    means: np.ndarray
    counts: np.ndarray

    def of(self, chosen) -> DepthSurvey:
        """The survey of some of the maps, chosen by a boolean array."""
        return DepthSurvey(self.means[chosen], self.counts[chosen])


def survey_depths(
    paths: Sequence[str], view: DepthView, bins: LabelBins, *, cache_dir=None, verbose: bool = True
) -> DepthSurvey:
    """Reads every depth map once and counts its pixels by bin; pixels of depth 0 do not count.

    Args:
        paths: The files.
        view: The part of a depth map that counts.
        bins: The label bins.
        cache_dir: Folder that keeps the result; `None` keeps nothing.
        verbose: Whether to show a progress bar.

    Returns:
        A `DepthSurvey`.

    Raises:
        ValueError: A depth map is broken, too small, or has no pixel of a depth above 0.
    """
    arguments = {"files": _fingerprint(paths), "edges": bins.edges.tolist(), "view": repr(view)}
    make = functools.partial(_survey, paths, view, bins, verbose)
    return DepthSurvey(**cached_arrays(cache_dir, "depths", arguments, make))


def balanced_pixels(
    paths: Sequence[str], view: DepthView, bins: LabelBins, seed: int = 0
) -> np.ndarray:
    """Marks equally many random pixels of every bin that has any.

    Args:
        paths, view, bins: As in `survey_depths`.
        seed: Seed of the draw.

    Returns:
        A boolean array `(maps, height, width)`; each bin has as many true ones as the rarest
        bin has pixels. Pixels of depth 0 are never marked.
    """

    def bins_of_pixels(path):
        return tf.cast(_bin_of_measured(view.read_depth(path), bins), "int16")

    index = np.stack(list(_each(paths, bins_of_pixels)))
    flat = index.ravel()
    count = np.bincount(flat[flat >= 0], minlength=len(bins))
    share = count[count > 0].min()
    random = np.random.default_rng(seed)
    mask = np.zeros(flat.shape, dtype=bool)
    for bin_ in np.flatnonzero(count):
        mask[random.choice(np.flatnonzero(flat == bin_), share, replace=False)] = True
    return mask.reshape(index.shape)


def _survey(paths, view, bins, verbose):
    pixels = int(np.prod(view.depth_size))
    counts = np.zeros((len(paths), len(bins)), dtype=np.min_scalar_type(pixels))
    means = np.zeros(len(paths))
    bar = ProgressBar(len(paths), unit_name="depth map", verbose=int(verbose))
    maps = _each(paths, lambda path: _mean_and_counts(view.read_depth(path), bins))
    for row, (mean, count) in enumerate(maps):
        if not count.any():
            raise ValueError(
                f"Depth map '{paths[row]}' must have a pixel of a depth above 0. Received: none"
            )
        means[row], counts[row] = mean, count
        bar.update(row + 1)
    return {"means": means, "counts": counts}


def _each(paths, function):
    """Yields `function(path)` for every path, in parallel; raises the function's errors."""
    maps = tf.data.Dataset.from_tensor_slices(list(paths))
    maps = maps.map(function, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
    try:
        yield from maps.as_numpy_iterator()
    except tf.errors.InvalidArgumentError as error:
        message = error.message.partition("ValueError: ")[2].partition("\n")[0]
        if not message:
            raise
        raise ValueError(message) from error


def _mean_and_counts(depth, bins):
    index = _bin_of_measured(depth, bins)
    index = tf.boolean_mask(index, index >= 0)
    measured = tf.boolean_mask(depth, depth > 0)
    mean = tf.math.divide_no_nan(tf.reduce_sum(measured), tf.cast(tf.size(measured), "float32"))
    return mean, tf.math.bincount(index, minlength=len(bins), maxlength=len(bins))


def _bin_of_measured(depth, bins):
    return tf.where(depth[..., 0] > 0, bins.index(depth[..., 0]), -1)


def _fingerprint(paths):
    digest = hashlib.sha256()
    for path in paths:
        name, status = os.path.join(*Path(path).parts[-3:]), os.stat(path)
        digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()
