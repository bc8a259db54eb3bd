"""The label column of a table: read, checked, and binned."""

from __future__ import annotations

import numpy as np

from keras_ranksim.data.tables.kinds import label_kind, numbers_in, texts
from keras_ranksim.validation import bounds, numbers

MOST_UNLABELED = 0.05
FAR, GAP, FEW = 10, 3, 0.01
SHOWN = 5


def label_values(
    frame, label: str, source: str, *, decimal: str | None = None, drop_unlabeled: bool = False
) -> np.ndarray:
    """The label of every row as float64, NaN for rows to leave out.

    Args:
        frame: The table.
        label: Name of the column.
        source: Name of the table, for errors.
        decimal: Decimal mark of numbers in text; `None` finds out.
        drop_unlabeled: Whether any share of rows may lack a number. Else more than 5% raise.
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
            f"label={label!r}, which lacks one in {int(bad.sum())} of {len(values)} rows "
            f"({int(wrong.sum())} hold other text), the first: {shown_rows(column, bad)}"
            + (". Write numbers without units or currencies" if wrong.any() else "")
            + ("" if bad.all() else ". Leave such rows out with drop_unlabeled=True")
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
    return ", ".join(shown) + _and_more(chosen)


def _and_more(chosen):
    further = int(np.sum(chosen)) - SHOWN
    return f" and {further} more" if further > 0 else ""


def far_labels(labels) -> np.ndarray:
    """Which labels lie so far from the rest that they are probably mistakes.

    Those more than ten times the width of the middle 80% beyond it, and behind a gap: three times
    as far as the next label. Skewed labels without a gap, such as incomes, are no mistakes, nor are
    more than 1% of all labels.

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
        lowest, highest = clip_label
        notes.append(
            f"Labels clipped to the range from {lowest:g} to {highest:g}: "
            f"{int((labels != kept).sum())} of {len(labels)}."
        )
        return rows, kept
    far = far_labels(labels)
    if far.any():
        rest = labels[~far]
        shown = [f"row {rows[i]} ({labels[i]:g})" for i in np.flatnonzero(far)[:SHOWN]]
        notes.warn(
            f"{int(far.sum())} of {len(labels)} labels of {source} lie far outside the rest, "
            f"{rest.min():g} to {rest.max():g}: {', '.join(shown)}{_and_more(far)}. Such labels "
            "can dominate the training. Repair them, or set them to the ends of the rest with "
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
