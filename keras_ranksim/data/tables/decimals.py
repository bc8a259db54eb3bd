"""Numbers as text: decimal points, decimal commas, separated thousands."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

MARKS = (".", ",")
GAP = r"[.\s'\u2019]"  # separates thousands where the decimal mark is a comma
WITH_COMMA = re.compile(rf"[+-]?(\d+|\d{{1,3}}({GAP}\d{{3}})+)(,\d+)?([eE][+-]?\d+)?")
WITH_POINT = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")


def decimal_mark(text: Iterable[str]) -> str | None:
    """The decimal mark of numbers in text, or `None` if both would make sense.

    Args:
        text: The values of a column, numbers or not.

    Example:

    >>> from keras_ranksim.data.tables.decimals import decimal_mark
    >>> decimal_mark(["12,5", "7"]), decimal_mark(["1,234.5"]), decimal_mark(["1,234", "5,000"])
    (',', '.', None)
    """
    commas = [value for value in text if "," in value]
    comma = [WITH_COMMA.fullmatch(value) is not None for value in commas]
    point = [WITH_POINT.fullmatch(value) is not None for value in commas]
    only_comma = any(one and not other for one, other in zip(comma, point))
    only_point = any(other and not one for one, other in zip(comma, point))
    if only_comma and not only_point:
        return ","
    return None if any(comma) and not only_point else "."


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
