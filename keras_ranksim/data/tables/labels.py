"""The label column of a table: read and checked."""

from __future__ import annotations

import numpy as np

from keras_ranksim.data.tables.kinds import Kind, numbers_in, texts


def label_values(frame, label: str, source: str) -> np.ndarray:
    """The label of every row as float64; an error names the first rows without one."""
    import pandas

    column = frame[label]
    if pandas.api.types.is_bool_dtype(column.dtype) or column.dtype.kind in "mMc":
        raise ValueError(
            f"`label` must name a column of numbers. Received: label={label!r}, a column of "
            f"{column.dtype} in {source}"
        )
    values, wrong = numbers_in(column, Kind(nominal=False))
    bad = np.flatnonzero(np.isnan(values))
    if len(bad):
        text = texts(column.iloc[bad[:5]])
        first = ", ".join(f"row {row} ({word or 'missing'!r})" for row, word in zip(bad, text))
        raise ValueError(
            f"`label` must name a column with a finite number in every row. Received: "
            f"label={label!r}, with none in {len(bad)} of {len(values)} rows "
            f"({int(wrong.sum())} hold other text), the first: {first}, counted from 0. Repair "
            "or drop these rows."
        )
    if values.min() == values.max():
        raise ValueError(
            f"`label` must name a column whose values differ. Received: label={label!r}, which "
            f"is {values[0]:g} in every row"
        )
    return values
