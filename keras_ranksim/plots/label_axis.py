"""Parts of figures with a label axis: shaded shots, zero-shot ranges, the histogram."""

from __future__ import annotations

import numpy as np

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.labels.shots import SHOTS, shots_of_counts
from keras_ranksim.validation import numbers, same_length

NARROWEST_NAMED = 0.02
LINEAR_UP_TO = 30  # times the few-shot limit; above it, few-shot bars would be invisible


def counts_of_bins(counts, bins: LabelBins) -> np.ndarray:
    """Checks training counts: one per bin, none negative, one above 0."""
    counts = numbers("counts", counts, ndim=1)
    same_length(counts=counts, bins=as_bins(bins))
    if (counts < 0).any() or not counts.any():
        raise ValueError(
            "`counts` must hold the training labels of every bin, at least 0 and above 0 in "
            f"some. Received: counts from {counts.min():g} to {counts.max():g}"
        )
    return counts


def shot_ranges(counts, bins: LabelBins, shot_limits) -> list[tuple[str, float, float]]:
    """Neighboring bins of one shot as ranges of the label.

    Example:

    >>> import keras_ranksim as kr
    >>> from keras_ranksim.plots.label_axis import shot_ranges
    >>> shot_ranges([3, 5, 200, 0], kr.LabelBins([0, 1, 2, 3, 4]), (100, 20))
    [('few', 0.0, 2.0), ('many', 2.0, 3.0), ('zero', 3.0, 4.0)]
    """
    shot = shots_of_counts(counts, *shot_limits)
    starts = np.flatnonzero(np.r_[True, shot[1:] != shot[:-1]])
    stops = np.r_[starts[1:], len(shot)]
    edges = bins.edges.tolist()
    return [(str(shot[i]), edges[i], edges[j]) for i, j in zip(starts.tolist(), stops.tolist())]


def shade_shots(axes, counts, bins, shot_limits, theme) -> None:
    """Shades the background by shot; zero-shot ranges are hatched.

    Args:
        axes: Matplotlib axes with the label on the x axis.
        counts: Training labels of every bin.
        bins: The label bins.
        shot_limits: `(many_above, few_below)`, as in `shots_of_counts`.
        theme: The `Theme`.
    """
    for shot, start, stop in shot_ranges(counts, bins, shot_limits):
        if shot != "zero":
            axes.axvspan(start, stop, color=theme.shots[shot], alpha=0.13, linewidth=0, zorder=0)
    hatch_zero_shot(axes, counts, bins, theme, named=False)


def hatch_zero_shot(axes, counts, bins, theme, named: bool) -> None:
    """Hatches the ranges of the label that training never saw.

    Args:
        axes, counts, bins, theme: As in `shade_shots`.
        named: Whether to write "zero-shot" into the ranges wide enough for it.
    """
    whole = bins.edges[-1] - bins.edges[0]
    for shot, start, stop in shot_ranges(counts, bins, (0, 0)):
        if shot != "zero":
            continue
        axes.axvspan(
            start,
            stop,
            facecolor="none",
            edgecolor=theme.muted,
            hatch="////",
            alpha=0.4,
            linewidth=0,
            zorder=0,
        )
        if named and stop - start >= NARROWEST_NAMED * whole:
            axes.text(
                (start + stop) / 2,
                0.96,
                "zero-shot",
                rotation=90,
                ha="center",
                va="top",
                transform=axes.get_xaxis_transform(),
                clip_on=True,
                fontsize=8,
                color=theme.muted,
                bbox={"facecolor": theme.surface, "edgecolor": "none", "alpha": 0.8, "pad": 1},
            )
    axes.set_xlim(bins.edges[0], bins.edges[-1])


def draw_histogram(axes, counts, bins, shot_limits, theme) -> None:
    """Draws the training labels of every bin as bars in the color of their shot.

    The vertical axis is logarithmic if the largest bin would make few-shot bars invisible.
    """
    shot = shots_of_counts(counts, *shot_limits)
    for name in SHOTS[:-1]:
        of_shot = shot == name
        if of_shot.any():
            axes.bar(
                bins.edges[:-1][of_shot],
                counts[of_shot],
                width=np.diff(bins.edges)[of_shot],
                align="edge",
                color=theme.shots[name],
                linewidth=0,
                label=f"{name}-shot",
            )
    axes.grid(axis="x", visible=False)
    axes.set_xlim(bins.edges[0], bins.edges[-1])
    if counts.max() > LINEAR_UP_TO * max(shot_limits[1], 1):
        axes.set_yscale("log")
        # Matplotlib would write powers of ten in its mathematical notation, which is switched off.
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.set_ylim(bottom=0.7 * counts[counts > 0].min())
    else:
        axes.set_ylim(bottom=0)
