"""Which columns of a table are numbers, which are categories, and which are neither."""

from __future__ import annotations

import dataclasses
import datetime
import numbers
import re
from collections.abc import Sequence

import numpy as np

# A column of text counts as numbers, or as dates, if this share of its rows, or of its distinct
# values, can be read as such.
MOSTLY = 0.9
# With fewer rows, a column that differs in every row need not be an identifier.
ENOUGH_ROWS = 20
IDENTIFIES_ROWS = ("a value per row", "row numbers")
CODE = re.compile(r"[+-]?0\d")
DATE = re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([T ].*)?")


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a column holds: numbers (`nominal` false), or categories.

    `marks` are the texts that stand for a missing value in a column of numbers, such as "?".
    """

    nominal: bool
    marks: tuple[str, ...] = ()


def column_kinds(frame, nominal: Sequence[str] = (), keep: Sequence[str] = ()) -> tuple[dict, dict]:
    """Finds out which columns of a table are numeric and which are nominal.

    Numbers are numeric however few distinct values they take; booleans, categorical columns and
    text are nominal, except text of which nine tenths are numbers: it is numeric, its other
    entries missing.

    Args:
        frame: A `pandas.DataFrame` without its label column.
        nominal: Names of columns that are nominal whatever they hold.
        keep: Names of columns that must not be left out.

    Returns:
        `(kinds, left_out)`: the `Kind` of every column that can be learned from, by name, and why
        the others cannot.
    """
    kinds, left_out = {}, {}
    for name in frame.columns:
        column = frame[name]
        kind = Kind(nominal=True) if name in nominal else _kind(name, column)
        reason = _nothing_to_learn(column)
        if reason is None and name not in nominal and name not in keep:
            reason = _identifies_rows(column, kind)
        if reason is None:
            kinds[name] = kind
        else:
            left_out[name] = reason
    return kinds, left_out


def texts(column) -> np.ndarray:
    """The values of a column as text, `""` where missing: 1, 1.0 and "1 " are all "1"."""
    import pandas

    codes, distinct = pandas.factorize(column)
    distinct = np.array([*map(_text, distinct), ""], dtype=object)
    return distinct[codes]


def numbers_in(column, kind: Kind) -> tuple[np.ndarray, np.ndarray]:
    """The values of a column as float64, NaN where missing, and which are not numbers."""
    import pandas

    if pandas.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype="float64", na_value=np.nan)
        wrong = np.zeros(len(values), dtype=bool)
    else:
        text = texts(column)
        values = _parsed(text)
        wrong = np.isnan(values) & ~np.isin(text, ["", *kind.marks])
    return np.where(np.isfinite(values), values, np.nan), wrong


def _kind(name, column):
    import pandas

    types, dtype = pandas.api.types, column.dtype
    if types.is_bool_dtype(dtype) or isinstance(dtype, pandas.CategoricalDtype):
        return Kind(nominal=True)
    if types.is_complex_dtype(dtype):
        raise _neither(name, column, "complex numbers")
    if types.is_numeric_dtype(dtype):
        return Kind(nominal=False)
    present = _distinct(column)
    if dtype.kind in "mM" or isinstance(dtype, pandas.PeriodDtype):
        raise _neither(name, present, "dates or times")
    if any(isinstance(value, (datetime.date, datetime.timedelta)) for value in present):
        raise _neither(name, present, "dates or times")
    odd = [value for value in present if not isinstance(value, (str, numbers.Number, np.bool_))]
    if odd:
        raise _neither(name, odd, f"values of type {type(odd[0]).__name__}")
    return _kind_of_text(name, column)


def _kind_of_text(name, column):
    import pandas

    count = pandas.Series(texts(column), dtype=object).value_counts().drop("", errors="ignore")
    text, rows = count.index.to_numpy(dtype=object), count.to_numpy()
    if len(text) == 0:
        return Kind(nominal=True)
    number = ~np.isnan(_parsed(text))
    mostly_numbers = max(number.mean(), rows[number].sum() / rows.sum()) >= MOSTLY
    if mostly_numbers and not any(map(CODE.match, text[number])):
        return Kind(nominal=False, marks=tuple(sorted(text[~number])))
    if np.mean([DATE.fullmatch(value) is not None for value in text]) >= MOSTLY:
        raise _neither(name, text, "dates or times")
    return Kind(nominal=True)


def _distinct(column):
    present = column.dropna()
    try:
        return present.unique()
    except TypeError:
        # Lists and the like have no hash; they raise later, one by one.
        return present


def _nothing_to_learn(column):
    import pandas

    if not pandas.api.types.is_numeric_dtype(column.dtype):
        column = pandas.Series([text or None for text in texts(column)], dtype=object)
    distinct = column.nunique(dropna=False)
    if distinct > 1:
        return None
    return "no value in any row" if column.isna().all() else "one value only"


def _identifies_rows(column, kind):
    if len(column) < ENOUGH_ROWS:
        return None
    if kind.nominal:
        text = texts(column)
        text = text[text != ""]
        return IDENTIFIES_ROWS[0] if len(set(text)) > MOSTLY * len(text) else None
    values, _ = numbers_in(column, kind)
    steps = np.diff(values)
    return IDENTIFIES_ROWS[1] if (steps == 1).all() or (steps == -1).all() else None


def _neither(name, values, what):
    example = next(iter(values), None)
    advice = (
        ", or turn it into a number first, such as the days since a fixed day"
        if what.startswith("dates")
        else ""
    )
    return ValueError(
        f"Column '{name}' must hold numbers or categories. Received: {what}, for instance "
        f"{str(example)!r}. Leave it out with drop=['{name}']{advice}."
    )


def _text(value):
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, numbers.Real) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _parsed(text):
    import pandas

    return pandas.to_numeric(pandas.Series(text, dtype=object), errors="coerce").to_numpy("float64")
