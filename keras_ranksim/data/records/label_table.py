"""The labels of a data set, gathered while its samples are written."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np


class LabelTable:
    """Labels and training weights of the samples that pass, whatever their order.

    Args:
        weighted: Whether the weights mean something.
    """

    def __init__(self, weighted: bool):
        self.weighted = weighted
        self._rows = {}

    def noting(self, samples: Callable[[str], Iterator[dict]]) -> Callable[[str], Iterator[dict]]:
        """The same function from a split to its samples, which are noted as they pass."""

        @functools.wraps(samples)
        def noted(split):
            rows = self._rows[split] = []
            for sample in samples(split):
                label = np.asarray(sample["label"], dtype="float32")
                if not np.isfinite(label).all():
                    raise ValueError(
                        f"Every label must be a finite number. Received: {label.tolist()} at "
                        f"sample {sample['index']}"
                    )
                rows.append((sample["index"], label, sample["weight"]))
                yield sample

        return noted

    def arrays(self) -> dict[str, np.ndarray]:
        """The labels of each split in the order of their indices, and the training weights."""
        rows = {split: sorted(rows, key=_index) for split, rows in self._rows.items()}
        arrays = {split: np.array([label for _, label, _ in rows[split]]) for split in rows}
        if self.weighted:
            weights = [weight for *_, weight in rows["train"]]
            arrays["weights"] = np.array(weights, dtype="float32")
        return arrays


def _index(row):
    return row[0]
