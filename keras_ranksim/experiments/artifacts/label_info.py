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
        train_values: The different training labels, ascending; empty for dense tasks.
        train_repeats: How often each occurs.
    """

    name: str
    unit: str
    bins: LabelBins
    counts: np.ndarray
    shot_limits: tuple[float, float]
    train_values: np.ndarray
    train_repeats: np.ndarray

    @property
    def train_labels(self) -> np.ndarray:
        """The training labels, ascending."""
        return np.repeat(self.train_values, self.train_repeats)

    @classmethod
    def of(cls, benchmark) -> LabelInfo:
        """Takes it from a benchmark."""
        return cls(
            benchmark.label_name,
            benchmark.label_unit,
            benchmark.bins,
            np.asarray(benchmark.train_counts),
            benchmark.shot_limits,
            *np.unique([] if benchmark.data.dense else benchmark.train_labels, return_counts=True),
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
            train_values=self.train_values,
            train_repeats=self.train_repeats,
        )

    @classmethod
    def load(cls, folder: Path) -> LabelInfo:
        """Reads `labels.npz`."""
        saved = read_arrays(folder / FILE)
        bins = LabelBins(saved["edges"])
        return cls(
            saved["name"].item(),
            saved["unit"].item(),
            bins,
            saved["counts"],
            tuple(saved["shot_limits"].tolist()),
            # Older runs did not keep them: then all labels of a bin are its middle.
            saved.get("train_values", bins.centers),
            saved.get("train_repeats", saved["counts"]),
        )
