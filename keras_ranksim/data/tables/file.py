"""Reading a table from a CSV file or a DataFrame."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from typing import Any

from keras_ranksim.data.tables.decimals import MARKS, decimal_mark
from keras_ranksim.validation import one_of

SEPARATORS = ",;\t|"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")


@dataclasses.dataclass(frozen=True)
class Table:
    """A table whose columns have unique names, as text.

    Args:
        frame: A `pandas.DataFrame` with rows numbered from 0.
        source: Its name for errors.
        decimal: The decimal mark of a file, or `None` if every column decides for itself.
        notes: What is unusual about the file.
    """

    frame: Any
    source: str
    decimal: str | None = None
    notes: tuple[str, ...] = ()


def read_table(
    csv_path_or_frame, *, decimal: str | None = None, encoding: str | None = None
) -> Table:
    """Reads a table.

    Args:
        csv_path_or_frame: A CSV file with a header line, separated by commas, semicolons, tabs
            or bars, or a `pandas.DataFrame`.
        decimal: The decimal mark, `"."` or `","`; `None` finds out.
        encoding: The encoding of a file; `None` tries UTF-8, then that of Western Windows.

    Returns:
        A `Table`.
    """
    import pandas

    if decimal is not None:
        one_of("decimal", decimal, MARKS, "or None to find out")
    if isinstance(csv_path_or_frame, pandas.DataFrame):
        table = Table(csv_path_or_frame, "The DataFrame", decimal)
    else:
        table = _read_csv(_checked(csv_path_or_frame), decimal, encoding)
    frame, source = table.frame.rename(columns=str).reset_index(drop=True), table.source
    repeated = sorted(set(frame.columns[frame.columns.duplicated()]))
    if repeated:
        raise ValueError(
            f"{source} must give every column a different name. Received: "
            f"{len(repeated)} names twice, the first '{repeated[0]}'"
        )
    if len(frame) == 0:
        raise ValueError(f"{source} must hold at least one row. Received: a table without rows")
    return dataclasses.replace(table, frame=frame)


def _checked(path):
    try:
        path = Path(path)
    except TypeError:
        raise ValueError(
            "`csv_path_or_frame` must be the path of a CSV file or a pandas.DataFrame. "
            f"Received: {type(path).__name__}"
        ) from None
    if not path.is_file():
        raise FileNotFoundError(
            "`csv_path_or_frame` must be the path of a CSV file. "
            f"Received: '{path}', where there is no file"
        )
    return path


def column_names(argument: str, names, frame, source: str) -> list[str]:
    """The columns that an argument names; an error lists those there are.

    Args:
        argument: Name of the argument, for the error.
        names: A name, several, or `None`.
        frame: The table.
        source: Its name, for the error.
    """
    names = [] if names is None else [names] if isinstance(names, (str, int)) else names
    names = [str(name) for name in names]  # as the columns of the frame
    unknown = [name for name in names if name not in frame.columns]
    if unknown:
        listed = ", ".join(f"'{name}'" for name in frame.columns)
        raise ValueError(
            f"`{argument}` must name columns of the table. Received: {argument}={unknown}, and "
            f"{source} has the columns {listed}"
        )
    return names


def _read_csv(path, decimal, encoding):
    import pandas

    try:
        encoding = encoding or _encoding_of(path)
        with path.open(encoding=encoding, newline="") as lines:
            separator = _separator(lines.readline())
        arguments = {"sep": separator, "encoding": encoding, "low_memory": False}
        frame = _parsed_csv(path, **arguments)
        decimal = decimal or _decimal_of(frame, separator)
        if decimal == ",":
            frame = _parsed_csv(path, decimal=",", **arguments)
    except pandas.errors.ParserWarning as error:
        raise ValueError(
            f"'{path}' must have a name in the header line for every field of a row. Received: "
            "rows with more fields. Name them all; write numbers with decimal commas in quotes, or "
            "separate fields by semicolons"
        ) from error
    except (UnicodeError, LookupError, ValueError) as error:
        raise ValueError(
            f"'{path}' must be a CSV file with a header line, in the encoding that `encoding` "
            f"names. Received: an unreadable file ({error})"
        ) from error
    notes = [f"Fields are separated by {separator!r}."] * (separator != ",")
    notes += [f"Letters are encoded in {encoding}."] * (not encoding.lower().startswith("utf-8"))
    notes += ["Numbers have decimal commas."] * (decimal == ",")
    return Table(frame, f"'{path}'", decimal, tuple(notes))


def _parsed_csv(path, **arguments):
    import pandas

    with warnings.catch_warnings():
        # Else the first fields of rows longer than the header silently become an index.
        warnings.simplefilter("error", pandas.errors.ParserWarning)
        return pandas.read_csv(path, index_col=False, **arguments)


def _encoding_of(path):
    contents = path.read_bytes()
    if contents[:2] in UTF_16:
        return "utf-16"
    for encoding in ENCODINGS:
        try:
            contents.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise AssertionError("latin-1 decodes anything")


def _separator(header):
    """The separator that occurs most often in the header outside quotes."""
    outside = "".join(header.split('"')[::2])
    return max(SEPARATORS, key=outside.count)


def _decimal_of(frame, separator):
    """`","` if any column shows it, `None` if none does."""
    import pandas

    marks = set()
    for name in frame.columns:
        column = frame[name]
        if not pandas.api.types.is_numeric_dtype(column.dtype):
            marks.add(decimal_mark(column.dropna().astype(str).str.strip().unique()))
    # Programs that write decimal commas separate fields by semicolons.
    return "," if "," in marks or (None in marks and separator == ";") else None
