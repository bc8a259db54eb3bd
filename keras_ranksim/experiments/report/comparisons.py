"""The pictures of a table that compare its rows: differences to the base, the price curve."""

from __future__ import annotations

import numpy as np

from keras_ranksim.data.recipe import Recipe
from keras_ranksim.experiments.price_curve import FEWEST_POINTS, price_points
from keras_ranksim.experiments.report.pictures import Picture
from keras_ranksim.experiments.report.shot_table import number_text
from keras_ranksim.experiments.table import Table, shots_shown
from keras_ranksim.labels.report_columns import report_column
from keras_ranksim.labels.shots import SHOTS
from keras_ranksim.plots.differences import differences
from keras_ranksim.plots.price_curve import price_curve


def comparisons(table: Table, recipe: Recipe, label_unit: str) -> list[Picture]:
    """The pictures that compare rows, as far as the table has the rows and seeds for them.

    Args:
        table: The table, with at least one finished run.
        recipe: The recipe of its runs.
        label_unit: Unit of the label.
    """
    column = report_column(table.metric)
    unit = label_unit if column.in_label_unit else ""
    found = differences_by_shot(table)
    pictures = [_differences_picture(table, found, column, unit)] if found else []
    points = price_points(table, recipe)
    if len(points) >= FEWEST_POINTS:
        pictures.append(_price_picture(points, column, unit))
    return pictures


def differences_by_shot(table):
    """For every row but the base its differences by shot, if any of them has an interval.

    Args:
        table: A `Table`.

    Returns:
        What `keras_ranksim.plots.differences` draws; empty for a single seed.
    """
    frame = table.frame
    if not any(kind == "low" for _, kind in frame.columns):
        return {}
    shots = [shot for shot in shots_shown(frame) if shot in ("all", *SHOTS)]
    kinds = ("difference", "low", "high")
    return {
        name: {shot: tuple(float(row[(shot, kind)]) for kind in kinds) for shot in shots}
        for name, row in frame.iterrows()
        if name != table.base and np.isfinite([float(row[(shot, "low")]) for shot in shots]).any()
    }


def _differences_picture(table, found, column, unit):
    first = next(iter(next(iter(found.values()))))
    listed = "; ".join(
        f"{name} {number_text(mean)}, between {number_text(low)} and {number_text(high)}"
        for name, of_shot in found.items()
        for mean, low, high in (of_shot[first],)
    )
    better = "right" if column.higher_is_better else "left"
    return Picture(
        "differences",
        f"Differences to {table.base}",
        f"{column.title} minus that of {table.base} with 95% intervals, by shot. On {first} "
        f"labels: {listed}.",
        f"Mean difference of {column.title} to {table.base} over the same seeds, with its 95% "
        f"interval. Blue, {better} of the line: better beyond chance; orange: worse; gray: the "
        "interval holds zero. Panels have scales of their own.",
        lambda theme: differences(
            found, table.base, column.title, unit, column.higher_is_better, theme
        ),
    )


def _price_picture(points, column, unit):
    listed = "; ".join(
        f"power {power:g}: many {number_text(row.many)}, few {number_text(row.few)}"
        for power, row in points.iterrows()
    )
    drawn = {
        power: (row.many, row.few, row.many_std, row.few_std) for power, row in points.iterrows()
    }
    return Picture(
        "price_curve",
        "What rare labels cost the frequent ones",
        f"{column.title} on few-shot over that on many-shot labels. {listed}.",
        "Each point is a training with weights 1 / count ** power; bars are deviations over seeds. "
        "Choose the last power before frequent labels lose more than rare ones are worth to you.",
        lambda theme: price_curve(drawn, column.title, unit, theme),
    )
