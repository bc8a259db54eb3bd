"""Which rows of a user's data are equal, so that a split keeps them together."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable

import keras
import numpy as np

from keras_ranksim.data.tables.kinds import texts


def groups_of_equal_rows(frame) -> np.ndarray:
    """A number for every row of a table, the same for rows that are equal.

    Groups are numbered in the order of their first rows.

    Example:

    >>> import pandas
    >>> from keras_ranksim.data.equal_rows import groups_of_equal_rows
    >>> groups_of_equal_rows(pandas.DataFrame({"a": [5, 6, 5], "b": ["x", "x", "x "]}))
    array([0, 1, 0])
    """
    import pandas

    def codes(column):
        is_number = pandas.api.types.is_numeric_dtype(column.dtype)
        return pandas.factorize(column if is_number else texts(column))[0]

    columns = [codes(frame[name]) for name in frame.columns]
    coded = pandas.DataFrame(dict(enumerate(columns)))
    return coded.groupby(list(coded.columns), sort=False).ngroup().to_numpy()


def groups_of_equal_samples(arrays) -> np.ndarray:
    """The same for arrays.

    Args:
        arrays: An array, or a structure of arrays, with the samples along the first axis.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.data.equal_rows import groups_of_equal_samples
    >>> groups_of_equal_samples([np.float32([[1, 2], [3, 4], [1, 2]]), np.float32([7, 8, 7])])
    array([0, 1, 0])
    """

    def digest(sample):
        found = hashlib.blake2b(digest_size=16)
        for part in sample:
            found.update(part.tobytes())
        return found.digest()

    return groups_of_equal_keys(map(digest, zip(*keras.tree.flatten(arrays))))


def groups_of_equal_keys(keys: Iterable[Hashable]) -> np.ndarray:
    """The same for one value per row that can be hashed."""
    numbers = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys])
