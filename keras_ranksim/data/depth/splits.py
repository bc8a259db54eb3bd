"""Which training images become the validation set, and which test pixels count."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from keras_ranksim.data.depth.survey import balanced_pixels


def held_out_scenes(images, fraction: float, seed: int) -> np.ndarray:
    """Marks the images of randomly drawn folders, as many as fit into `fraction` of all.

    It holds out whole folders, since the images of a folder are neighboring frames of a video; the
    smallest one if none fits.
    """
    if not 0 < fraction <= 0.5:
        raise ValueError(
            "`val_fraction` must be above 0 and at most 0.5, the share of the training images "
            f"held out for validation. Received: val_fraction={fraction}"
        )
    folders = np.array([os.path.dirname(image) for image in images])
    scenes, scene, sizes = np.unique(folders, return_inverse=True, return_counts=True)
    if len(scenes) < 2:
        raise ValueError(
            "The training list must name images of at least two folders, one of them to be held "
            f"out for validation. Received: {len(images)} images in '{scenes[0]}'"
        )
    held, room = [], fraction * len(images)
    for drawn in np.random.default_rng(seed).permutation(len(scenes)):
        if sizes[drawn] <= room:
            held.append(drawn)
            room -= sizes[drawn]
    return np.isin(scene, held or [sizes.argmin()])


def balanced_test_mask(path: Path, depths, view, bins, seed: int) -> tuple[np.ndarray, str]:
    """The test pixels that count, `(images, *depth_size)`, and a sentence on their origin.

    Args:
        path: A file saved by NumPy, at the size of the images or of the depth maps. If it does
            not exist, as many pixels of every bin are drawn at random.
        depths: The test depth maps.
        view, bins, seed: As in `balanced_pixels`.
    """
    if not path.is_file():
        mask = balanced_pixels(depths, view, bins, seed)
        return mask, f"drawn with seed {seed}, since there is no '{path}'"
    try:
        mask = np.load(path) > 0
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(
            f"'{path}' must be an array saved by NumPy, the balanced test mask ({error})"
        ) from error
    if mask.shape == (len(depths), *view.depth_size):
        return mask, str(path)
    if mask.shape == (len(depths), *view.image_size):
        # The same pixels that nearest-neighbor sampling takes from a depth map.
        rows, columns = (
            ((np.arange(size) + 0.5) * full / size).astype(int)
            for size, full in zip(view.depth_size, view.image_size)
        )
        return mask[:, rows][:, :, columns], f"{path}, at {view.depth_size} of its pixels"
    raise ValueError(
        f"'{path}' must hold one entry per test pixel, of shape "
        f"{(len(depths), *view.image_size)} or {(len(depths), *view.depth_size)}. "
        f"Received: shape {mask.shape}"
    )
