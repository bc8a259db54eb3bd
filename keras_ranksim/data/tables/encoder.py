"""Rows of a table to rows of a float32 matrix, for training and for new rows later."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_ranksim.data.tables.columns import (
    NominalColumn,
    column_config,
    column_from_config,
    fit_column,
)
from keras_ranksim.data.tables.file import read_table
from keras_ranksim.data.tables.kinds import column_kinds
from keras_ranksim.registration import registered
from keras_ranksim.validation import positive_integer


@registered
class TableEncoder(keras.layers.Layer):
    """Turns the columns of a table into a matrix a network can learn from.

    Numbers are centered and scaled to a deviation of 1; missing ones are replaced by the median and
    marked by an extra input. Categories become one input each, dates a number and angles. All
    statistics come from the rows it was made from. `load_table` stores one in
    `benchmark.facts["encoder"]`: use its `transform` on new rows, `save` it next to the model, or
    use it as the first layer of the model.

    Args:
        columns: The columns as dictionaries, as in `get_config`; `from_frame` makes an encoder
            from rows.
        **kwargs: As in every Keras layer.

    Call arguments:
        columns: Dictionary of the columns by name, tensors of shape `(rows, 1)`: float64 with
            NaN for a missing number, text with `""` for a missing category.

    Example:

    >>> import keras, keras_ranksim as kr, pandas
    >>> rows = pandas.DataFrame({"area": [50.0, 70.0, None], "town": ["Ulm", "Bonn", "Ulm"]})
    >>> encoder = kr.data.TableEncoder.from_frame(rows)
    >>> encoder.feature_names
    ['area', 'area is missing', 'town=Ulm', 'town=Bonn']
    >>> encoder.transform(rows)
    array([[-1.,  0.,  1.,  0.],
           [ 1.,  0.,  0.,  1.],
           [ 0.,  1.,  1.,  0.]], dtype=float32)

    A model that takes the columns themselves, ready to be saved and served:

    >>> inputs = encoder.keras_inputs()
    >>> served = keras.Model(inputs, keras.layers.Dense(1)(encoder(inputs)))
    >>> served.predict(encoder.inputs(rows), verbose=0).shape
    (3, 1)
    """

    def __init__(self, columns: Sequence[dict], **kwargs):
        super().__init__(**{"dtype": "float64", "autocast": False, "trainable": False, **kwargs})
        self.columns = tuple(column_from_config(dict(column)) for column in columns)
        self.feature_names = [name for column in self.columns for name in column.features]
        if not self.feature_names:
            raise ValueError(
                "`columns` must hold at least one column whose rows differ, or there is nothing "
                f"to learn from. Received: columns={[column.name for column in self.columns]}"
            )
        text = [column.name for column in self.columns if isinstance(column, NominalColumn)]
        if text and keras.config.backend() != "tensorflow":
            raise ValueError(
                f"Column '{text[0]}', which holds categories, needs the TensorFlow backend: set "
                "the environment variable KERAS_BACKEND to tensorflow, or make numbers of it. "
                f"Received: the backend '{keras.config.backend()}'"
            )
        self._lookups = {
            str(number): column.layer()
            for number, column in enumerate(self.columns)
            if isinstance(column, NominalColumn)
        }
        self.built = True

    @classmethod
    def from_frame(
        cls,
        frame,
        nominal: Iterable[str] = (),
        max_categories: int = 50,
        kinds: dict | None = None,
        dates: Iterable[str] = (),
    ) -> TableEncoder:
        """Makes an encoder from the training rows.

        Args:
            frame: A `pandas.DataFrame` of the training rows, without the label.
            nominal: Names of numeric columns that stand for categories.
            max_categories: Maximum categories per column with an input of their own; rarer ones
                share one.
            kinds: The result of `column_kinds` on more rows than these.
            dates: Names of columns of dates; others are left out.
        """
        positive_integer("max_categories", max_categories, "categories with an input of their own")
        frame = frame.rename(columns=str)
        kinds = column_kinds(frame, [*nominal], dates=[*dates])[0] if kinds is None else kinds
        columns = [
            fit_column(name, frame[name], kind, max_categories) for name, kind in kinds.items()
        ]
        return cls([column_config(column) for column in columns])

    def read(self, csv_path_or_frame, *, encoding: str | None = None) -> dict[str, np.ndarray]:
        """The encoder's columns of a table as arrays by name; others are ignored.

        Args:
            csv_path_or_frame: As in `transform`.
            encoding: The encoding of a file; `None` tries UTF-8, then that of Western Windows.
        """
        commas = any(getattr(column, "decimal", ".") == "," for column in self.columns)
        table = read_table(csv_path_or_frame, decimal="," if commas else ".", encoding=encoding)
        frame, source = table.frame, table.source
        absent = [column.name for column in self.columns if column.name not in frame.columns]
        if absent:
            raise ValueError(
                f"{source} must have the columns this encoder was made from. Received: a table "
                f"without {len(absent)} of {len(self.columns)}, the first: "
                + ", ".join(f"'{name}'" for name in absent[:5])
            )
        return {column.name: column.read(frame[column.name]) for column in self.columns}

    def transform(self, csv_path_or_frame, *, encoding: str | None = None) -> np.ndarray:
        """Encodes rows, new ones included.

        Args:
            csv_path_or_frame: A CSV file or `pandas.DataFrame` with the encoder's columns.
            encoding: As in `read`.

        Returns:
            A float32 array of shape `(rows, len(feature_names))`.
        """
        return self.encode(self.read(csv_path_or_frame, encoding=encoding))

    def inputs(self, csv_path_or_frame) -> dict[str, tf.Tensor]:
        """The columns of a table as what a model takes that was made on `keras_inputs`.

        `model.predict` rounds them to float32; `model(inputs)` keeps numbers of more than seven
        digits, such as times in seconds.
        """
        return self._tensors(self.read(csv_path_or_frame))

    def encode(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """Encodes what `read` returned."""
        return ops.convert_to_numpy(self(self._tensors(values)))

    def _tensors(self, values):
        return {
            column.name: tf.constant(values[column.name], column.dtype)[:, None]
            for column in self.columns
        }

    def keras_inputs(self) -> dict[str, keras.KerasTensor]:
        """Fresh `keras.Input`s of the columns, to call the encoder on inside a model."""
        # The arguments of exported models have these names, which must be like those of variables.
        names = {
            column.name: column.name
            if re.fullmatch(r"[a-zA-Z_]\w*", column.name, re.ASCII)
            else re.sub(r"\W", "_", f"column_{number}_{column.name}", flags=re.ASCII)
            for number, column in enumerate(self.columns)
        }
        return {
            column.name: keras.Input((1,), dtype=column.dtype, name=names[column.name])
            for column in self.columns
        }

    def call(self, columns):
        encoded = []
        for number, column in enumerate(self.columns):
            lookup = self._lookups.get(str(number))
            encoded += column.encode(columns[column.name], lookup)
        return ops.concatenate([ops.cast(part, "float32") for part in encoded], axis=-1)

    def compute_output_spec(self, columns):
        rows = columns[self.columns[0].name].shape[0]
        return keras.KerasTensor((rows, len(self.feature_names)), dtype="float32")

    def get_config(self):
        return {
            **super().get_config(),
            "columns": [column_config(column) for column in self.columns],
        }

    def save(self, path: str | os.PathLike) -> None:
        """Writes the encoder to a JSON file for `TableEncoder.load`."""
        Path(path).write_text(json.dumps(self.get_config(), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, path: str | os.PathLike) -> TableEncoder:
        """Reads an encoder that `save` wrote."""
        if not Path(path).is_file():
            raise FileNotFoundError(f"`path` must be a file that save() wrote. Received: {path}")
        try:
            return cls.from_config(json.loads(Path(path).read_text(encoding="utf-8")))
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(
                f"`path` must be a file that TableEncoder.save() wrote. Received: {path} ({error})"
            ) from error
