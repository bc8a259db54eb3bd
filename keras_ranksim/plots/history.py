"""Losses and errors of a run, epoch by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.plots.style import LINE_STYLES, finish, in_unit, legend_above, look, new_figure
from keras_ranksim.validation import one_of, optional_package

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def training_curves(
    history: dict,
    metric: str = "mae",
    label_unit: str = "",
    second_stage: int | None = None,
    theme: str = "light",
) -> Figure:
    """Draws a metric of training and of validation, epoch by epoch, and marks the best epoch.

    Args:
        history: Lists of one value per epoch, as `History.history` of Keras; holds `metric` and
            `"val_" + metric`, or one of them.
        metric: Name of the metric, lower is better.
        label_unit: Its unit.
        second_stage: The first epoch, from 0, of a second stage of training.
        theme: `"light"` or `"dark"`.

    Returns:
        A `matplotlib.figure.Figure`.

    Example:

    >>> import keras_ranksim as kr
    >>> history = {"mae": [9.0, 7.0, 5.0], "val_mae": [9.5, 8.0, 8.5]}
    >>> figure = kr.plots.training_curves(history)
    >>> figure.axes[0].texts[0].get_text()
    'best: 8 in epoch 2'
    """
    shown = {metric: "training", f"val_{metric}": "validation"}
    if not set(shown) & set(history):
        one_of("metric", metric, history)
    with look(theme) as colors:
        figure = new_figure(2.9)
        axes = figure.add_subplot()
        for (name, title), color, style in zip(shown.items(), colors.methods, LINE_STYLES):
            if name in history:
                values = np.asarray(history[name], dtype="float64")
                axes.plot(
                    np.arange(1, len(values) + 1),
                    values,
                    color=color,
                    linestyle=style,
                    marker="o" if len(values) < 3 else None,
                    label=title,
                )
        values = np.asarray(history.get(f"val_{metric}", history.get(metric)), dtype="float64")
        if np.isfinite(values[second_stage or 0 :]).any():
            # The weights of the second stage are kept, whatever the first one reached.
            first = second_stage or 0
            best = first + int(np.nanargmin(values[first:]))
            axes.plot(best + 1, values[best], "o", color=colors.ink, markersize=5, zorder=3)
            axes.annotate(
                f"best: {values[best]:.3g} in epoch {best + 1}",
                (best + 1, values[best]),
                xytext=(0, -13),
                textcoords="offset points",
                ha="right" if best + 1 > len(values) / 2 else "left",
                fontsize=9,
                color=colors.ink,
                bbox={"facecolor": colors.surface, "edgecolor": "none", "alpha": 0.8, "pad": 1},
            )
        if second_stage:
            axes.axvline(second_stage + 0.5, color=colors.muted, linewidth=1)
            axes.text(
                second_stage + 0.5,
                0.97,
                " second stage",
                va="top",
                transform=axes.get_xaxis_transform(),
                fontsize=8.5,
                color=colors.muted,
            )
        axes.margins(y=0.16)
        axes.xaxis.set_major_locator(
            optional_package("matplotlib.ticker", "plots").MaxNLocator(integer=True, min_n_ticks=1)
        )
        axes.set_xlim(*axes.get_xlim() if len(values) > 1 else (0.5, 1.5))
        axes.set_xlabel("epoch")
        axes.set_ylabel(in_unit(metric.upper(), label_unit))
        legend_above(axes)
        finish(figure)
    return figure
