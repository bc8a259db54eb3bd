"""Split files: one row a sample, columns `age`, `path`, `split`."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import keras
import numpy as np

COLUMNS = ("age", "path", "split")
SPLITS = ("train", "val", "test")


@dataclasses.dataclass(frozen=True)
class SplitFile:
    """What a split file says: the ages and the relative paths of each split."""

    ages: dict[str, np.ndarray]
    paths: dict[str, list[str]]


def read_split_file(path) -> SplitFile:
    """Reads and checks a split file.

    Args:
        path: A CSV file with the columns `age`, `path` and `split` (`train`, `val`, `test`).

    Returns:
        A `SplitFile`, the rows of each split in the order of the file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A column is missing, an age is not a number, a path is empty, a split is
            unknown or empty.
    """
    import pandas

    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"There must be a split file (columns {', '.join(COLUMNS)}) at '{path}'; "
            "`download=True` fetches the published one."
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

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    table = pandas.DataFrame({"age": ages, "path": paths, "split": splits})
    table.to_csv(unfinished, index=False)
    os.replace(unfinished, path)


def fetch_split_file(url: str, path, sha256: str | None = None) -> Path:
    """Fetches a split file with `keras.utils.get_file`; one that is there already stays.

    Raises:
        ConnectionError: It cannot be had.
        PermissionError: The folder is not writable.
        ValueError: It has another hash than expected. Nothing of it stays.
    """
    path = Path(path)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"The folder '{path.parent}' must be writable to download into it.")
    unfinished = path.with_name(path.name + ".part")
    try:
        keras.utils.get_file(
            unfinished.name,
            url,
            file_hash=sha256,
            hash_algorithm="sha256",
            cache_dir=str(path.parent.resolve()),
            cache_subdir="",
            force_download=True,
        )
        os.replace(unfinished, path)
    except ValueError as error:
        raise ValueError(
            f"The file at {url} must have the sha256 {sha256}. "
            "Received: a file with another one, which was deleted"
        ) from error
    except Exception as error:
        raise ConnectionError(f"{url} could not be downloaded ({error})") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _check_rows(path, values, right, rule):
    wrong = np.flatnonzero(~np.asarray(right))
    if len(wrong):
        raise ValueError(
            f"{rule} in every row of '{path}'. Received: {values.iloc[wrong[0]]!r} in line "
            f"{wrong[0] + 2}, and {len(wrong)} such line(s) in all"
        )
