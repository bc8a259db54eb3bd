"""The tables of a report: errors by shot, the best cells marked, published numbers beside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from keras_ranksim.experiments.report.description import number_of
from keras_ranksim.experiments.report.markup import Markup, element, joined
from keras_ranksim.experiments.report.page import scrolling
from keras_ranksim.experiments.table import BASE, difference_text, figures, shots_shown
from keras_ranksim.labels.report_columns import best_of, report_column
from keras_ranksim.labels.shots import SHOTS

if TYPE_CHECKING:
    import pandas

MARK = "★ "


def number_text(value) -> str:
    """A number in three digits, a dash if there is none.

    Example:

    >>> from keras_ranksim.experiments.report.shot_table import number_text
    >>> [number_text(value) for value in (7.1, 0.0123, 123456.7, float("nan"))]
    ['7.10', '0.0123', '123,457', '-']
    """
    if value is None or not math.isfinite(value):
        return "-"
    if float(value).is_integer() or abs(value) >= 999.5:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".")


def published_number(row, metric: str, shot: str) -> float:
    """A number of a published row in our unit, NaN if it has none."""
    value = float("nan") if row is None else float(row.get(f"{metric}_{shot}", float("nan")))
    return value / report_column(metric).published_scale


def shots_down(report: pandas.DataFrame, first_metric: str, published=None) -> Markup:
    """The table of one run: shots down, metrics across, the best shot of each metric marked.

    Args:
        report: As from `shot_report`.
        first_metric: The metric of the first column, if the report has it.
        published: The row of a published table, or `None`.
    """
    metrics = sorted(report.columns.drop("n"), key=lambda name: name != first_metric)
    compared = [shot for shot in SHOTS if shot in report.index]
    best = {name: best_of(report[name][compared], name) for name in metrics}
    header = [element("th", "shot", scope="col"), element("th", "samples", scope="col")]
    header += [element("th", report_column(name).title, scope="col") for name in metrics]
    rows = []
    for shot, row in report.iterrows():
        cells = [element("th", shot, scope="row"), element("td", number_text(row["n"]))]
        for name in metrics:
            compares = shot in compared and not report_column(name).is_sum
            marked = compares and row[name] == best[name]
            cells.append(_cell(row[name], marked, published_number(published, name, shot)))
        rows.append(element("tr", cells))
    note = f"{MARK.strip()} the shot with the best value."
    if published is not None:
        note += " Published: the same method in the RankSim authors' table."
    return _table("Errors by shot", note, header, rows)


def methods_down(
    frame: pandas.DataFrame,
    metric: str,
    published=None,
    links: dict | None = None,
    *,
    base: str = BASE,
) -> Markup:
    """A table of runs: methods down, shots across, the clearly best method of each marked.

    Args:
        frame: The `frame` of a `Table`.
        metric: The metric of the frame.
        published: The published table of the benchmark, or `None`.
        links: For each method the addresses of its runs' reports, by seed.
        base: The row that the frame's differences are to.
    """
    shots = shots_shown(frame)
    header = [element("th", "method", scope="col")]
    header += [element("th", shot, scope="col") for shot in shots]
    rows = []
    for name, row in frame.iterrows():
        theirs = published.loc[name] if published is not None and name in published.index else None
        cells = [element("th", name, _runs(row, (links or {}).get(name, {})), scope="row")]
        for shot in shots:
            of_shot = row[shot]
            cells.append(
                _cell(
                    of_shot["mean"],
                    of_shot["best"],
                    published_number(theirs, metric, shot),
                    of_shot["std"],
                    difference_text(of_shot),
                )
            )
        rows.append(element("tr", cells))
    title = report_column(metric).title
    note = (
        f"{title}: mean ± deviation over seeds. {MARK.strip()} the best of a column, if the "
        "interval of its difference to the second best excludes zero."
    )
    if any(kind == "difference" for _, kind in frame.columns):
        note += f" Below: the difference to {base} over the same seeds, with its 95% interval."
    if published is not None:
        note += " Published: the RankSim authors' table."
    return _table(f"{title} by shot", note, header, rows)


def _runs(row, links):
    """How many seeds finished and failed, with links to their reports."""
    finished, failed = (int(row[("seeds", kind)]) for kind in ("finished", "failed"))
    seeds = number_of(finished, "seed")
    if links:
        seeds = [["seed "], [[element("a", seed, href=link), " "] for seed, link in links.items()]]
    return element("span", seeds, f", {failed} failed" if failed else None, class_="sub")


def _cell(value, marked, published, deviation=float("nan"), difference=None):
    text = number_text(value)
    if math.isfinite(deviation):
        text += f" ± {figures(deviation, '.2g', 99.5)}"
    beside = []
    if difference is not None:
        beside.append(element("span", difference, class_="sub"))
    if math.isfinite(published):
        beside.append(element("span", f"published {number_text(published)}", class_="sub"))
    return element("td", MARK if marked else "", text, beside, class_="best" if marked else None)


def _table(title, note, header, rows):
    table = element("table", element("thead", element("tr", header)), element("tbody", rows))
    return joined([scrolling(title, table), element("p", note, class_="note")])
