"""Coverage and width of prediction intervals by shot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.labels.shots import SHOTS
from keras_ranksim.plots.style import (
    LARGEST_NUMBER_OF_METHODS,
    finish,
    in_unit,
    look,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HATCHES = ("", "///", "...", "xx")
BAR = 0.8  # of the distance between two shots


def interval_coverage(
    reports: dict,
    level: float = 0.9,
    label_unit: str = "",
    theme: str = "light",
) -> Figure:
    """Draws the coverage of prediction intervals by shot, and beside it their mean width.

    Args:
        reports: By name, what `kr.labels.interval_report` found, for instance for one half-width
            and for half-widths by region; up to 4.
        level: The level that the intervals promise, a line.
        label_unit: Unit of the label.
        theme: `"light"` or `"dark"`.

    Returns:
        A `matplotlib.figure.Figure`: the axes of the coverage, and of the width.

    Example:

    >>> import keras_ranksim as kr
    >>> report = kr.labels.interval_report([30, 80], [28, 60], [32, 70], ["many", "few"])
    >>> figure = kr.plots.interval_coverage({"one width": report})
    >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
    ['all', 'many', 'few']
    """
    if not 1 <= len(reports) <= LARGEST_NUMBER_OF_METHODS:
        raise ValueError(
            f"`reports` must hold 1 to {LARGEST_NUMBER_OF_METHODS} reports. "
            f"Received: {len(reports)}"
        )
    held = {shot for report in reports.values() for shot in report.index[report["n"] > 0]}
    shots = [shot for shot in ("all", *SHOTS) if shot in held]
    with look(theme) as colors:
        figure = new_figure(3.1)
        panels = figure.subplots(1, 2)
        width = BAR / len(reports)
        for number, (name, report) in enumerate(reports.items()):
            place = np.arange(len(shots)) + (number - (len(reports) - 1) / 2) * width
            for axes, column in zip(panels, ("coverage", "width")):
                axes.bar(
                    place,
                    report.reindex(shots)[column],
                    0.9 * width,
                    color=colors.methods[number],
                    hatch=HATCHES[number],
                    edgecolor=colors.surface,
                    linewidth=0,
                    label=name,
                )
        promised = {"color": colors.ink, "linewidth": 1, "linestyle": (0, (4, 2))}
        panels[0].axhline(level, label=f"promised: {100 * level:g}%", **promised)
        panels[0].set_ylim(0, 1.05)
        panels[0].set_ylabel("labels within their interval")
        panels[1].set_ylabel(in_unit("mean width", label_unit))
        for axes in panels:
            axes.set_xticks(range(len(shots)), shots)
            axes.grid(axis="x", visible=False)
        handles, titles = panels[0].get_legend_handles_labels()
        figure.legend(handles, titles, loc="outside upper left", ncols=len(titles))
        finish(figure)
    return figure
