"""Split files: one row per sample, columns `age`, `path`, `split`."""

from __future__ import annotations

import dataclasses
import os

import numpy as np

from keras_ranksim.data.splits import SPLITS
from keras_ranksim.files import whole_file

COLUMNS = ("age", "path", "split")


@dataclasses.dataclass(frozen=True)
class SplitFile:
    """The ages and the relative paths of each split."""

    ages: dict[str, np.ndarray]
    paths: dict[str, list[str]]


def read_split_file(path) -> SplitFile:
    """Reads and checks a split file.

    Args:
        path: A CSV file with the columns `age`, `path` and `split` (`train`, `val`, `test`).

    Returns:
        A `SplitFile`, the rows of each split in the order of the file.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: A column is missing, an age is not a number, a path is empty, a split is
            unknown or empty.
    """
    import pandas

    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"There must be a split file (columns {', '.join(COLUMNS)}) at '{path}'; "
            "`download=True` downloads the published one."
        )
    try:
        table = pandas.read_csv(path, dtype=str, keep_default_na=False)
    except (pandas.errors.EmptyDataError, pandas.errors.ParserError, UnicodeDecodeError) as error:
        raise ValueError(f"'{path}' must be a CSV file with a header line ({error})") from error
    missing = [column for column in COLUMNS if column not in table.columns]
    if missing:
        raise ValueError(
            f"'{path}' must have the columns {', '.join(COLUMNS)}. "
            f"Received: columns {', '.join(table.columns)}, without {', '.join(missing)}"
        )
    ages = pandas.to_numeric(table["age"], errors="coerce").to_numpy(dtype="float64")
    _check_rows(path, table["age"], np.isfinite(ages), "`age` must be a number")
    _check_rows(path, table["path"], table["path"] != "", "`path` must name an image")
    known = table["split"].isin(SPLITS)
    _check_rows(path, table["split"], known, f"`split` must be one of {', '.join(SPLITS)}")
    rows = {split: (table["split"] == split).to_numpy() for split in SPLITS}
    empty = [split for split in SPLITS if not rows[split].any()]
    if empty:
        raise ValueError(
            f"'{path}' must have rows of every split. "
            f"Received: {len(table)} rows, none of {', '.join(empty)}"
        )
    return SplitFile(
        ages={split: ages[rows[split]] for split in SPLITS},
        paths={split: table["path"][rows[split]].tolist() for split in SPLITS},
    )


def write_split_file(path, ages, paths, splits) -> None:
    """Writes a split file, whole or not at all; an existing one is replaced."""
    import pandas

    table = pandas.DataFrame({"age": ages, "path": paths, "split": splits})
    with whole_file(path) as part:
        table.to_csv(part, index=False)


def _check_rows(path, values, right, rule):
    wrong = np.flatnonzero(~np.asarray(right))
    if len(wrong):
        raise ValueError(
            f"{rule} in every row of '{path}'. Received: {values.iloc[wrong[0]]!r} in line "
            f"{wrong[0] + 2}, and {len(wrong)} such line(s) in all"
        )
