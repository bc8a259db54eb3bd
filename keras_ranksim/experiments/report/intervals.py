"""How sure the predictions of a run are: coverage and width of conformal intervals by shot."""

from __future__ import annotations

import numpy as np

from keras_ranksim.experiments.artifacts.label_info import LabelInfo
from keras_ranksim.experiments.report.markup import Markup, element
from keras_ranksim.experiments.report.page import scrolling
from keras_ranksim.experiments.report.pictures import Picture
from keras_ranksim.experiments.report.shot_table import number_text
from keras_ranksim.labels.conformal import conformal_intervals
from keras_ranksim.labels.interval_report import interval_report
from keras_ranksim.labels.shots import shots_of_counts
from keras_ranksim.plots.intervals import interval_coverage

LEVEL = 0.9
FEWEST = 30  # validation samples


def interval_reports(validation: dict, test: dict, label: LabelInfo) -> dict:
    """Reports on intervals of the test predictions, of one half-width and by region.

    Args:
        validation: Arrays `labels` and `predictions`, from which half-widths are taken.
        test: The same of the test split.
        label: The label of the run.

    Returns:
        `interval_report`s by name; empty for maps, and for too few validation samples.
    """
    if "worst" in test or len(validation.get("labels", ())) < FEWEST:
        return {}
    shot = shots_of_counts(label.counts, *label.shot_limits)[label.bins.index(test["labels"])]
    reports = {}
    for name, bins in (("one width for all", None), ("by region of the prediction", label.bins)):
        found = conformal_intervals(validation["labels"], validation["predictions"], LEVEL, bins)
        reports[name] = interval_report(test["labels"], *found.apply(test["predictions"]), shot)
    return reports


def interval_table(reports: dict, unit: str) -> list[Markup]:
    """The reports as a table, and how to read it."""
    first = next(iter(reports.values()))
    header = [element("th", "shot", scope="col"), element("th", "samples", scope="col")]
    header += [element("th", f"{kind}, {name}") for name in reports for kind in ("held", "width")]
    rows = []
    for shot in first.index[first["n"] > 0]:
        cells = [element("th", shot, scope="row"), element("td", first.loc[shot, "n"])]
        for report in reports.values():
            cells.append(element("td", f"{report.loc[shot, 'coverage']:.0%}"))
            cells.append(element("td", number_text(report.loc[shot, "width"])))
        rows.append(element("tr", cells))
    table = element("table", element("thead", element("tr", header)), element("tbody", rows))
    unit = f", in {unit}" if unit else ""
    note = (
        f"Held: labels within intervals that promise {LEVEL:.0%}. Width: mean width{unit}. "
        "Half-widths are quantiles of the errors on validation data."
    )
    return [scrolling("Intervals by shot", table), element("p", note, class_="note")]


def interval_picture(reports: dict, unit: str) -> Picture:
    """The reports as a picture."""
    held = "; ".join(
        f"{name}: all {report.loc['all', 'coverage']:.0%}, lowest "
        f"{np.nanmin(report['coverage']):.0%} on {report['coverage'].idxmin()}"
        for name, report in reports.items()
    )
    return Picture(
        "interval_coverage",
        "How sure are the predictions?",
        f"Share of test labels within their {LEVEL:.0%} interval, and mean width, by shot. {held}.",
        f"Intervals that promise {LEVEL:.0%}, from validation errors. One width for all holds the "
        "frequent labels and misses rare ones; a width for each region of the prediction is wide "
        "where the model errs. What is promised is coverage by prediction, not by true label.",
        lambda theme: interval_coverage(reports, LEVEL, unit, theme),
    )
