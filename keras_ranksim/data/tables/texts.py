"""A column of text beside the other columns of a table, as vectors of a pretrained transformer."""

from __future__ import annotations

import numpy as np

from keras_ranksim.data.tables.encoder import TableEncoder
from keras_ranksim.data.tables.file import read_table
from keras_ranksim.networks.sentence_vectors import sentence_vectors


class TextTableEncoder:
    """Encodes the columns of a table, and a column of text as one vector per row.

    Vectors have unit length; multiplied by the root of their size, their numbers are about as large
    as centered and scaled ones.

    Args:
        table: The `TableEncoder` of the other columns, or `None` if there are none.
        text: Name of the column of text.
        encoder: As in `kr.networks.sentence_vectors`.
        cache_dir: As there.
        verbose: As there.
    """

    def __init__(
        self, table: TableEncoder | None, text: str, encoder, *, cache_dir=None, verbose=True
    ):
        self.table, self.text, self.encoder = table, text, encoder
        self.cache_dir, self.verbose = cache_dir, verbose
        self.size = 0
        self.columns = () if table is None else table.columns

    def read(self, csv_path_or_frame, *, encoding: str | None = None) -> dict[str, np.ndarray]:
        """As `TableEncoder.read`; missing text is `""`."""
        frame = read_table(csv_path_or_frame, encoding=encoding).frame
        if self.text not in frame.columns:
            raise ValueError(
                f"`csv_path_or_frame` must have the column of text '{self.text}'. Received: the "
                f"columns {list(frame.columns)}"
            )
        values = {}
        if self.table is not None:
            values = self.table.read(csv_path_or_frame, encoding=encoding)
        return {**values, self.text: frame[self.text].fillna("").astype(str).to_numpy(dtype=object)}

    def encode(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """Encodes what `read` returned."""
        vectors = sentence_vectors(
            values[self.text], self.encoder, cache_dir=self.cache_dir, verbose=self.verbose
        )
        self.size = vectors.shape[1]
        scaled = vectors * np.float32(np.sqrt(vectors.shape[1]))
        return scaled if self.table is None else np.hstack([self.table.encode(values), scaled])

    def transform(self, csv_path_or_frame, *, encoding: str | None = None) -> np.ndarray:
        """Encodes rows, new ones included, as `TableEncoder.transform` does."""
        return self.encode(self.read(csv_path_or_frame, encoding=encoding))

    @property
    def feature_names(self) -> list[str]:
        """Names of the inputs; known once rows were encoded."""
        names = [] if self.table is None else self.table.feature_names
        return [*names, *(f"{self.text} {number}" for number in range(self.size))]


def check_text(text, encoder) -> None:
    """Raises unless both a column of text and an encoder are given, or none."""
    if (text is None) != (encoder is None):
        raise ValueError(
            "`text` and `encoder` must be given together: the column of sentences, and the "
            "pretrained transformer that reads them. Received: "
            + ("`text` alone" if encoder is None else "`encoder` alone")
        )
