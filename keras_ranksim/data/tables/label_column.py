"""The labels of a table alone."""

from __future__ import annotations

import numpy as np

from keras_ranksim.data.tables.file import column_names, read_table
from keras_ranksim.data.tables.labels import labeled_rows
from keras_ranksim.data.tables.notes import Notes


def read_labels(
    csv_path_or_frame,
    label: str,
    *,
    decimal: str | None = None,
    encoding: str | None = None,
    drop_unlabeled: bool = False,
    clip_label: tuple[float, float] | None = None,
) -> tuple[np.ndarray, list[str]]:
    """Reads the labels of a table; arguments as in `load_table`.

    Returns:
        The labels, and notes on them as sentences.

    Example:

    >>> import pandas
    >>> from keras_ranksim.data.tables.label_column import read_labels
    >>> read_labels(pandas.DataFrame({"price": ["1,5", "20,0"]}), "price")[0]
    array([ 1.5, 20. ])
    """
    table = read_table(csv_path_or_frame, decimal=decimal, encoding=encoding)
    notes = Notes(table.notes)
    column_names("label", label, table.frame, table.source)
    _, labels = labeled_rows(
        table.frame, label, table.source, notes, table.decimal, drop_unlabeled, clip_label
    )
    return labels, notes
