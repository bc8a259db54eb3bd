"""Errors of methods by label, and their improvement over a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.labels.shots import FEW_BELOW, MANY_ABOVE
from keras_ranksim.plots.label_axis import (
    counts_of_bins,
    draw_histogram,
    hatch_zero_shot,
    shade_shots,
)
from keras_ranksim.plots.style import (
    LARGEST_NUMBER_OF_METHODS,
    LINE_STYLES,
    finish,
    in_unit,
    legend_above,
    look,
    new_figure,
)
from keras_ranksim.validation import at_least_one, numbers, positive_integer

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def error_by_label(
    labels,
    predictions: dict,
    counts,
    bins: LabelBins,
    window: int = 1,
    label_name: str = "label",
    label_unit: str = "",
    shot_limits: tuple[float, float] = (MANY_ABOVE, FEW_BELOW),
    theme: str = "light",
) -> Figure:
    """Draws the mean absolute error of every label bin over the histogram of training labels.

    Below the errors, a panel per further method shows its improvement over the first: above zero
    if its error is smaller.

    Args:
        labels: True labels, shape `(samples,)`.
        predictions: Up to 4 methods by name, the baseline first: arrays of predicted labels,
            shape `(samples,)`, or `(runs, samples)` whose errors are averaged.
        counts: Training labels of every bin.
        bins: The label bins.
        window: Number of neighboring bins to average errors over, each weighted by its
            samples; odd, 1 for no averaging.
        label_name, label_unit, shot_limits, theme: As in `label_histogram`.

    Returns:
        A `matplotlib.figure.Figure`: the axes of the errors, of each gain, of the histogram.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 100, 10)
    >>> predictions = {"VANILLA": [33, 50, 40], "RANKSIM": [35, 48, 60]}
    >>> figure = kr.plots.error_by_label(
    ...     [35, 45, 75], predictions, bins.count([35] * 150 + [45] * 60 + [75] * 3), bins
    ... )
    >>> gain = figure.axes[1].lines[0].get_xydata()
    >>> gain[3:5].tolist()
    [[35.0, 2.0], [45.0, 2.0]]
    """
    counts = counts_of_bins(counts, bins)
    errors = {
        name: mean_error_of_bins(labels, predicted, bins, window)
        for name, predicted in _methods(predictions).items()
    }
    baseline, others = next(iter(errors)), list(errors)[1:]
    with look(theme) as colors:
        figure = new_figure(3.9 + 0.95 * len(others))
        panels = figure.subplots(
            len(others) + 2, sharex=True, height_ratios=[3, *[1.1] * len(others), 1.2]
        )
        top, gains, bottom = panels[0], panels[1:-1], panels[-1]
        for (name, error), color, style in zip(errors.items(), colors.methods, LINE_STYLES):
            top.plot(
                bins.centers,
                error,
                color=color,
                linestyle=style,
                label=name,
                **mark_alone(error),
            )
        top.set_ylim(bottom=0)
        averaged = "" if window == 1 else f",\nmean of {window} bins"
        top.set_ylabel(in_unit("MAE", label_unit) + averaged)
        legend_above(top)
        differences = {name: errors[baseline] - errors[name] for name in others}
        largest = max((np.nanmax(np.abs(gain)) for gain in differences.values()), default=0) or 1
        for axes, (name, gain) in zip(gains, differences.items()):
            _draw_gain(axes, bins.centers, gain, colors)
            axes.set_ylim(-1.1 * largest, 1.1 * largest)
            axes.set_title(f"what {name} gains over {baseline}", fontsize=9)
            axes.set_ylabel("gain")
        for axes in panels[:-1]:
            shade_shots(axes, counts, bins, shot_limits, colors)
        draw_histogram(bottom, counts, bins, shot_limits, colors)
        hatch_zero_shot(bottom, counts, bins, colors, named=True)
        legend_above(bottom)
        bottom.set_ylabel("training\nlabels")
        bottom.set_xlabel(in_unit(label_name, label_unit))
        figure.align_ylabels()
        finish(figure)
    return figure


def mean_error_of_bins(labels, predictions, bins: LabelBins, window: int = 1) -> np.ndarray:
    """The mean absolute error of every bin, NaN for empty bins.

    Args:
        labels: True labels, shape `(samples,)`.
        predictions: Predicted labels, shape `(samples,)` or `(runs, samples)`.
        bins: The label bins.
        window: Number of neighboring bins to average over, odd.

    Example:

    >>> import keras_ranksim as kr
    >>> from keras_ranksim.plots.errors import mean_error_of_bins
    >>> bins = kr.LabelBins([0, 1, 2, 3])
    >>> mean_error_of_bins([0, 0, 2], [1, 3, 5], bins).tolist()
    [2.0, nan, 3.0]
    """
    labels = at_least_one("labels", numbers("labels", labels, ndim=1))
    predictions = np.atleast_2d(numbers("predictions", predictions))
    if predictions.shape[1:] != labels.shape:
        raise ValueError(
            "`predictions` must hold one prediction per label, in one run or in several. Received: "
            f"predictions of shape {predictions.shape} for labels of shape {labels.shape}"
        )
    if positive_integer("window", window, "bins to average over") % 2 == 0:
        raise ValueError(
            f"`window` must be odd, so that it has a middle. Received: window={window}"
        )
    error = np.abs(predictions - labels).mean(axis=0)
    index = as_bins(bins).index(labels)
    total = np.bincount(index, error, minlength=len(bins))
    count = np.bincount(index, minlength=len(bins)).astype("float64")
    around = np.ones(window)
    middle = slice(window // 2, window // 2 + len(bins))
    total_around, count_around = (np.convolve(sums, around)[middle] for sums in (total, count))
    mean = total_around / np.maximum(count_around, 1)
    return np.where(count > 0, mean, np.nan)


def mark_alone(values) -> dict:
    """Line style that shows a finite value between two NaNs as a point."""
    finite = np.r_[False, np.isfinite(values), False]
    alone = np.flatnonzero(finite[1:-1] & ~finite[:-2] & ~finite[2:]).tolist()
    return {"marker": ".", "markevery": alone} if alone else {}


def _methods(predictions):
    if not isinstance(predictions, dict) or not 1 <= len(predictions) <= LARGEST_NUMBER_OF_METHODS:
        received = (
            f"{len(predictions)} of them"
            if isinstance(predictions, dict)
            else f"a {type(predictions).__name__}"
        )
        raise ValueError(
            "`predictions` must be a dictionary of 1 to "
            f"{LARGEST_NUMBER_OF_METHODS} methods by name; more are hard to distinguish. "
            f"Received: {received}"
        )
    return predictions


def _draw_gain(axes, centers, gain, theme):
    axes.plot(centers, gain, color=theme.ink, linewidth=1, markersize=4, **mark_alone(gain))
    axes.axhline(0, color=theme.muted, linewidth=0.8)
    axes.fill_between(
        centers, gain, 0, where=gain >= 0, interpolate=True, color=theme.gain, alpha=0.45, lw=0
    )
    axes.fill_between(
        centers, gain, 0, where=gain <= 0, interpolate=True, color=theme.loss, alpha=0.45, lw=0
    )
