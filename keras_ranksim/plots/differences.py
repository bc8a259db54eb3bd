"""Differences of methods to a base with their intervals, shot by shot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.plots.style import finish, in_unit, look, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST_NAME = 34


def differences(
    found: dict,
    base: str = "VANILLA",
    metric: str = "MAE",
    label_unit: str = "",
    higher_is_better: bool = False,
    theme: str = "light",
) -> Figure:
    """Draws the difference of every method to a base with its interval, one panel per shot.

    A point in color has an interval on one side of zero: better than the base, or worse. A gray
    one does not differ from the base beyond chance, or has no interval.

    Args:
        found: For every method a dictionary from shots to `(difference, low, high)`; NaN for
            `low` and `high` if there is no interval. Shots are those of the first method.
        base: The base, for the axis.
        metric: The metric, for the axis.
        label_unit: Its unit.
        higher_is_better: Whether a difference above zero is a gain.
        theme: `"light"` or `"dark"`.

    Returns:
        A `matplotlib.figure.Figure` with one axes per shot.

    Example:

    >>> import keras_ranksim as kr
    >>> found = {"SQINV": {"all": (-1.2, -1.5, -0.9), "few": (-8.8, -9.5, -8.1)}}
    >>> figure = kr.plots.differences(found)
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['all', 'few']
    """
    if not found or not all(found.values()):
        raise ValueError(
            "`found` must hold at least one method, and one shot of each. "
            f"Received: {len(found)} methods"
        )
    shots = list(next(iter(found.values())))
    sign = 1 if higher_is_better else -1
    with look(theme) as colors:
        figure = new_figure(1.3 + 0.3 * len(found))
        panels = figure.subplots(1, len(shots), sharey=True, squeeze=False)[0]
        for axes, shot in zip(panels, shots):
            axes.axvline(0, color=colors.ink, linewidth=1)
            for row, of_method in enumerate(found.values()):
                mean, low, high = of_method.get(shot, (np.nan,) * 3)
                clear = low > 0 or high < 0
                color = (colors.gain if sign * mean > 0 else colors.loss) if clear else colors.muted
                axes.plot([low, high], [row, row], color=color, linewidth=2)
                axes.plot(mean, row, "o" if clear else "d", color=color, markersize=5)
            axes.set_title(shot)
            axes.margins(x=0.1)
            axes.grid(axis="y", visible=False)
            axes.locator_params(axis="x", nbins=4)
        names = [_shortened(name) for name in found]
        panels[0].set_yticks(range(len(names)), names)
        panels[0].set_ylim(len(names) - 0.4, -0.6)
        figure.supxlabel(in_unit(f"{metric} minus that of {base}", label_unit), fontsize=10)
        finish(figure)
    return figure


def _shortened(name):
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 4] + " ..."
