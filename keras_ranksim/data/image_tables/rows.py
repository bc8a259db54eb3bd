"""The rows of a table of image files: paths and labels, checked before anything is decoded."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from keras_ranksim.data.tables.file import Table, read_table


def read_rows(table, columns: dict[str, str | None], **options) -> Table:
    """Reads a table and checks that it has the columns that the arguments name.

    Args:
        table: A CSV file or a `pandas.DataFrame`.
        columns: The name of a column by argument, or `None`.
        **options: Arguments of `read_table`.
    """
    import pandas

    if not isinstance(table, pandas.DataFrame | str | os.PathLike):
        raise ValueError(
            "`table` must be the path of a CSV file or a pandas.DataFrame. "
            f"Received: {type(table).__name__}"
        )
    if not isinstance(table, pandas.DataFrame) and not os.path.isfile(table):
        raise FileNotFoundError(
            "`table` must be the path of a CSV file or a pandas.DataFrame. "
            f"Received: '{table}', where there is no file"
        )
    read = read_table(table, **options)
    frame, source = read.frame, read.source
    for argument, column in columns.items():
        if column is not None and column not in frame.columns:
            listed = ", ".join(f"'{name}'" for name in frame.columns)
            raise ValueError(
                f"`{argument}` must name a column of the table. Received: {argument}='{column}', "
                f"and {source} has the columns {listed}"
            )
    return read


def image_paths(frame, column: str, images_dir, source: str) -> list[str]:
    """The path of the image of every row.

    Args:
        frame: The table.
        column: Name of the column of paths.
        images_dir: The folder that they are relative to.
        source: Name of the table for errors.
    """
    texts = frame[column].astype(str).str.strip()
    empty = np.flatnonzero((frame[column].isna() | (texts == "")).to_numpy())
    if len(empty):
        raise ValueError(
            f"`path` must name a column with an image file in every row. Received: "
            f"path='{column}', with none in {len(empty)} of {len(frame)} rows of {source}, the "
            f"first: row {empty[0]}, counted from 0"
        )
    return [str(Path(images_dir, text)) for text in texts]
