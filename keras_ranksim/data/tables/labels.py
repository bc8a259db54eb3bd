"""The label column of a table: read, checked, and binned."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np

from keras_ranksim.data.tables.kinds import Kind, numbers_in, texts
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.validation import numbers

MOST_BINS = 120
NICE = (1, 2, 5, 10)


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


def bins_for_labels(labels) -> LabelBins:
    """Bins of one width for labels of any scale.

    Labels on a grid of at most 120 steps, such as scores in fifths, get one bin per step; whole
    numbers in a range below 120, such as years, one per unit. Others get 40 to 100 bins whose width
    is 1, 2 or 5 times a power of ten, over the range of the labels. A few outliers do not stretch
    that range: it ends at most one width of the middle 99 % of the labels away from them, and what
    lies beyond counts in the first and last bin.

    Args:
        labels: Labels, any shape, at least two of them different.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.data.tables.labels import bins_for_labels
    >>> bins_for_labels([18, 19, 25, 64])
    LabelBins(47 bins from 18 to 65)
    >>> bins_for_labels(np.linspace(93_000, 711_000, 500))
    LabelBins(63 bins from 90000 to 720000)
    """
    labels = numbers("labels", labels)
    distinct = np.unique(labels.astype("float32"))
    if len(distinct) < 2:
        raise ValueError(
            "`labels` must hold at least two labels that differ in float32. "
            f"Received: {labels.size} times {distinct[:1].tolist()}"
        )
    if len(distinct) <= MOST_BINS and (edges := _grid(distinct)) is not None:
        return LabelBins(edges)
    lowest, highest = _range_without_far_labels(labels)
    factor, exponent = _nice_width((highest - lowest) / 100)
    width = factor * 10.0**exponent
    first = math.floor(round(lowest / width, 6))
    last = max(math.ceil(round(highest / width, 6)), first + 1)
    # Written as decimals, edges are 0.3 and not 0.30000000000000004, at any scale.
    return LabelBins([float(f"{factor * number}e{exponent}") for number in range(first, last + 1)])


def _grid(distinct):
    # The shortest decimal of a float32 is what the table shows: 17.3, not 17.299999.
    values = [Decimal(str(value)).normalize() for value in distinct]
    places = max(0, *(-value.as_tuple().exponent for value in values))
    whole = [int(value.scaleb(places)) for value in values]
    span = whole[-1] - whole[0]
    few_units = places == 0 and span < MOST_BINS
    step = 1 if few_units else math.gcd(*(value - whole[0] for value in whole))
    if span >= step * MOST_BINS:
        return None
    edges = range(whole[0], whole[-1] + step + 1, step)
    return [float(Decimal(edge).scaleb(-places)) for edge in edges]


def _range_without_far_labels(labels):
    low, high = np.quantile(labels, [0.005, 0.995])
    if low == high:
        return labels.min(), labels.max()
    margin = high - low
    return max(labels.min(), low - margin), min(labels.max(), high + margin)


def _nice_width(smallest):
    exponent = math.floor(math.log10(smallest))
    factor = next(nice for nice in NICE if nice * 10.0**exponent >= smallest * (1 - 1e-9))
    return factor, exponent
