"""The tables of a report: errors by shot, the best cells marked, published numbers beside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.labels.shots import SHOTS
from keras_ranksim.plots.report.markup import Markup, element, joined
from keras_ranksim.plots.report.page import scrolling
from keras_ranksim.plots.report.told import number_of

if TYPE_CHECKING:
    import pandas

TITLES = {
    "n": "samples",
    "mae": "MAE",
    "mse": "MSE",
    "gm": "GM",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "rmse": "RMSE",
    "abs_rel": "abs rel",
    "log10": "log10",
    "delta1": "δ1",
    "delta2": "δ2",
    "delta3": "δ3",
}
HIGHER_IS_BETTER = ("pearson", "spearman", "delta1", "delta2", "delta3")
IN_PER_CENT = ("pearson", "spearman")  # as published
MARK = "★ "


def title_of(metric: str) -> str:
    """The name of a metric as it is written in headings."""
    return TITLES.get(metric, metric)


def number_text(value) -> str:
    """A number in three digits, a dash where there is none.

    Example:

    >>> from keras_ranksim.plots.report.shot_table import number_text
    >>> [number_text(value) for value in (7.1, 0.0123, 123456.7, float("nan"))]
    ['7.10', '0.0123', '123,457', '-']
    """
    if value is None or not math.isfinite(value):
        return "-"
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".")


def best_of(values, metric: str) -> float:
    """The best of some values of a metric, NaN where there is none."""
    values = np.asarray(values, dtype="float64")
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return float("nan")
    return float(values.max() if metric in HIGHER_IS_BETTER else values.min())


def published_number(row, metric: str, shot: str) -> float:
    """A number of a published row in our unit, NaN where it has none."""
    value = float("nan") if row is None else float(row.get(f"{metric}_{shot}", float("nan")))
    return value / 100 if metric in IN_PER_CENT else value


def shots_down(report: pandas.DataFrame, first_metric: str, published=None) -> Markup:
    """The table of one run: shots down, metrics across, the best shot of each metric marked.

    Args:
        report: As from `shot_report`.
        first_metric: The metric of the first column, where the report has it.
        published: The row of a published table, or `None`.
    """
    metrics = sorted(report.columns.drop("n"), key=lambda name: name != first_metric)
    compared = [shot for shot in SHOTS if shot in report.index]
    best = {name: best_of(report[name][compared], name) for name in metrics}
    header = [element("th", "shot", scope="col"), element("th", "samples", scope="col")]
    header += [element("th", title_of(name), scope="col") for name in metrics]
    rows = []
    for shot, row in report.iterrows():
        cells = [element("th", shot, scope="row"), element("td", number_text(row["n"]))]
        for name in metrics:
            marked = shot in compared and row[name] == best[name]
            cells.append(_cell(row[name], marked, published_number(published, name, shot)))
        rows.append(element("tr", cells))
    told = f"{MARK.strip()} the shot with the best value."
    if published is not None:
        told += " Published: the same method in the RankSim authors' table."
    return _table("Errors by shot", told, header, rows)


def methods_down(
    frame: pandas.DataFrame, metric: str, published=None, links: dict | None = None
) -> Markup:
    """A table of runs: methods down, shots across, the best method of each shot marked.

    Args:
        frame: Columns `(shot, "mean" | "std")`, and `("seeds", "finished" | "failed")`.
        metric: The metric of the frame.
        published: The published table of the benchmark, or `None`.
        links: For each method the addresses of its runs' reports, by seed.
    """
    shots = [
        shot
        for shot in dict.fromkeys(frame.columns.get_level_values(0))
        if shot != "seeds" and (shot, "mean") in frame and frame[(shot, "mean")].notna().any()
    ]
    best = {shot: best_of(frame[(shot, "mean")], metric) for shot in shots}
    header = [element("th", "method", scope="col")]
    header += [element("th", shot, scope="col") for shot in shots]
    rows = []
    for name, row in frame.iterrows():
        theirs = published.loc[name] if published is not None and name in published.index else None
        cells = [element("th", name, _runs(row, (links or {}).get(name, {})), scope="row")]
        for shot in shots:
            mean = row[(shot, "mean")]
            cells.append(
                _cell(
                    mean,
                    mean == best[shot],
                    published_number(theirs, metric, shot),
                    row[(shot, "std")],
                )
            )
        rows.append(element("tr", cells))
    told = f"{title_of(metric)}: mean ± deviation over seeds. {MARK.strip()} the best of a column."
    if published is not None:
        told += " Published: the RankSim authors' table."
    return _table(f"{title_of(metric)} by shot", told, header, rows)


def _runs(row, links):
    """How many seeds finished and failed, with links to their reports."""
    finished, failed = (int(row[("seeds", kind)]) for kind in ("finished", "failed"))
    told = number_of(finished, "seed")
    if links:
        told = [["seed "], [[element("a", seed, href=link), " "] for seed, link in links.items()]]
    return element("span", told, f", {failed} failed" if failed else None, class_="sub")


def _cell(value, marked, published, deviation=float("nan")):
    text = number_text(value)
    if math.isfinite(deviation):
        text += f" ± {deviation:.2g}"
    beside = None
    if math.isfinite(published):
        beside = element("span", f"published {number_text(published)}", class_="sub")
    return element("td", MARK if marked else "", text, beside, class_="best" if marked else None)


def _table(title, told, header, rows):
    table = element("table", element("thead", element("tr", header)), element("tbody", rows))
    return joined([scrolling(title, table), element("p", told, class_="note")])
