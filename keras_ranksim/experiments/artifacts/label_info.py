"""What a page needs to know of the labels of a run: name, unit, bins, counts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from keras_ranksim.experiments.files import read_arrays
from keras_ranksim.labels.bins import LabelBins

FILE = "labels.npz"


@dataclasses.dataclass(frozen=True, eq=False)
class LabelInfo:
    """The label of a benchmark.

    Args:
        name: What it is, for instance `"age"`.
        unit: Its unit, or an empty string.
        bins: The label bins.
        counts: Training labels per bin; for dense tasks pixels.
        shot_limits: `(many_above, few_below)`, as in `shots_of_counts`.
    """

    name: str
    unit: str
    bins: LabelBins
    counts: np.ndarray
    shot_limits: tuple[float, float]

    @classmethod
    def of(cls, benchmark) -> LabelInfo:
        """Takes it from a benchmark."""
        return cls(
            benchmark.label_name,
            benchmark.label_unit,
            benchmark.bins,
            np.asarray(benchmark.train_counts),
            benchmark.shot_limits,
        )

    def save(self, folder: Path) -> None:
        """Writes `labels.npz`."""
        np.savez(
            folder / FILE,
            name=self.name,
            unit=self.unit,
            edges=self.bins.edges,
            counts=self.counts,
            shot_limits=self.shot_limits,
        )

    @classmethod
    def load(cls, folder: Path) -> LabelInfo:
        """Reads `labels.npz`."""
        saved = read_arrays(folder / FILE)
        return cls(
            saved["name"].item(),
            saved["unit"].item(),
            LabelBins(saved["edges"]),
            saved["counts"],
            tuple(saved["shot_limits"].tolist()),
        )
