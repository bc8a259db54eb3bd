"""Errors of depth maps by shot, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.labels.shots import SHOTS, shots_of_counts
from keras_ranksim.validation import numbers, same_length

if TYPE_CHECKING:
    import pandas

MANY_SHARE = 0.0074
FEW_SHARE = 0.00285
SMALLEST_DEPTH = 1e-3
COLUMNS = ("n", "rmse", "abs_rel", "log10", "mae", "delta1", "delta2", "delta3")


def depth_shot_limits(train_counts) -> tuple[float, float]:
    """`(many_above, few_below)` of the depth benchmark, for pixels counted at any resolution.

    The benchmark calls a bin many-shot above 2.6e7 training pixels and few-shot below 1.0e7,
    of 3.5e9 in all: 0.74% and 0.285% of the pixels counted.

    Args:
        train_counts: Training pixels of every bin.

    Returns:
        What `shots_of_counts` takes as `many_above` and `few_below`.

    Example:

    >>> from keras_ranksim.labels.depth_report import depth_shot_limits
    >>> depth_shot_limits([0, 900_000, 100_000])
    (7400.0, 2850.0)
    """
    total = numbers("train_counts", train_counts, ndim=1).sum()
    return float(MANY_SHARE * total), float(FEW_SHARE * total)


def depth_report(
    labels,
    predictions,
    train_counts,
    bins: LabelBins,
    mask=None,
    many_above: float | None = None,
    few_below: float | None = None,
) -> pandas.DataFrame:
    """Errors over all pixels and by shot, the shot of a pixel being that of its depth's bin.

    Predictions coarser than the labels are first enlarged to their size, bilinearly and with
    corners on corners, as in the published evaluation of 114x152 predictions on 228x304 depth
    maps. Pixels whose label is 0 or less were not measured and do not count.

    Args:
        labels: Depth maps, shape `(images, height, width)` or `(images, height, width, 1)`.
        predictions: Predicted depth maps, as many, of that size or another.
        train_counts: Training pixels of every bin, which decide what is rare; for training
            depths that fit in memory `bins.count(train_depths)`.
        bins: The label bins.
        mask: Optional array of the shape of `labels`, true (or above 0) where a pixel counts,
            such as the balanced test mask.
        many_above: A bin with more training pixels is `"many"`; `None` takes 0.74%
            of all pixels, as in the benchmark.
        few_below: A bin with fewer, but not none, is `"few"`; `None` takes 0.285% of all pixels.

    Returns:
        A `pandas.DataFrame` with the index `all, many, medium, few, zero` and the columns `n`
        (pixels), `rmse`, `abs_rel`, `log10`, `mae`, `delta1`, `delta2`, `delta3`, NaN where a
        shot has no pixel. In `log10` and the deltas predictions below 0.001 count as 0.001.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 10, 0.1)
    >>> depth = [[[2.0, 2.0], [2.0, 8.0]]]
    >>> counts = bins.count([2.0] * 999 + [8.0])
    >>> report = kr.labels.depth_report(depth, [[[2.0, 2.0], [3.0, 4.0]]], counts, bins)
    >>> report.loc[["all", "many", "few"], ["n", "mae", "delta1"]]
          n       mae    delta1
    all   4  1.250000  0.500000
    many  3  0.333333  0.666667
    few   1  4.000000  0.000000
    """
    import pandas

    labels, predictions = _maps("labels", labels), _maps("predictions", predictions)
    same_length(labels=labels, predictions=predictions)
    mask = _mask(mask, labels)
    train_counts = numbers("train_counts", train_counts, ndim=1)
    same_length(train_counts=train_counts, bins=as_bins(bins))
    default_many, default_few = depth_shot_limits(train_counts)
    shot = shots_of_counts(
        train_counts,
        default_many if many_above is None else many_above,
        default_few if few_below is None else few_below,
    )
    shot_number = np.array([SHOTS.index(name) for name in shot])
    sums = np.zeros((len(SHOTS), len(COLUMNS)))
    for label, prediction, counted in zip(labels, predictions, mask):
        counted = counted & (label > 0)
        truth = label[counted].astype("float64")
        errors = _errors(truth, _enlarge(prediction, label.shape)[counted])
        number = shot_number[bins.index(truth)]
        sums += np.stack([np.bincount(number, column, len(SHOTS)) for column in errors], axis=1)
    rows = {"all": _means(sums.sum(axis=0)), **dict(zip(SHOTS, map(_means, sums)))}
    report = pandas.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)
    return report.astype({"n": int})


def _errors(labels, predictions):
    error = np.abs(predictions - labels)
    ratio = np.maximum(predictions, SMALLEST_DEPTH) / labels
    worst = np.maximum(ratio, 1 / ratio)
    return [
        np.ones_like(error),
        error**2,
        error / labels,
        np.abs(np.log10(ratio)),
        error,
        *[(worst <= 1.25**power).astype("float64") for power in (1, 2, 3)],
    ]


def _means(sums):
    count = sums[0]
    means = sums[1:] / count if count else np.full(len(sums) - 1, np.nan)
    return [count, np.sqrt(means[0]), *means[1:]]


def _maps(name, values):
    maps = np.asarray(values)
    if maps.ndim == 4 and maps.shape[-1] == 1:
        maps = maps[..., 0]
    if maps.ndim != 3 or maps.dtype.kind not in "fiu":
        raise ValueError(
            f"`{name}` must hold depth maps, (images, height, width) or (images, height, width, "
            f"1). Received: {name} of shape {maps.shape} and type {maps.dtype}"
        )
    for image in maps:
        if not np.isfinite(image).all():
            numbers(name, maps)
    return maps


def _mask(mask, labels):
    if mask is None:
        return np.broadcast_to(True, labels.shape)
    mask = np.asarray(mask)
    if mask.ndim == 4 and mask.shape[-1] == 1:
        mask = mask[..., 0]
    if mask.shape != labels.shape:
        raise ValueError(
            "`mask` must have the shape of `labels`, one entry a pixel. "
            f"Received: mask of shape {mask.shape} for labels of shape {labels.shape}"
        )
    return mask > 0


def _enlarge(image, shape):
    if image.shape == shape:
        return image.astype("float64")
    rows, columns = (_interpolation(*sizes) for sizes in zip(image.shape, shape))
    return rows @ image @ columns.T


def _interpolation(source, target):
    position = np.linspace(0, source - 1, target)[:, None]
    return np.maximum(0, 1 - np.abs(position - np.arange(source)))
