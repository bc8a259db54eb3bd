"""A column of dates as inputs of a network."""

from __future__ import annotations

import dataclasses
import functools
import math
import re

import numpy as np
from keras import ops

ISO = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?")
SHORT = re.compile(r"(\d{1,2})([-/.])(\d{1,2})[-/.]\d{2,4}([T ].*)?")
MOST_WRONG = 0.1  # of the rows; below, what is no date counts as missing
CYCLES = {"year": 365.2425, "week": 7.0, "day": 1.0}  # in days


@dataclasses.dataclass(frozen=True)
class DateColumn:
    """Dates: the day as a number, and the place in the year, the week and the day as an angle.

    The number is centered and scaled like other numbers. An angle is two inputs, its sine and
    cosine, so that December is next to January. Missing dates are the median, and marked.

    Args:
        name: Name of the column.
        median, mean, deviation: Of the training rows, in days since 1970.
        cycles: Which of `CYCLES` the training rows differ in.
        indicator: Whether training rows lack values.
        day_first: Whether 1/2/2020 is in February; `None` if new rows have to show it.
    """

    name: str
    median: float
    mean: float
    deviation: float
    cycles: tuple[str, ...]
    indicator: bool = False
    day_first: bool | None = None

    dtype = "float64"

    @classmethod
    def fit(cls, name: str, column, day_first: bool | None) -> DateColumn:
        """Takes the statistics of the training rows."""
        days = days_in(column, day_first)
        present = days[~np.isnan(days)]
        if len(present) == 0:
            return cls(name, 0.0, 0.0, 0.0, (), day_first=day_first)
        statistics = np.median(present), present.mean(), deviation_of(present)
        cycles = [cycle for cycle, length in CYCLES.items() if np.ptp(present % length) > 1e-9]
        lacking = len(present) < len(days)
        return cls(name, *map(float, statistics), tuple(cycles), lacking, day_first)

    @property
    def features(self) -> list[str]:
        """Names of the inputs; none if all training rows are equal."""
        value = [self.name] if self.deviation > 0 else []
        angles = [f"{self.name} in its {c}, {f}" for c in self.cycles for f in ("sine", "cosine")]
        return [*value, *angles, *[f"{self.name} is missing"] * self.indicator]

    def read(self, column) -> np.ndarray:
        """Days since 1970 of a column of new rows, NaN if missing; other text raises."""
        shown = is_day_first(self.name, column) if self.day_first is None else self.day_first
        if shown is not None:
            self._check_order(column, shown)
        days = days_in(column, shown)
        filled = column.notna() & (column.astype(str).str.strip() != "")
        wrong = np.isnan(days) & filled.to_numpy()
        if wrong.sum() > MOST_WRONG * len(days):
            raise ValueError(
                f"Column '{self.name}' must hold dates, as in the encoder's own rows. Received: "
                f"{int(wrong.sum())} of {len(days)} rows with other text, for instance "
                f"{str(column[wrong].iloc[0])!r}"
            )
        return days

    def _check_order(self, column, day_first):
        for text in column.dropna().astype(str).unique():
            part = SHORT.fullmatch(text.strip())
            if part and int(part[3] if day_first else part[1]) > 12:
                order = "the day before the month" if day_first else "the month before the day"
                raise ValueError(
                    f"Column '{self.name}' must hold dates with {order}, as in the encoder's own "
                    f"rows, or with the year first. Received: {text!r}"
                )

    def missing(self, values) -> np.ndarray:
        """Which of the values that `read` returned are missing."""
        return np.isnan(values)

    def layer(self) -> None:
        """Angles need none."""
        return

    def encode(self, values, layer=None) -> list:
        """Tensors `(rows, 1)` of the inputs in `features`."""
        missing = ops.isnan(values)
        filled = ops.where(missing, ops.full_like(values, self.median), values)
        encoded = [(filled - self.mean) / self.deviation] if self.deviation > 0 else []
        for cycle in self.cycles:
            angle = 2 * math.pi / CYCLES[cycle] * filled
            encoded += [ops.sin(angle), ops.cos(angle)]
        return encoded + [missing] * self.indicator


def deviation_of(values) -> float:
    """The standard deviation; exactly 0 for equal values, whose mean may be rounded."""
    return 0.0 if values.min() == values.max() else float(values.std())


def look_like_dates(text, share: float) -> bool:
    """Whether at least this share of texts is written as dates are."""
    dates = [bool(ISO.fullmatch(value) or SHORT.fullmatch(value)) for value in text]
    return np.mean(dates) >= share


def days_in(column, day_first: bool | None = False) -> np.ndarray:
    """The dates of a column as float64 days since 1970, NaN for what is none."""
    import pandas

    if isinstance(column.dtype, pandas.PeriodDtype):
        column = column.dt.to_timestamp()
    read = functools.partial(pandas.to_datetime, format="mixed", errors="coerce", utc=True)
    dates = read(column)
    year_first = column.astype(str).str.strip().str.match(r"\d{4}\D")
    if day_first and not year_first.all():
        dates = dates.where(year_first, read(column.mask(year_first), dayfirst=True))
    # In microseconds: nanoseconds do not reach the year 2263.
    since_1970 = dates.dt.tz_convert(None).to_numpy("datetime64[us]") - np.datetime64(0, "us")
    return since_1970 / np.timedelta64(1, "D")


def is_day_first(name: str, column) -> bool | None:
    """Whether the day stands before the month; `None` if the year stands first everywhere.

    Raises if nothing in the column shows it, or if the column shows both.
    """
    parts = [SHORT.fullmatch(text.strip()) for text in column.dropna().astype(str).unique()]
    parts = [part for part in parts if part]
    if not parts:
        return None
    month_first = [part[0] for part in parts if int(part[3]) > 12]
    day_first = [part[0] for part in parts if int(part[1]) > 12]
    if bool(month_first) != bool(day_first):
        return bool(day_first)
    if not day_first and any(part[2] == "." for part in parts):
        return True
    unclear = f"{parts[0][0]!r} may be day or month first"
    if day_first and month_first:
        unclear = f"{day_first[0]!r} has the day first and {month_first[0]!r} the month"
    raise ValueError(
        f"`dates` must name columns of dates whose order is clear. Received: column '{name}', in "
        f"which {unclear}. Write dates like 2020-12-31, or leave "
        f"the column out with drop=['{name}']"
    )
