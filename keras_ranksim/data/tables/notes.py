"""What was done to a table, in short sentences; what a user should look at is warned of."""

from __future__ import annotations

import warnings

import numpy as np

from keras_ranksim.data.tables.columns import NominalColumn, NumericColumn
from keras_ranksim.data.tables.kinds import DATES, IDENTIFIES_ROWS, texts


class Notes(list):
    """Sentences, in the order in which things were done."""

    def warn(self, sentence: str) -> None:
        """Adds a sentence, and warns with it."""
        self.append(sentence)
        warnings.warn(sentence, stacklevel=3)

    def left_out(self, left_out: dict, source: str) -> None:
        """Adds which columns are left out, and warns if a column looks meaningful."""
        for column, reason in left_out.items():
            if reason == DATES:
                self.warn(
                    f"Column '{column}' of {source} is left out, because it holds dates. Learn "
                    f"from its day, season and weekday with dates=['{column}'], or leave it out "
                    f"without this warning with drop=['{column}']."
                )
            elif reason in IDENTIFIES_ROWS:
                self.warn(
                    f"Column '{column}' of {source} is left out, because it holds {reason}. Name "
                    "it in `columns` to learn from it, or in `drop` to leave it out without this "
                    "warning."
                )
            else:
                self.append(f"Column '{column}' is left out, because it holds {reason}.")

    def numbers_in_text(self, frame, kinds: dict, source: str) -> None:
        """Warns of text such as ">500" in columns of numbers, which counts as missing.

        Args:
            frame: The table.
            kinds: The `Kind` of its columns by name.
            source: Its name.
        """
        for name, kind in kinds.items():
            odd = [mark for mark in kind.marks if any(map(str.isdigit, mark))]
            rows = int(np.isin(texts(frame[name]), odd).sum()) if odd else 0
            if rows:
                self.warn(
                    f"{rows} rows of column '{name}' of {source} hold text such as {odd[0]!r} "
                    "among the numbers, which counts as missing. Replace it if it means a number."
                )

    def copies(
        self, groups: np.ndarray, rows: dict, alike: str = "equal a training row in all columns"
    ) -> int:
        """Adds how many rows repeat an earlier one, and warns if they stand in two splits.

        Args:
            groups: What `groups_of_equal_rows` returned.
            rows: The rows of every split.
            alike: What the copies among them do.
        """
        copies = len(groups) - len(np.unique(groups))
        trained = np.isin(groups, groups[rows["train"]])
        leaked = sum(int(trained[rows[split]].sum()) for split in ("val", "test"))
        if leaked:
            self.warn(
                f"{leaked} rows of validation and test {alike}, so that "
                "their errors are too good. Drop the copies, or leave the split to this "
                "library, which keeps equal rows together."
            )
        elif copies:
            self.append(f"{copies} rows equal an earlier one; equal rows are in one split.")
        return copies

    def unseen(self, found: dict, evaluated: int) -> None:
        """Warns of categories that validation and test have and training has not."""
        for column, rows in found["unseen"].items():
            if rows > evaluated / 2:
                self.warn(
                    f"Column '{column}' is read as {found['nominal'][column]} categories, and "
                    f"{rows} of {evaluated} rows of validation and test have one that no training "
                    f"row has, so that it says nothing about them. Leave it out with "
                    f"drop=['{column}']; if it holds sentences, name it in `text`."
                )

    def missing(self, found: dict) -> None:
        """Adds which columns lack values."""
        if found["missing"]:
            listed = ", ".join(f"'{name}' {rows}" for name, rows in found["missing"].items())
            self.append(
                "Rows without a value, marked by an input (numbers and dates are then the median): "
                f"{listed}."
            )


def findings(columns, values: dict, rows: dict) -> dict:
    """What a report mentions about the columns: their kinds, what is missing, what is unseen.

    Args:
        columns: Those of an encoder.
        values: What the encoder read.
        rows: The rows of every split.
    """
    evaluated = np.concatenate([rows["val"], rows["test"]])
    found = {"numeric": [], "nominal": {}, "dates": [], "missing": {}, "unseen": {}}
    for column in columns:
        read = values[column.name]
        if missing := int(column.missing(read).sum()):
            found["missing"][column.name] = missing
        if not isinstance(column, NominalColumn):
            found["numeric" if isinstance(column, NumericColumn) else "dates"].append(column.name)
            continue
        trained = set(read[rows["train"]])
        found["nominal"][column.name] = len(trained - {""})
        if unseen := sum(text not in trained for text in read[evaluated]):
            found["unseen"][column.name] = unseen
    return found
