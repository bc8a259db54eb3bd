"""Cutting a long-tailed data set: balanced evaluation sets, labels held out of training."""

from collections.abc import Iterable

import numpy as np

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.validation import bounds, is_number, numbers, positive_integer


def balanced_split(
    labels,
    bins: LabelBins,
    max_per_bin: int = 30,
    fraction: float = 1 / 3,
    seed: int = 0,
) -> np.ndarray:
    """Assigns samples to a long-tailed training set and balanced evaluation sets.

    From every bin a `fraction` of the samples, rounded down, but at most `max_per_bin`, goes
    to validation and as many to test, drawn at random. The rest trains.

    Args:
        labels: Labels of the whole data set, shape `(samples,)`.
        bins: The label bins.
        max_per_bin: Most samples of a bin in validation, and in test.
        fraction: Share of a bin in validation, and in test, above 0 and at most 0.5.
        seed: Seed of the draw.

    Returns:
        An array of `"train"`, `"val"` and `"test"`, one per sample.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 100, 10)
    >>> split = kr.balanced_split([35] * 200 + [75] * 9, bins)
    >>> [(split == name).sum().item() for name in ("train", "val", "test")]
    [143, 33, 33]
    """
    labels = numbers("labels", labels).ravel()
    positive_integer("max_per_bin", max_per_bin, "samples of a bin in each evaluation set")
    if not 0 < fraction <= 0.5:
        raise ValueError(
            "`fraction` must be above 0 and at most 0.5, since validation and test each take "
            f"that share of a bin. Received: fraction={fraction}"
        )
    index = as_bins(bins).index(labels)
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    split = np.full(len(labels), "train", dtype="<U5")
    for bin_ in np.unique(index):
        members = shuffled[index[shuffled] == bin_]
        taken = min(max_per_bin, int(len(members) * fraction + 1e-9))
        split[members[:taken]] = "val"
        split[members[taken : 2 * taken]] = "test"
    return split


def outside_ranges(labels, ranges: Iterable[tuple[float, float]]) -> np.ndarray:
    """Marks the samples whose label lies in none of `ranges`: what a zero-shot run trains on.

    Args:
        labels: Labels, any shape.
        ranges: Closed intervals `(lowest, highest)` to hold out of training.

    Returns:
        A boolean array of the shape of `labels`.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.outside_ranges([10, 45, 52, 59, 60], ranges=[(45, 59)])
    array([ True, False, False, False,  True])
    """
    labels = numbers("labels", labels)
    kept = np.ones(labels.shape, dtype=bool)
    pairs = list(ranges)
    if any(map(is_number, pairs)):
        raise ValueError(
            "`ranges` must hold pairs (lowest, highest), such as [(45, 59)]. "
            f"Received: ranges={ranges}"
        )
    for range_ in pairs:
        lowest, highest = bounds("ranges", range_)
        kept &= (labels < lowest) | (labels > highest)
    return kept
