"""Reading a table from a CSV file or a DataFrame."""

from __future__ import annotations

import bz2
import dataclasses
import gzip
import io
import lzma
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from keras_ranksim.data.tables.decimals import MARKS, mark_shown, parsed
from keras_ranksim.data.tables.kinds import MOSTLY
from keras_ranksim.validation import one_of

SEPARATORS = ",;\t|"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
HEAD = 2**16  # bytes in which the header ends
ARCHIVE = b"PK\x03\x04"
NAMED_SEPARATOR = re.compile(r"\s*sep=([,;\t|])[\r\n]+")  # as spreadsheets write it
FIRST_LINE = re.compile(r'\s*("[^"]*"|[^"\n])*')
ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")


OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


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
    if table.frame.columns.nlevels > 1:
        raise ValueError(
            f"{table.source} must have one name per column. Received: columns of "
            f"{table.frame.columns.nlevels} levels"
        )
    frame, source = table.frame.rename(columns=str).reset_index(drop=True), table.source
    if frame.columns.has_duplicates:
        raise _repeated(source, frame.columns[frame.columns.duplicated()])
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
    is_one = isinstance(names, str) or not isinstance(names, Iterable)
    names = [] if names is None else [names] if is_one else names
    names = list(dict.fromkeys(map(str, names)))  # as the columns of the frame
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
        with OPENERS.get(path.suffix.lower(), open)(path, "rb") as file:
            contents = file.read()
        if contents.startswith(ARCHIVE):
            raise ValueError("an archive or a spreadsheet; unpack it, or save it as CSV")
        encoding = encoding or _encoding_of(contents)
        separator, contents = _separator(contents, encoding)
        arguments = {"sep": separator, "encoding": encoding, "low_memory": False}
        frame = _parsed_csv(contents, **arguments)
        if decimal is None and (separator != "," or _shows_marks(frame)):
            # Fields are text in this frame: 7.50 shows a decimal point, 1.250 may be 1250.
            as_text = _parsed_csv(contents, dtype=str, **arguments)
            decimal, unclear = _decimal_of(as_text)
            frame = frame.assign(**as_text[unclear])  # where a column that is used asks
        if decimal == ",":
            frame = _parsed_csv(contents, decimal=",", **arguments)
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
    _check_header(contents, path, **arguments)
    notes = [f"Fields are separated by {separator!r}."] * (separator != ",")
    notes += [f"Letters are encoded in {encoding}."] * (not encoding.lower().startswith("utf-8"))
    notes += ["Numbers have decimal commas."] * (decimal == ",")
    return Table(frame, f"'{path}'", decimal, tuple(notes))


def _check_header(contents, path, **arguments):
    """Raises for names that stand twice, of which pandas makes others."""
    header = _parsed_csv(contents, header=None, nrows=1, dtype=str, **arguments)
    names = header.iloc[0].dropna()
    if names.duplicated().any():
        raise _repeated(f"'{path}'", names[names.duplicated()])


def _repeated(source, names):
    names = sorted(set(names))
    return ValueError(
        f"{source} must give every column a different name. Received: "
        f"{len(names)} names twice, the first '{names[0]}'"
    )


def _parsed_csv(contents, **arguments):
    import pandas

    with warnings.catch_warnings():
        # Else the first fields of rows longer than the header silently become an index.
        warnings.simplefilter("error", pandas.errors.ParserWarning)
        return pandas.read_csv(io.BytesIO(contents), index_col=False, **arguments)


def _encoding_of(contents):
    if contents[:2] in UTF_16:
        return "utf-16"
    for encoding in ENCODINGS:
        try:
            contents.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise AssertionError("latin-1 decodes anything")


def _separator(contents, encoding):
    """The separator of the fields, and the contents without a line that only names it.

    It is the one that occurs most often in the header outside quotes.
    """
    head = contents[:HEAD].decode(encoding, errors="ignore")
    named = NAMED_SEPARATOR.match(head)
    if named:
        return named[1], contents.decode(encoding)[named.end() :].encode(encoding)
    outside = "".join(FIRST_LINE.match(head)[0].split('"')[::2])
    return max(SEPARATORS, key=outside.count), contents


def _shows_marks(frame):
    """Whether a column that was not read as numbers has numbers with a decimal mark."""
    columns = [frame[name] for name in frame.select_dtypes(exclude="number").columns]
    return any(any(mark_shown(_distinct_texts(column))) for column in columns)


def _decimal_of(frame):
    """The one decimal mark that columns of numbers show, and the columns that leave it unclear.

    Args:
        frame: The table, all of whose fields are text.
    """
    marks, unclear = set(), []
    for name in frame.columns:
        text = _distinct_texts(frame[name])
        mark, example = mark_shown(text)
        if (mark or example) and np.isfinite(parsed(text, mark or ",")).mean() >= MOSTLY:
            marks.add(mark)
            unclear += [name] * (mark is None)
    marks.discard(None)
    if len(marks) == 1:
        return marks.pop(), []
    return None, unclear


def _distinct_texts(column):
    return column.dropna().astype(str).str.strip().unique()
