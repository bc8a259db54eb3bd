"""Labels and predictions of a split, saved as arrays."""

from __future__ import annotations

import os

import numpy as np
import tensorflow as tf

# By split.
FILES = {"val": "validation_predictions.npz", "test": "predictions.npz"}
MOST_PIXELS = 100_000
MOST_IMAGES = 8


def save_predictions(path: str | os.PathLike, labels, predictions, weights) -> None:
    """Writes labels and predictions of a split to an `.npz`.

    The maps of dense tasks are too large to keep all of them. It keeps up to 100,000 of the pixels
    that count, evenly spread, and the maps of the 8 images with the largest mean error.

    Args:
        path: The file. It holds `labels` and `predictions`, one per sample or pixel, and for
            dense tasks `worst`, the indices of those images, with `worst_labels` and
            `worst_predictions`.
        labels: Labels, shape `(samples,)`, or maps `(images, height, width, 1)`.
        predictions: Predictions, the same number; maps may be coarser than the labels.
        weights: Weights; pixels of weight 0 do not count.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.ndim == 1:
        np.savez(path, labels=labels, predictions=predictions)
        return
    labels, counted = _map(labels), _map(np.asarray(weights)) > 0
    counted &= labels > 0
    predictions = _enlarged(_map(predictions), labels.shape[1:])
    pixels = np.flatnonzero(counted)
    pixels = pixels[np.linspace(0, len(pixels) - 1, min(len(pixels), MOST_PIXELS)).astype(int)]
    error = np.where(counted, np.abs(predictions - labels), 0).sum(axis=(1, 2))
    error /= np.maximum(counted.sum(axis=(1, 2)), 1)
    worst = np.argsort(-error, kind="stable")[:MOST_IMAGES]
    np.savez(
        path,
        labels=labels.ravel()[pixels],
        predictions=predictions.ravel()[pixels],
        worst=worst,
        worst_labels=np.where(counted, labels, np.nan)[worst],
        worst_predictions=predictions[worst],
    )


def _map(values):
    return values[..., 0] if values.ndim == 4 else values


def _enlarged(maps, size):
    """Resizes bilinearly with aligned corners, as the published evaluation of depth maps does."""
    if maps.shape[1:] == tuple(size):
        return maps
    return tf.compat.v1.image.resize(maps[..., None], size, align_corners=True).numpy()[..., 0]
