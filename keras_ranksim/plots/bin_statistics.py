"""Similarity of the feature statistics of label bins to those of an anchor bin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.shots import FEW_BELOW, MANY_ABOVE
from keras_ranksim.plots.errors import mark_alone
from keras_ranksim.plots.label_axis import counts_of_bins, hatch_zero_shot, shade_shots
from keras_ranksim.plots.style import (
    LARGEST_NUMBER_OF_METHODS,
    LINE_STYLES,
    finish,
    in_unit,
    legend_above,
    look,
    new_figure,
)
from keras_ranksim.validation import numbers, same_length

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def statistic_similarity(
    statistics: dict,
    counts,
    bins: LabelBins,
    anchor: float | None = None,
    label_name: str = "label",
    label_unit: str = "",
    shot_limits: tuple[float, float] = (MANY_ABOVE, FEW_BELOW),
    theme: str = "light",
) -> Figure:
    """Draws the similarity of each label bin's feature statistics to those of an anchor bin.

    The top panel shows the cosine similarity of the bins' means, the bottom one that of their
    variances. It should fall with the distance from the anchor. If rare labels are as similar to
    the anchor as its neighbors are, they have taken over its features.

    Args:
        statistics: Up to 4 pairs `(mean, variance)` by name, arrays of shape
            `(bins, features)`, NaN for empty bins; see
            `BinStatistics`.
        counts: Training labels of every bin.
        bins: The label bins.
        anchor: A label, whose bin is the anchor; `None` takes the bin with most labels.
        label_name, label_unit, shot_limits, theme: As in `label_histogram`.

    Returns:
        A `matplotlib.figure.Figure`: the axes of the means and of the variances.

    Example:

    >>> import keras_ranksim as kr
    >>> from keras_ranksim.plots.bin_statistics import statistic_similarity
    >>> bins = kr.LabelBins([0, 1, 2, 3])
    >>> means = [[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    >>> statistics = {"VANILLA": (means, means)}
    >>> figure = statistic_similarity(statistics, [150, 60, 3], bins)
    >>> figure.axes[0].lines[0].get_ydata().round(2).tolist()
    [1.0, 0.71, 0.0]
    """
    counts = counts_of_bins(counts, bins)
    if not 1 <= len(statistics) <= LARGEST_NUMBER_OF_METHODS:
        raise ValueError(
            f"`statistics` must hold 1 to {LARGEST_NUMBER_OF_METHODS} pairs by name; more are "
            f"hard to distinguish. Received: {len(statistics)} of them"
        )
    place = int(counts.argmax() if anchor is None else bins.index(anchor))
    similarities = {
        name: [_similarity_to(part, place, bins, name) for part in pair]
        for name, pair in statistics.items()
    }
    with look(theme) as colors:
        figure = new_figure(4.6)
        panels = figure.subplots(2, sharex=True)
        for number, (axes, what) in enumerate(zip(panels, ("means", "variances"))):
            for (name, pair), color, style in zip(
                similarities.items(), colors.methods, LINE_STYLES
            ):
                axes.plot(
                    bins.centers,
                    pair[number],
                    color=color,
                    linestyle=style,
                    label=name,
                    **mark_alone(pair[number]),
                )
            axes.axvline(bins.centers[place], color=colors.ink, linewidth=0.9)
            axes.set_ylabel(f"similarity of\n{what} to the anchor")
            axes.set_ylim(top=1.02)
            shade_shots(axes, counts, bins, shot_limits, colors)
        hatch_zero_shot(panels[0], counts, bins, colors, named=True)
        panels[0].annotate(
            f"anchor: {bins.edges[place]:.4g} to {bins.edges[place + 1]:.4g}",
            (bins.centers[place], 0.03),
            xycoords=("data", "axes fraction"),
            xytext=(4, 0),
            textcoords="offset points",
            fontsize=8.5,
            color=colors.ink,
        )
        legend_above(panels[0])
        panels[1].set_xlabel(in_unit(label_name, label_unit))
        figure.align_ylabels()
        finish(figure)
    return figure


def _similarity_to(statistic, anchor, bins, name):
    statistic = np.asarray(statistic, dtype="float64")
    if statistic.ndim != 2:
        raise ValueError(
            "`statistics` must hold arrays of shape (bins, features). "
            f"Received: {name!r} of shape {statistic.shape}"
        )
    same_length(**{f"statistics[{name!r}]": statistic, "bins": bins})
    numbers(f"the anchor's statistics in {name!r}", statistic[anchor])
    length = np.linalg.norm(statistic, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return statistic @ statistic[anchor] / (length * length[anchor])
