"""How imbalanced labels are, and what to try first."""

from __future__ import annotations

import dataclasses
import textwrap

import numpy as np

from keras_ranksim.labels.bins import (
    LabelBins,
    as_bins,
    distinct_texts,
    warn_of_labels_outside,
)
from keras_ranksim.labels.shots import FEW_BELOW, MANY_ABOVE, SHOTS, shots_of_counts
from keras_ranksim.validation import at_least_one, numbers

ROWS = 20
BAR = 40
# Fewer rows than this, and weights leave too few that count.
ENOUGH_ROWS = 2000
BALANCED_UP_TO = 5
RARE = 0.1
MEANINGS = {
    "many": f"more than {MANY_ABOVE} labels",
    "medium": f"{FEW_BELOW} to {MANY_ABOVE}",
    "few": f"1 to {FEW_BELOW - 1}",
    "zero": "none",
}


@dataclasses.dataclass(frozen=True, eq=False)
class Diagnosis:
    """What `kr.diagnose` found; `print` shows it in one screen.

    Args:
        labels: The labels, a flat float64 array.
        bins: The bins that they were counted in.
    """

    labels: np.ndarray
    bins: LabelBins

    @property
    def counts(self) -> np.ndarray:
        """Labels per bin."""
        return self.bins.count(self.labels)

    @property
    def shots(self):
        """Bins and labels of every shot, a `pandas.DataFrame`."""
        import pandas

        counts, shot = self.counts, shots_of_counts(self.counts)
        rows = {
            name: {"bins": int((shot == name).sum()), "labels": int(counts[shot == name].sum())}
            for name in SHOTS
        }
        return pandas.DataFrame.from_dict(rows, orient="index")

    @property
    def imbalance(self) -> float:
        """How many times as many labels the fullest bin holds as the rare ones.

        That is the bin at the first tenth of those with labels, sorted by what they hold.
        """
        counts = self.counts
        return float(counts.max() / np.quantile(counts[counts > 0], RARE, method="lower"))

    @property
    def middle_half(self) -> tuple[float, float]:
        """The narrowest range of bins that holds half of the labels."""
        sums = np.concatenate([[0], np.cumsum(self.counts)])
        ends = np.searchsorted(sums, sums[:-1] + sums[-1] / 2)
        starts = np.flatnonzero(ends < len(sums))
        widths = self.bins.edges[ends[starts]] - self.bins.edges[starts]
        start = starts[widths.argmin()]
        return float(self.bins.edges[start]), float(self.bins.edges[ends[start]])

    @property
    def advice(self) -> str:
        """What to try first."""
        if self.imbalance <= BALANCED_UP_TO:
            if self.shots.loc["few", "bins"] == 0:
                return (
                    "These labels are balanced enough. Train as usual and print kr.shot_report "
                    "once to be sure."
                )
            return (
                f"These labels are balanced enough, but some bins hold fewer than {FEW_BELOW}, "
                "which counts as rare. Choose wider bins, train as usual, and print "
                "kr.shot_report once to be sure."
            )
        if len(self.labels) < ENOUGH_ROWS:
            return (
                f"Rare labels are likely to be ignored, and {len(self.labels):,} labels are few: "
                "weights can cost more than they bring. Train VANILLA and SQINV + LDS, and "
                "compare their errors by shot over several seeds."
            )
        return (
            "Rare labels are likely to be ignored. Train VANILLA, tune its learning rate, and "
            "then SQINV + LDS: kr.label_weights(y, bins, kernel='gaussian') as sample_weight."
        )

    def __str__(self):
        low, high = self.middle_half
        edges = self.bins.edges
        share = (high - low) / (edges[-1] - edges[0])
        lowest, highest, low, high = distinct_texts(
            [self.labels.min(), self.labels.max(), low, high], among=edges
        )
        times = f"{self.imbalance:.1f}" if self.imbalance < 10 else f"{self.imbalance:,.0f}"
        lines = [
            f"{len(self.labels):,} labels from {lowest} to {highest}, in {len(self.bins)} bins",
            "",
            *_histogram(self.counts, self.bins),
            "",
            "shot      bins    labels",
        ]
        for name, row in self.shots.iterrows():
            part = row["labels"] / len(self.labels)
            lines.append(
                f"{name:<7}{row['bins']:>7}{row['labels']:>10,}  {part:>4.0%}   {MEANINGS[name]}"
            )
        return "\n".join(
            [
                *lines,
                "",
                f"Half of the labels lie from {low} to {high}, in {share:.0%} of the range.",
                f"The fullest bin holds {times} times as many labels as a bin of the rarest tenth.",
                "",
                *textwrap.wrap(self.advice, 80),
            ]
        )

    __repr__ = __str__


def diagnose(labels, bins: LabelBins | None = None) -> Diagnosis:
    """Reports how imbalanced labels are: the first thing to run on new data.

    Args:
        labels: Training labels, any shape.
        bins: The label bins; `None` takes `LabelBins.from_labels`.

    Returns:
        A `Diagnosis`. `print` shows a histogram, the labels by shot, and what to try first. Draw
        it with `kr.plots.label_histogram(diagnosis.counts, diagnosis.bins)`.

    Example:

    >>> import numpy as np
    >>> import keras_ranksim as kr
    >>> ages = np.random.default_rng(0).normal(35, 9, 5000).clip(0, 100).round()
    >>> diagnosis = kr.diagnose(ages, kr.LabelBins.uniform(0, 101, 1))
    >>> diagnosis.shots
            bins  labels
    many      24    4113
    medium    16     771
    few       21     116
    zero      40       0
    """
    labels = at_least_one("labels", numbers("labels", labels)).ravel()
    if bins is None:
        bins = LabelBins.from_labels(labels)  # which may leave out labels far from the rest
    else:
        warn_of_labels_outside(as_bins(bins), labels, stacklevel=3)
    return Diagnosis(labels, bins)


def _histogram(counts, bins):
    """Lines of text, neighboring bins together so that they fit a screen."""
    together = -(-len(counts) // ROWS)  # bins of a line, the same for all: bars show counts
    groups = np.split(np.arange(len(counts)), range(together, len(counts), together))
    sums = np.array([counts[group].sum() for group in groups])
    edges = distinct_texts([*(bins.edges[group[0]] for group in groups), bins.edges[-1]])
    width = max(map(len, edges))
    for start, stop, count in zip(edges, edges[1:], sums):
        # A bin with labels is never without a bar.
        bar = "█" * max(round(BAR * count / sums.max()), int(count > 0))
        yield f"{start:>{width}} - {stop:<{width}} {count:>9,}  {bar}".rstrip()
