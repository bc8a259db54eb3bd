"""Numbers as text: decimal points, decimal commas, separated thousands."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

MARKS = (".", ",")
GAP = r"[.\s'\u2019]"  # separates thousands where the decimal mark is a comma
WITH_COMMA = re.compile(rf"[+-]?(\d+|[1-9]\d{{0,2}}({GAP}\d{{3}})+)(,\d+)?([eE][+-]?\d+)?")
WITH_POINT = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
WHOLE = re.compile(r"[+-]?(\d+)")


def decimal_mark(text: Iterable[str]) -> str | None:
    """The decimal mark of numbers in text, or `None` if both would make sense.

    Args:
        text: The values of a column, numbers or not.

    Example:

    >>> from keras_ranksim.data.tables.decimals import decimal_mark
    >>> decimal_mark(["12,5", "7"]), decimal_mark(["1,234.5"]), decimal_mark(["1,234", "5,000"])
    (',', '.', None)
    """
    mark, unclear = mark_shown(text)
    return None if unclear else mark or "."


def mark_shown(text: Iterable[str]) -> tuple[str | None, str | None]:
    """The decimal mark that a column shows; if it shows none, a value that leaves it unclear.

    In 1,234 the comma may separate thousands. In 1.234 the point may, too, if smaller numbers
    of the column lack it, and no larger one does.

    Args:
        text: The values of a column, numbers or not.

    Example:

    >>> from keras_ranksim.data.tables.decimals import mark_shown
    >>> mark_shown(["1.234.567"]), mark_shown(["7.50", "1.250"]), mark_shown(["950", "1.250"])
    ((',', None), ('.', None), (None, '1.250'))
    """
    text = list(text)
    marked = [value for value in text if "," in value or "." in value]
    by_comma = [value for value in marked if WITH_COMMA.fullmatch(value)]
    by_point = [v for v in marked if WITH_POINT.fullmatch(v) or PLAIN.fullmatch(v)]
    only_comma, only_point = set(by_comma) - set(by_point), set(by_point) - set(by_comma)
    # A point may still be read in a column of decimal commas, 1,234.5 may not.
    if only_comma and not any("," in value for value in only_point):
        return ",", None
    if only_point:
        return ".", None
    whole = [WHOLE.fullmatch(value) for value in text]
    digits = [len(match[1]) for match in whole if match]
    may_be_thousands = digits and max(digits) <= 3
    unclear = [value for value in by_comma if "," in value or may_be_thousands]
    return None, next(iter(unclear), None)


def parsed(text: Iterable[str], decimal: str = ".") -> np.ndarray:
    """Text as float64, NaN for what is no number.

    Args:
        text: The values.
        decimal: Their decimal mark. A number with the other one is read only if it can be no
            separator of thousands.

    Example:

    >>> from keras_ranksim.data.tables.decimals import parsed
    >>> parsed(["1.234,5", "1.234", "1.5", "two"], decimal=",")
    array([1234.5, 1234. ,    1.5,    nan])
    """
    import pandas

    pattern, gaps = (WITH_COMMA, GAP) if decimal == "," else (WITH_POINT, ",")

    def plain(value):
        if not pattern.fullmatch(value):
            return value
        return re.sub(gaps, "", value).replace(",", ".")

    values = pandas.Series([plain(value) for value in text], dtype=object)
    return pandas.to_numeric(values, errors="coerce").to_numpy("float64")
