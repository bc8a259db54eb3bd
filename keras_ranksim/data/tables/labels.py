"""The label column of a table: read, checked, and binned."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np

from keras_ranksim.data.tables.kinds import label_kind, numbers_in, texts
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.validation import bounds, numbers

MOST_UNLABELED = 0.05
FAR, GAP, FEW = 10, 3, 0.01
SHOWN = 5
MOST_BINS = 120
NICE = (1, 2, 5, 10)


def label_values(
    frame, label: str, source: str, *, decimal: str | None = None, drop_unlabeled: bool = False
) -> np.ndarray:
    """The label of every row as float64, NaN for rows to leave out.

    Args:
        frame: The table.
        label: Name of the column.
        source: Name of the table, for errors.
        decimal: Decimal mark of numbers in text; `None` finds out.
        drop_unlabeled: Whether any share of rows may lack a number. Else more than 5 % raise.
    """
    import pandas

    column = frame[label]
    if pandas.api.types.is_bool_dtype(column.dtype) or column.dtype.kind in "mMc":
        raise ValueError(
            f"`label` must name a column of numbers. Received: label={label!r}, a column of "
            f"{column.dtype} in {source}"
        )
    values, wrong = numbers_in(column, label_kind(column, decimal))
    bad = np.isnan(values)
    if bad.all() or (bad.mean() > MOST_UNLABELED and not drop_unlabeled):
        raise ValueError(
            f"`label` must name a column with a finite number in nearly every row. Received: "
            f"label={label!r}, with none in {int(bad.sum())} of {len(values)} rows "
            f"({int(wrong.sum())} hold other text), the first: {shown_rows(column, bad)}. "
            + ("" if bad.all() else "Leave such rows out with drop_unlabeled=True")
        )
    present = values[~bad]
    if present.min() == present.max():
        raise ValueError(
            f"`label` must name a column whose values differ. Received: label={label!r}, which "
            f"is {present[0]:g} in every row"
        )
    return values


def shown_rows(column, chosen) -> str:
    """The first chosen rows with what they hold, for a sentence; rows count from 0."""
    rows = np.flatnonzero(chosen)[:SHOWN]
    words = texts(column.iloc[rows])
    shown = [f"row {row} ({word or 'missing'!r})" for row, word in zip(rows, words)]
    return ", ".join(shown) + (", ..." if np.sum(chosen) > SHOWN else "")


def far_labels(labels) -> np.ndarray:
    """Which labels lie so far from the rest that they are probably mistakes.

    Those more than ten times the width of the middle 80 % beyond it, and behind a gap: three times
    as far as the next label. Skewed labels without a gap, such as incomes, are no mistakes, nor are
    more than 1 % of all labels.

    Args:
        labels: Labels of shape `(rows,)`.

    Example:

    >>> from keras_ranksim.data.tables.labels import far_labels
    >>> far_labels([*range(200), 1e6]).nonzero()[0]
    array([200])
    """
    labels = numbers("labels", labels)
    low, high = np.quantile(labels, [0.1, 0.9])
    none = np.zeros(len(labels), dtype=bool)
    if low == high:
        return none
    beyond = np.abs(labels - np.clip(labels, low, high)) / (high - low)
    near, next_ = np.sort(beyond)[:-1], np.sort(beyond)[1:]
    behind_a_gap = next_[(next_ > FAR) & (next_ > GAP * np.maximum(near, 1))]
    far = beyond >= behind_a_gap.min() if len(behind_a_gap) else none
    return far if far.mean() <= FEW else none


def labeled_rows(
    frame, label: str, source: str, notes, decimal, drop_unlabeled: bool, clip_label
) -> tuple[np.ndarray, np.ndarray]:
    """The rows of a table that have a label, and their labels, clipped if that is asked for.

    Args:
        frame, label, source, decimal, drop_unlabeled: As in `label_values`.
        notes: The `Notes` to add to: rows left out, labels far from the rest, labels clipped.
        clip_label: `(lowest, highest)` or `None`.
    """
    labels = label_values(frame, label, source, decimal=decimal, drop_unlabeled=drop_unlabeled)
    labeled = ~np.isnan(labels)
    if not labeled.all():
        notes.warn(
            f"{int((~labeled).sum())} of {len(labels)} rows of {source} have no number in "
            f"'{label}' and are left out: {shown_rows(frame[label], ~labeled)}."
        )
    rows, labels = np.flatnonzero(labeled), labels[labeled]
    if clip_label is not None:
        kept = clipped(labels, clip_label)
        notes.append(f"{int((labels != kept).sum())} labels are clipped to {clip_label}.")
        return rows, kept
    far = far_labels(labels)
    if far.any():
        rest = labels[~far]
        shown = [f"row {rows[i]} ({labels[i]:g})" for i in np.flatnonzero(far)[:SHOWN]]
        more = ", ..." if far.sum() > SHOWN else ""
        notes.warn(
            f"{int(far.sum())} of {len(labels)} labels of {source} lie far outside the rest, "
            f"{rest.min():g} to {rest.max():g}: {', '.join(shown)}{more}. Such labels can dominate "
            "the training. Repair them, or set them to the ends of the rest with "
            f"clip_label=({rest.min():g}, {rest.max():g})."
        )
    return rows, labels


def clipped(labels, clip_label) -> np.ndarray:
    """The labels with those beyond `clip_label`, `(lowest, highest)`, moved to its ends."""
    lowest, highest = bounds("clip_label", clip_label)
    labels = np.clip(labels, lowest, highest)
    if labels.min() == labels.max():
        raise ValueError(
            "`clip_label` must leave labels that differ. Received: "
            f"clip_label=({lowest:g}, {highest:g}), which makes all of them {labels[0]:g}"
        )
    return labels


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
