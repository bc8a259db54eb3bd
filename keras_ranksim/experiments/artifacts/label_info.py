"""What reports need to know of the labels of a run: name, unit, bins, counts, training labels."""

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
        train_labels: Training labels, ascending; empty for dense tasks.
    """

    name: str
    unit: str
    bins: LabelBins
    counts: np.ndarray
    shot_limits: tuple[float, float]
    train_labels: np.ndarray

    @classmethod
    def of(cls, benchmark) -> LabelInfo:
        """Takes it from a benchmark."""
        return cls(
            benchmark.label_name,
            benchmark.label_unit,
            benchmark.bins,
            np.asarray(benchmark.train_counts),
            benchmark.shot_limits,
            np.sort([] if benchmark.data.dense else benchmark.train_labels),
        )

    def save(self, folder: Path) -> None:
        """Writes `labels.npz`, each training label once."""
        values, repeats = np.unique(self.train_labels, return_counts=True)
        np.savez(
            folder / FILE,
            name=self.name,
            unit=self.unit,
            edges=self.bins.edges,
            counts=self.counts,
            shot_limits=self.shot_limits,
            train_values=values,
            train_repeats=repeats,
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
            np.repeat(saved["train_values"], saved["train_repeats"]),
        )
