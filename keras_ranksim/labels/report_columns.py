"""The columns of a report by shot: title, unit, direction, and which one a monitor means."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from keras_ranksim.labels.depth_report import COLUMNS as COLUMNS_OF_DEPTH_REPORT


@dataclasses.dataclass(frozen=True)
class ReportColumn:
    """What a column of `shot_report` or `depth_report` means.

    Args:
        name: Name of the column, for instance `"mae"`.
        title: How headings write it.
        higher_is_better: Whether the largest value is the best.
        in_label_unit: Whether values have the unit of the label.
        published_scale: What the papers' tables multiply values by.
        is_sum: Whether it is a sum over samples, which shots of other sizes do not compare by.
    """

    name: str
    title: str
    higher_is_better: bool = False
    in_label_unit: bool = False
    published_scale: float = 1.0
    is_sum: bool = False


REPORT_COLUMNS = {
    column.name: column
    for column in (
        ReportColumn("n", "samples"),
        ReportColumn("mse", "MSE"),
        ReportColumn("mae", "MAE", in_label_unit=True),
        ReportColumn("gm", "GM", in_label_unit=True),
        ReportColumn("pearson", "Pearson", higher_is_better=True, published_scale=100),
        ReportColumn("spearman", "Spearman", higher_is_better=True, published_scale=100),
        ReportColumn("sera", "SERA", is_sum=True),
        ReportColumn("rmse", "RMSE", in_label_unit=True),
        ReportColumn("abs_rel", "abs rel"),
        ReportColumn("log10", "log10"),
        ReportColumn("delta1", "δ1", higher_is_better=True),
        ReportColumn("delta2", "δ2", higher_is_better=True),
        ReportColumn("delta3", "δ3", higher_is_better=True),
    )
}
SHOT_REPORT = ("mse", "mae", "gm", "pearson", "spearman")
RUN_REPORT = (*SHOT_REPORT, "sera")
DEPTH_REPORT = tuple(name for name in COLUMNS_OF_DEPTH_REPORT if name != "n")
# A report that lacks the left column has the right one, which orders models the same way.
STANDS_FOR = {"mse": "rmse", "rmse": "mse", "loss": "mae"}


def report_column(name: str) -> ReportColumn:
    """Looks up a column. An unknown one keeps its name as title; lower is better.

    Example:

    >>> from keras_ranksim.labels.report_columns import report_column
    >>> report_column("delta1").higher_is_better, report_column("mine").title
    (True, 'mine')
    """
    return REPORT_COLUMNS.get(name, ReportColumn(name, name))


def column_of_monitor(monitor: str, columns: Iterable[str]) -> str:
    """The report column that a monitored value such as `"val_mse"` means.

    Args:
        monitor: Name of a logged value, with or without `val_`.
        columns: Columns of the report, for instance `SHOT_REPORT`.

    Returns:
        The column of that name, or else the one that stands for it: `"rmse"` for `"val_mse"` in
        a depth report.

    Example:

    >>> from keras_ranksim.labels.report_columns import DEPTH_REPORT, column_of_monitor
    >>> column_of_monitor("val_mse", DEPTH_REPORT)
    'rmse'
    """
    name, columns = monitor.removeprefix("val_"), list(columns)
    for candidate in (name, STANDS_FOR.get(name)):
        if candidate in columns:
            return candidate
    raise ValueError(
        f"`monitor` must name one of the report's columns, {', '.join(columns)}, with or without "
        f"'val_'. Received: monitor={monitor!r}"
    )


def best_of(values, name: str) -> float:
    """The best of a column's values, NaN if none is finite.

    Example:

    >>> from keras_ranksim.labels.report_columns import best_of
    >>> best_of([0.1, 0.9], "delta1"), best_of([0.1, 0.9], "mae")
    (0.9, 0.1)
    """
    values = np.asarray(values, dtype="float64")
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return float("nan")
    return float(values.max() if report_column(name).higher_is_better else values.min())
