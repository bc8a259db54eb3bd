"""Several views of every sample in one batch, for ConR and Rank-N-Contrast."""

from typing import Any, NamedTuple

import keras
from keras import ops


class Views(NamedTuple):
    """Augmented views of the samples of a batch, for the `x` that a dataset yields.

    `ConRRegularizer` and `RankNContrastRegularizer` contrast `first` with `second`. The
    regression loss and the metrics see `plain`, the samples without strong augmentation; if it is
    left out, they see both views.

    Args:
        first: Inputs of one view, one row per sample.
        second: Inputs of another view of the same samples.
        plain: Optional inputs for the regression loss.

    Example:

    >>> import keras_ranksim as kr, numpy as np
    >>> x, y = np.random.rand(32, 8), np.random.rand(32, 1)
    >>> def noisy():
    ...     return x + np.random.normal(0, 0.1, x.shape)
    >>> inputs = kr.Views(noisy(), noisy(), x)  # model.fit(inputs, y)
    >>> len(inputs)
    3
    """

    first: Any
    second: Any
    plain: Any = ()

    @property
    def count(self) -> int:
        """How many views of every sample there are, 2 or 3."""
        # PyTorch's data loaders turn an empty tuple into an empty list.
        return 2 if isinstance(self.plain, (tuple, list)) and not self.plain else 3

    @property
    def supervised(self) -> int:
        """How many of them the regression loss sees, from the last."""
        return supervised_views(self.count)

    def joined(self):
        """All views in one batch, one after the other."""
        views = self[: self.count]
        return keras.tree.map_structure(lambda *rows: ops.concatenate(rows, axis=0), *views)


def supervised_views(views: int) -> int:
    """How many of the views the regression loss sees, from the last: a third one is plain."""
    return 1 if views == 3 else views


def supervised_rows(views: int, *tensors) -> list:
    """The rows that the regression loss sees, of tensors that hold all views."""
    kept = supervised_views(views)
    return [rows[ops.shape(rows)[0] // views * (views - kept) :] for rows in tensors]


def contrasted_rows(views: int, *tensors) -> list:
    """The rows that are contrasted with one another, of tensors that hold all views."""
    if views < 3:
        return list(tensors)
    return [rows[: 2 * (ops.shape(rows)[0] // 3)] for rows in tensors]


def repeat_rows(structure, times: int):
    """Every tensor of a structure `times` times, one after the other along the first axis."""

    def repeat(rows):
        return rows if rows is None else ops.concatenate([rows] * times, axis=0)

    return structure if times == 1 else keras.tree.map_structure(repeat, structure)
