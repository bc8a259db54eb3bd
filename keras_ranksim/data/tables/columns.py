"""How one column of a table becomes inputs of a network, from training statistics alone."""

from __future__ import annotations

import dataclasses
import warnings
from collections import Counter

import keras
import numpy as np
from keras import ops

from keras_ranksim.data.tables.dates import DateColumn, deviation_of
from keras_ranksim.data.tables.decimals import mark_shown, parsed
from keras_ranksim.data.tables.kinds import Kind, numbers_in, texts

# No text of a table equals this, so a category may have any name.
UNSEEN = "\0unseen"
# How other programs write the categories of a column of booleans.
BOOLEANS = {"true": "True", "1": "True", "false": "False", "0": "False"}


@dataclasses.dataclass(frozen=True)
class NumericColumn:
    """Numbers: missing ones replaced by the median, centered, scaled to a deviation of 1.

    If training rows lack values, a second input marks the rows that do. `thousands` says whether
    training rows hold the mark that separates thousands, as new rows then may.
    """

    name: str
    median: float
    mean: float
    deviation: float
    indicator: bool = False
    marks: tuple[str, ...] = ()
    decimal: str = "."
    thousands: bool = False

    dtype = "float64"

    @classmethod
    def fit(cls, name: str, column, kind: Kind) -> NumericColumn:
        """Takes the statistics of the training rows."""
        values, _ = numbers_in(column, kind)
        present = values[~np.isnan(values)]
        other_mark = "," if kind.decimal == "." else "."
        separated = column.dtype.kind not in "biufc" and any(
            other_mark in text for text in set(texts(column))
        )
        if len(present) == 0:
            return cls(name, 0.0, 0.0, 0.0, False, kind.marks, kind.decimal, separated)
        return cls(
            name=name,
            median=float(np.median(present)),
            mean=float(present.mean()),
            deviation=deviation_of(present),
            indicator=len(present) < len(values),
            marks=kind.marks,
            decimal=kind.decimal,
            thousands=separated,
        )

    @property
    def features(self) -> list[str]:
        """Names of the inputs; none if all training rows are equal."""
        value = [self.name] if self.deviation > 0 else []
        return value + ([f"{self.name} is missing"] if self.indicator else [])

    def read(self, column) -> np.ndarray:
        """Float64 values of a column of new rows, NaN if missing; other text raises."""
        values, wrong = numbers_in(column, Kind(False, self.marks, decimal=self.decimal))
        self._warn_of_marks(column)
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            raise ValueError(
                f"Column '{self.name}' must hold numbers, as in the encoder's own rows. "
                f"Received: {int(wrong.sum())} of {len(wrong)} rows with other text, the first "
                f"row {first}: {texts(column)[first]!r}"
            )
        return values

    def _warn_of_marks(self, column):
        if self.thousands or column.dtype.kind in "biufc":
            return
        _, unclear = mark_shown({text for text in texts(column) if text})
        if unclear is not None and ("," in unclear) == (self.decimal == "."):
            warnings.warn(
                f"Column '{self.name}': {unclear!r} is read as {parsed([unclear], self.decimal)[0]}"
                f", since the encoder's own rows have '{self.decimal}' as decimal mark. If that is "
                "wrong, write the numbers as there.",
                stacklevel=5,
            )

    def missing(self, values) -> np.ndarray:
        """Which of the values that `read` returned are missing."""
        return np.isnan(values)

    def layer(self) -> None:
        """Standardizing needs none.

        `keras.layers.Normalization` divides by at least 1e-7, which flattens a column with a
        small unit, for instance meters per nanosecond.
        """
        return

    def encode(self, values, layer=None) -> list:
        """Tensors `(rows, 1)` of the inputs in `features`."""
        missing = ops.isnan(values)
        encoded = []
        if self.deviation > 0:
            filled = ops.where(missing, ops.full_like(values, self.median), values)
            encoded.append((filled - self.mean) / self.deviation)
        if self.indicator:
            encoded.append(missing)
        return encoded


@dataclasses.dataclass(frozen=True)
class NominalColumn:
    """Categories, one input each.

    Missing values are a category of their own if training rows lack values. All categories beyond
    the most frequent ones share one input, as does a category that no training row has; without
    such an input, it is zero everywhere, because an input that was never 1 in training has
    untrained weights.
    """

    name: str
    categories: tuple[str, ...]
    others: bool = False

    dtype = "string"

    @classmethod
    def fit(cls, name: str, column, max_categories: int) -> NominalColumn:
        """Takes the categories of the training rows, the most frequent first."""
        count = Counter(texts(column).tolist())
        frequent = sorted(count, key=lambda text: (-count[text], text))
        kept = tuple(frequent[:max_categories])
        return cls(name, kept, others=len(kept) < len(frequent))

    @property
    def features(self) -> list[str]:
        """Names of the inputs; none if all training rows are equal."""
        if len(self.categories) + self.others < 2:
            return []
        named = [
            f"{self.name}={text}" if text else f"{self.name} is missing" for text in self.categories
        ]
        return [*named, f"{self.name} is another"] if self.others else named

    def read(self, column) -> np.ndarray:
        """Text of a column of new rows, `""` if missing."""
        text = texts(column)
        if not {*self.categories} - {""} <= {*BOOLEANS.values()}:
            return text
        return np.array([BOOLEANS.get(value.lower(), value) for value in text], dtype=object)

    def missing(self, values) -> np.ndarray:
        """Which of the values that `read` returned are missing."""
        return values == ""

    def layer(self) -> keras.layers.Layer:
        """The lookup from text to inputs, unknown text first."""
        return keras.layers.StringLookup(
            vocabulary=list(self.categories), oov_token=UNSEEN, output_mode="one_hot"
        )

    def encode(self, values, layer) -> list:
        """Tensors `(rows, categories)` of the inputs in `features`."""
        if not self.features:
            return []
        one_hot = layer(values)
        return [one_hot[:, 1:], one_hot[:, :1]] if self.others else [one_hot[:, 1:]]


KINDS = {"number": NumericColumn, "category": NominalColumn, "date": DateColumn}


def fit_column(name: str, column, kind: Kind, max_categories: int):
    """The encoding of a column from its training rows."""
    if kind.date:
        return DateColumn.fit(name, column, kind.day_first)
    if kind.nominal:
        return NominalColumn.fit(name, column, max_categories)
    return NumericColumn.fit(name, column, kind)


def column_config(column) -> dict:
    """The column as a dictionary that JSON can hold."""
    kind = next(name for name, kind in KINDS.items() if type(column) is kind)
    return {"kind": kind, **dataclasses.asdict(column)}


def column_from_config(config: dict):
    """The column that `column_config` described."""
    config = {
        key: tuple(value) if isinstance(value, list) else value for key, value in config.items()
    }
    return KINDS[config.pop("kind")](**config)
