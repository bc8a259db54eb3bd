"""Which rows of a table train, which validate, which test."""

from __future__ import annotations

import numpy as np

from keras_ranksim.data.splits import SPLITS
from keras_ranksim.data.tables.kinds import texts
from keras_ranksim.labels.splits import balanced_split

MOST_PER_BIN = 30
LARGEST_SHARE = 0.15


def groups_of_equal_rows(frame) -> np.ndarray:
    """A number for every row of a table, the same for rows that are equal.

    Groups are numbered in the order of their first rows.

    Example:

    >>> import pandas
    >>> from keras_ranksim.data.tables.rows import groups_of_equal_rows
    >>> groups_of_equal_rows(pandas.DataFrame({"a": [5, 6, 5], "b": ["x", "x", "x "]}))
    array([0, 1, 0])
    """
    import pandas

    columns = [pandas.factorize(texts(frame[name]))[0] for name in frame.columns]
    return pandas.factorize(pandas.MultiIndex.from_arrays(columns))[0]


def balanced_rows(labels, bins, groups, max_per_bin, seed, source) -> np.ndarray:
    """The split of every row, balanced over the bins. Rows of a group stay together.

    Args:
        labels: Label of every row.
        bins: The label bins.
        groups: What `groups_of_equal_rows` returned; one label per group.
        max_per_bin: Maximum groups of a bin in validation, and in test; `None` takes 30, or fewer
            if 30 would make either larger than 15 % of the table.
        seed: Seed of the draw.
        source: Name of the table, for errors.
    """
    _, first = np.unique(groups, return_index=True)
    if max_per_bin is None:
        max_per_bin = _largest_cap(bins.count(labels[first]))
    parts = balanced_split(labels[first], bins, max_per_bin=max_per_bin, seed=seed)[groups]
    if "test" not in parts:
        raise ValueError(
            f"{source} must hold at least three rows with labels of one bin, or validation and "
            f"test stay empty. Received: {len(labels)} rows over {len(bins)} bins; pass wider "
            "`bins`, or name a `split` column"
        )
    return parts


def given_rows(column, split, source) -> np.ndarray:
    """The split of every row as a column of the table names it."""
    parts = column.astype(str).str.strip().to_numpy(dtype=object)
    odd = sorted(set(parts) - set(SPLITS))
    absent = [part for part in SPLITS if part not in parts]
    if odd or absent:
        found = f"other values, the first {odd[0]!r}" if odd else f"no row of {absent[0]!r}"
        raise ValueError(
            f"`split` must name a column that holds 'train', 'val' or 'test' in every row, each at "
            f"least once. Received: split='{split}', which in {source} holds {found}"
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
