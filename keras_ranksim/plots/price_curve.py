"""What rare labels cost the frequent ones: error on few against error on many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.plots.style import finish, in_unit, look, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def price_curve(
    points: dict,
    metric: str = "MAE",
    label_unit: str = "",
    theme: str = "light",
) -> Figure:
    """Draws the error on few-shot labels against that on many-shot ones, one point per power.

    A power p stands for weights 1 / count^p: 0 is plain training, 1 the full
    inverse. A curve that falls steeply sells much for little.

    Args:
        points: For every power `(many, few)`, or `(many, few, deviation of many, deviation of
            few)` over seeds.
        metric: The metric, for the axes.
        label_unit: Its unit.
        theme: `"light"` or `"dark"`.

    Returns:
        A `matplotlib.figure.Figure`.

    Example:

    >>> import keras_ranksim as kr
    >>> figure = kr.plots.price_curve({0: (9.2, 25.3), 0.5: (9.6, 16.5, 0.1, 0.4), 1: (11.0, 15.1)})
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['0', '0.5', '1']
    """
    if not points:
        raise ValueError("`points` must hold at least one power. Received: none")
    powers = sorted(points)
    many, few, many_spread, few_spread = np.array(
        [(*points[power], np.nan, np.nan)[:4] for power in powers], dtype="float64"
    ).T
    with look(theme) as colors:
        figure = new_figure(4.2)
        axes = figure.add_subplot()
        axes.plot(many, few, color=colors.methods[2], linewidth=1.2, zorder=1)
        axes.errorbar(
            many,
            few,
            xerr=np.nan_to_num(many_spread),
            yerr=np.nan_to_num(few_spread),
            fmt="o",
            color=colors.methods[2],
            ecolor=colors.muted,
            elinewidth=1,
        )
        for power, x, y in zip(powers, many, few):
            axes.annotate(
                f"{power:g}",
                (x, y),
                xytext=(7, 5),
                textcoords="offset points",
                color=colors.ink,
                fontsize=9.5,
            )
        axes.margins(0.12)
        axes.set_title("numbers: the power p of the weights 1 / count^p")
        axes.set_xlabel(in_unit(f"{metric} on many-shot labels", label_unit))
        axes.set_ylabel(in_unit(f"{metric} on few-shot labels", label_unit, width=45))
        finish(figure)
    return figure
