"""Which rows of a user's data train, validate and test."""

from __future__ import annotations

import numpy as np

from keras_ranksim.data.splits import SPLITS
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.splits import balanced_split

MOST_PER_BIN = 30
LARGEST_SHARE = 0.15
FEWEST_ROWS = 20
ENOUGH_ROWS, ENOUGH_SHARE = 30, 0.05
MOST_COPIES = 30  # times the usual number: a sample with more of them only trains


def balanced_parts(
    labels, bins: LabelBins, max_per_bin: int | None, seed: int, source: str, groups=None
) -> np.ndarray:
    """`balanced_split` of a table that may be small, and whose rows may come in groups.

    If its bins leave fewer than 30 test rows, and fewer than 5%, it is split by wider ones.
    Groups stay together and count as one row each. One of very many rows, such as a row of zeros
    that fills half of the table, trains: validation or test would consist of nothing else.

    Args:
        labels: The labels of all rows.
        bins: The label bins.
        max_per_bin: Maximum rows per bin in validation, and in test; `None` takes 30, or fewer
            if 30 would make either larger than 15% of the table.
        seed: Seed of the split.
        source: Name of the table for errors.
        groups: Number of the group of every row, from 0 in the order of their first rows; `None`
            if every row is its own. The label of a group is that of its first row.

    Returns:
        An array of `"train"`, `"val"` and `"test"`, one per row.
    """
    labels = np.asarray(labels)
    if groups is None:
        return _parts_of_rows(labels, bins, max_per_bin, seed, source)
    _, first, sizes = np.unique(groups, return_index=True, return_counts=True)
    small = sizes <= MOST_COPIES * np.median(sizes)
    parts = np.full(len(first), "train", dtype=object)
    parts[small] = _parts_of_rows(labels[first[small]], bins, max_per_bin, seed, source)
    return parts[groups]


def _parts_of_rows(labels, bins, max_per_bin, seed, source):
    if max_per_bin is not None:
        parts = balanced_split(labels, bins, max_per_bin=max_per_bin, seed=seed)
    else:
        for used in (bins, *_wider_bins(labels)):
            cap = _largest_cap(used.count(labels))
            parts = balanced_split(labels, used, max_per_bin=cap, seed=seed)
            if (parts == "test").sum() >= min(ENOUGH_ROWS, ENOUGH_SHARE * len(labels)):
                break
    if "test" not in parts:
        raise ValueError(
            f"{source} must hold at least three rows with labels of one bin, or validation and "
            f"test stay empty. Received: {len(labels)} different rows over {len(bins)} bins; pass "
            "wider `bins`, or name a `split` column"
        )
    return parts


def _wider_bins(labels):
    """Bins to split small tables by, whose own bins hold too few rows each."""
    if len(labels) >= FEWEST_ROWS:
        for count in (20, 10, 5):
            yield LabelBins.from_labels(labels, count)


def given_parts(values, rule: str = "hold", received: str = "") -> np.ndarray:
    """Returns the caller's names of splits, or raises if they are not such names.

    Args:
        values: One name per row.
        rule: What `split` must do to these names, for the error.
        received: What the error says before it says what is wrong.
    """
    parts = np.asarray(values).astype(str).astype(object)
    odd = sorted(set(parts) - set(SPLITS))
    absent = [part for part in SPLITS if part not in parts]
    if odd or absent:
        found = f"other values, the first {odd[0]!r}" if odd else f"no row of {absent[0]!r}"
        raise ValueError(
            f"`split` must {rule} 'train', 'val' or 'test' in every row, each at least once. "
            f"Received: {received}{found}"
        )
    return parts


def _largest_cap(counts):
    """The largest cap per bin that still leaves most of a small table to training."""
    fitting = [
        cap
        for cap in range(2, MOST_PER_BIN + 1)
        if np.minimum(counts // 3, cap).sum() <= LARGEST_SHARE * counts.sum()
    ]
    return max(fitting, default=1)
