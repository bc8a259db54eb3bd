"""Which columns of a table are numbers, which are categories, and which are neither."""

from __future__ import annotations

import dataclasses
import datetime
import numbers
import re
from collections.abc import Sequence

import numpy as np

from keras_ranksim.data.tables.dates import is_day_first, look_like_dates
from keras_ranksim.data.tables.decimals import decimal_mark, mark_shown, parsed

# A column of text counts as numbers, or as dates, if this share of its rows, or of its distinct
# values, can be read as such.
MOSTLY = 0.9
# With fewer rows, a column that differs in every row need not be an identifier.
ENOUGH_ROWS = 20
IDENTIFIES_ROWS = ("a value per row", "row numbers")
DATES = "dates"
# Whole numbers that differ in every row are identifiers if the name says so.
IDENTIFIER = re.compile(
    r"(?i:(?<![a-z])(id|nr|key)(?![a-z])|(?<![a-z])(no|number|nummer)\.?$)|[a-z]I[Dd]$"
)
CODE = re.compile(r"[+-]?0\d")


@dataclasses.dataclass(frozen=True)
class Kind:
    """What a column holds: numbers, categories (`nominal`) or dates (`date`).

    `marks` are the texts that stand for a missing value in a column of numbers, such as "?";
    `decimal` is their decimal mark. `day_first` says whether 1/2/2020 is in February, `None` where
    all dates begin with the year.
    """

    nominal: bool
    marks: tuple[str, ...] = ()
    date: bool = False
    decimal: str = "."
    day_first: bool | None = None


def column_kinds(
    frame,
    nominal: Sequence[str] = (),
    keep: Sequence[str] = (),
    dates: Sequence[str] = (),
    decimal: str | None = None,
) -> tuple[dict, dict]:
    """Finds out which columns of a table hold numbers, categories and dates.

    Numbers are numeric however few distinct values they take; booleans, categorical columns and
    text are nominal, except text of which nine tenths are numbers: it is numeric, its other
    entries missing.

    Args:
        frame: A `pandas.DataFrame` without its label column.
        nominal: Names of columns that are nominal whatever they hold.
        keep: Names of columns that must not be left out.
        dates: Names of columns of dates to learn from; others are left out.
        decimal: The decimal mark of numbers in text; `None` finds out for every column.

    Returns:
        `(kinds, left_out)`: the `Kind` of every column that can be learned from, by name, and why
        the others cannot.
    """
    kinds, left_out = {}, {}
    for name in frame.columns:
        column = frame[name]
        kind = Kind(nominal=True) if name in nominal else _kind(name, column, decimal)
        if name in dates and not kind.date:
            raise ValueError(
                f"`dates` must name columns of dates. Received: dates=['{name}'], whose values are "
                f"none, for instance {str(next(iter(column.dropna()), None))!r}"
            )
        if name in dates:
            kind = dataclasses.replace(kind, day_first=is_day_first(name, column))
        reason = _nothing_to_learn(column)
        if reason is None and kind.date and name not in dates and name not in keep:
            reason = DATES
        if reason is None and name not in nominal and name not in keep:
            reason = _identifies_rows(name, column, kind)
        if reason is None:
            kinds[name] = kind
        else:
            left_out[name] = reason
    return kinds, left_out


def texts(column) -> np.ndarray:
    """The values of a column as text, `""` where missing: 1, 1.0 and "1 " are all "1"."""
    import pandas

    try:
        codes, distinct = pandas.factorize(column)
    except TypeError:  # lists and the like have no hash
        raise _neither(column.name, column, "lists or the like") from None
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
        values = parsed(text, kind.decimal)
        wrong = np.isnan(values) & ~np.isin(text, ["", *kind.marks])
    return np.where(np.isfinite(values), values, np.nan), wrong


def label_kind(column, decimal: str | None = None) -> Kind:
    """The `Kind` of a column that must hold numbers: what its decimal mark is."""
    import pandas

    if pandas.api.types.is_numeric_dtype(column.dtype):
        return Kind(nominal=False)
    mark = decimal or _mark(column.name, np.unique(texts(column)))
    return Kind(nominal=False, decimal=mark)


def _kind(name, column, decimal):
    import pandas

    types, dtype = pandas.api.types, column.dtype
    if types.is_bool_dtype(dtype) or isinstance(dtype, pandas.CategoricalDtype):
        return Kind(nominal=True)
    if types.is_complex_dtype(dtype):
        raise _neither(name, column, "complex numbers")
    if types.is_numeric_dtype(dtype):
        return Kind(nominal=False, decimal=decimal or ".")
    present = _distinct(column)
    if dtype.kind == "m" or any(isinstance(value, datetime.timedelta) for value in present):
        raise _neither(name, present, "durations")
    if dtype.kind == "M" or isinstance(dtype, pandas.PeriodDtype):
        return Kind(nominal=False, date=True)
    if len(present) and all(isinstance(value, datetime.date) for value in present):
        return Kind(nominal=False, date=True)
    odd = [value for value in present if not isinstance(value, (str, numbers.Number, np.bool_))]
    if odd:
        raise _neither(name, odd, f"values of type {type(odd[0]).__name__}")
    return _kind_of_text(name, column, decimal)


def _kind_of_text(name, column, decimal):
    import pandas

    count = pandas.Series(texts(column), dtype=object).value_counts().drop("", errors="ignore")
    text, rows = count.index.to_numpy(dtype=object), count.to_numpy()
    if len(text) == 0:
        return Kind(nominal=True)
    number = ~np.isnan(parsed(text, decimal or decimal_mark(text) or ","))
    mostly_numbers = max(number.mean(), rows[number].sum() / rows.sum()) >= MOSTLY
    if mostly_numbers and not any(map(CODE.match, text[number])):
        mark = decimal or _mark(name, text)
        return Kind(nominal=False, marks=tuple(sorted(text[~number])), decimal=mark)
    if look_like_dates(text, MOSTLY):
        return Kind(nominal=False, date=True)
    return Kind(nominal=True)


def _mark(name, text):
    """The decimal mark of numbers in text, or an error if it cannot be known."""
    mark, unclear = mark_shown(text)
    if unclear is not None:
        sign, other = (",", ".") if "," in unclear else (".", ",")
        word = "comma" if sign == "," else "point"
        raise ValueError(
            f"`decimal` must say whether the {word} in {unclear!r} of column '{name}' is a decimal "
            f"{word} or separates thousands: decimal='{sign}' or decimal='{other}'. "
            "Received: decimal=None"
        )
    return mark or "."


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


def _identifies_rows(name, column, kind):
    if kind.date or len(column) < ENOUGH_ROWS:
        return None
    if kind.nominal:
        text = texts(column)
        text = text[text != ""]
        return IDENTIFIES_ROWS[0] if len(set(text)) > MOSTLY * len(text) else None
    values, _ = numbers_in(column, kind)
    whole = not np.isnan(values).any() and (values == np.round(values)).all()
    if not whole or len(np.unique(values)) < len(values):
        return None
    if len(values) > np.ptp(values) * MOSTLY:  # in any order, a few left out
        return IDENTIFIES_ROWS[1]
    return IDENTIFIES_ROWS[0] if IDENTIFIER.search(name) else None


def _neither(name, values, what):
    example = next(iter(values), None)
    return ValueError(
        f"Column '{name}' must hold numbers, categories or dates. Received: {what}, for instance "
        f"{str(example)!r}. Leave it out with drop=['{name}']."
    )


def _text(value):
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, numbers.Real) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()
