"""Histogram of the training labels, and the density that LDS smooths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.shots import FEW_BELOW, MANY_ABOVE
from keras_ranksim.plots.label_axis import counts_of_bins, draw_histogram, hatch_zero_shot
from keras_ranksim.plots.style import finish, in_unit, legend_above, look, new_figure
from keras_ranksim.validation import numbers, same_length

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def label_histogram(
    counts,
    bins: LabelBins,
    density=None,
    label_name: str = "label",
    label_unit: str = "",
    shot_limits: tuple[float, float] = (MANY_ABOVE, FEW_BELOW),
    theme: str = "light",
) -> Figure:
    """Draws the training labels of every bin, colored by shot, and the density of LDS.

    Args:
        counts: Training labels of every bin, as from `LabelBins.count`.
        bins: The label bins.
        density: Optional density of every bin, as from `kr.labels.label_density`, drawn as a
            line scaled to the same total as `counts`.
        label_name, label_unit: What the label is, for the axis.
        shot_limits: `(many_above, few_below)`: more training labels in a bin are many, fewer few.
        theme: `"light"` or `"dark"`.

    Returns:
        A `matplotlib.figure.Figure`.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 100, 10)
    >>> labels = [35] * 150 + [45] * 60 + [75] * 3
    >>> density = kr.labels.label_density(labels, bins, kernel="gaussian")
    >>> figure = kr.plots.label_histogram(bins.count(labels), bins, density, "age", "years")
    >>> figure.axes[0].get_xlabel()
    'age (years)'
    """
    counts = counts_of_bins(counts, bins)
    if density is not None:
        density = numbers("density", density, ndim=1)
        same_length(density=density, bins=bins)
    with look(theme) as colors:
        figure = new_figure(3.4)
        axes = figure.add_subplot()
        draw_histogram(axes, counts, bins, shot_limits, colors)
        hatch_zero_shot(axes, counts, bins, colors, named=True)
        if density is not None and density.sum() > 0:
            scaled = density * counts.sum() / density.sum()
            axes.plot(
                bins.centers,
                scaled,
                color=colors.methods[1],
                label="density that weights invert, scaled",
            )
        axes.set_xlabel(in_unit(label_name, label_unit))
        axes.set_ylabel("training labels per bin")
        legend_above(axes)
        finish(figure)
    return figure
