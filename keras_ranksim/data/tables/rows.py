"""Equal rows of a table, and a split that keeps them together."""

from __future__ import annotations

import numpy as np

from keras_ranksim.data.parts import balanced_parts
from keras_ranksim.data.tables.kinds import texts


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
    """`balanced_parts` of the groups, each of which stays together.

    Args:
        labels: Label of every row.
        bins: The label bins.
        groups: What `groups_of_equal_rows` returned; one label per group.
        max_per_bin: Maximum groups of a bin in validation, and in test; `None` finds one.
        seed: Seed of the split.
        source: Name of the table, for errors.
    """
    _, first = np.unique(groups, return_index=True)
    return balanced_parts(labels[first], bins, max_per_bin, seed, source)[groups]
