"""Predictions over true labels: one point per test sample, colored by shot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.shots import FEW_BELOW, MANY_ABOVE, SHOTS, shots_of_counts
from keras_ranksim.plots.label_axis import counts_of_bins, hatch_zero_shot
from keras_ranksim.plots.style import MARKERS, finish, in_unit, look, new_figure
from keras_ranksim.validation import at_least_one, numbers, same_length

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def true_against_predicted(
    labels,
    predictions,
    counts,
    bins: LabelBins,
    label_name: str = "label",
    label_unit: str = "",
    shot_limits: tuple[float, float] = (MANY_ABOVE, FEW_BELOW),
    theme: str = "light",
) -> Figure:
    """Draws predictions over true labels, with a color and a marker per shot.

    Perfect predictions lie on the diagonal. Imbalance shows in few-shot labels whose predictions
    are drawn toward many-shot ones.

    Args:
        labels: True labels, shape `(samples,)`.
        predictions: Predicted labels, the same number.
        counts: Training labels of every bin.
        bins: The label bins.
        label_name, label_unit, shot_limits, theme: As in `label_histogram`.

    Returns:
        A `matplotlib.figure.Figure`.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 100, 10)
    >>> counts = bins.count([35] * 150 + [75] * 3)
    >>> figure = kr.plots.true_against_predicted([35, 75], [36, 60], counts, bins, "age", "years")
    >>> figure.axes[0].collections[1].get_offsets().tolist()
    [[75.0, 60.0]]
    """
    counts = counts_of_bins(counts, bins)
    labels = at_least_one("labels", numbers("labels", labels, ndim=1))
    predictions = numbers("predictions", predictions, ndim=1)
    same_length(labels=labels, predictions=predictions)
    shot = shots_of_counts(counts, *shot_limits)[bins.index(labels)]
    with look(theme) as colors:
        figure = new_figure(5.2)
        axes = figure.add_subplot()
        size = float(np.clip(20 * (1000 / max(len(labels), 1)) ** 0.5, 4, 26))
        for name in SHOTS:
            of_shot = shot == name
            if of_shot.any():
                axes.scatter(
                    labels[of_shot],
                    predictions[of_shot],
                    s=size,
                    marker=MARKERS[name],
                    color=colors.shots[name],
                    alpha=0.75,
                    linewidths=0,
                    label=f"{name}-shot",
                )
        low = min(labels.min(), predictions.min())
        high = max(labels.max(), predictions.max())
        margin = 0.03 * (high - low) or 0.5
        axes.axline((low, low), slope=1, color=colors.ink, linewidth=1, label="perfect")
        hatch_zero_shot(axes, counts, bins, colors, named=True)
        axes.set_xlim(labels.min() - margin, labels.max() + margin)
        axes.set_ylim(low - margin, high + margin)
        axes.set_xlabel(in_unit(f"true {label_name}", label_unit, width=60))
        axes.set_ylabel(in_unit(f"predicted {label_name}", label_unit, width=45))
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), borderaxespad=0.3, markerscale=1.6)
        finish(figure)
    return figure
