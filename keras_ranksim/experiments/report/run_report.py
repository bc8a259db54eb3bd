"""The page of a run, made from its folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from keras_ranksim.data.recipe import Recipe
from keras_ranksim.experiments.artifacts.label_info import LabelInfo
from keras_ranksim.experiments.artifacts.predictions import FILES
from keras_ranksim.experiments.files import PAGE, read_arrays, read_json
from keras_ranksim.experiments.published import published_table
from keras_ranksim.experiments.report.contents import Contents
from keras_ranksim.experiments.report.description import (
    averaged,
    differences,
    duration,
    footer,
    how_made,
    number_of,
    trained,
)
from keras_ranksim.experiments.report.intervals import (
    interval_picture,
    interval_reports,
    interval_table,
)
from keras_ranksim.experiments.report.markup import element
from keras_ranksim.experiments.report.page import section, write_page
from keras_ranksim.experiments.report.pictures import draw_pictures
from keras_ranksim.experiments.report.samples import read_samples, sample_list
from keras_ranksim.experiments.report.shot_table import number_text, shots_down
from keras_ranksim.experiments.result import STAGES, Result
from keras_ranksim.labels.report_columns import column_of_monitor, report_column

MAPS = "Below each picture: its labels and predictions as maps on one scale; small is bright."


def write_run_report(result: Result) -> Path:
    """Writes `report.html` and its pictures into the folder of a finished run.

    Args:
        result: What `read_result` returned.

    Returns:
        The path of the page.
    """
    folder = Path(result.output_dir)
    settings, label = read_json(folder / "settings.json"), LabelInfo.load(folder)
    method, recipe = str(result.method), settings["recipe"]
    metric = column_of_monitor(recipe["monitor"], result.report.columns)
    title = f"{method} on {result.benchmark}"
    published = published_table(result.benchmark)
    row = None
    if published is not None and method in published.index:
        row = published.loc[method]
    members = settings.get("members")
    call = (
        f"kr.experiments.run(benchmark, {method!r}, seed={result.seed}, "
        f"epochs={recipe['epochs']}, output_dir={str(folder)!r})"
        if members is None
        else f"kr.experiments.ensemble({[str(folder / one) for one in members]})"
    )
    sure = interval_reports(*(arrays_of(folder, FILES[split]) for split in ("val", "test")), label)
    pictures = _pictures(result, recipe, label, folder)
    if sure:
        pictures.append(interval_picture(sure, label.unit))
    write_page(
        folder / PAGE,
        title,
        element("h1", title),
        element("p", _summary(result), class_="muted"),
        _numbers(result.report, metric, label.unit),
        section(
            "What was trained",
            trained(settings, result.method) if members is None else averaged(result.method),
        ),
        section(
            "Errors by shot",
            shots_down(result.report, metric, row),
            differences(settings["facts"]) if row is not None else None,
        ),
        section("Intervals", interval_table(sure, label.unit)) if sure else None,
        section("Pictures", draw_pictures(pictures, folder)),
        _largest_errors(folder, label),
        section(
            "How it was made", how_made(call, settings["command"], settings["facts"], settings)
        ),
        footer(),
    )
    return folder / PAGE


def arrays_of(folder: Path, name: str) -> dict:
    """The arrays in a file of a run's folder; empty if there is no file."""
    path = Path(folder) / name
    return read_arrays(path) if path.exists() else {}


def _summary(result):
    if "loss" not in result.history:
        return f"Seed {result.seed}, trained in {duration(result.seconds)} in all."
    has_epochs = isinstance(result.method, str) or result.method.hook("fit") is None
    steps = number_of(len(result.history["loss"]), "epoch" if has_epochs else "round")
    return f"Seed {result.seed}, {steps} in {duration(result.seconds)}."


def _numbers(report, metric, unit):
    """The numbers to see first: the error on all labels, and on each shot that occurs."""
    column = report_column(metric)
    unit = f" {unit}" if unit and column.in_label_unit else ""
    shown = [
        element("li", element("span", title), element("b", f"{number_text(value)}{unit}"))
        for shot, value in report[metric].items()
        if np.isfinite(value)
        and (title := f"{column.title}, {'all labels' if shot == 'all' else shot}")
    ]
    return element("ul", shown, class_="numbers")


def _pictures(result, recipe, label, folder):
    contents, name = Contents(label), str(result.method)
    predicted = arrays_of(folder, "predictions.npz")
    embedded = arrays_of(folder, "embeddings.npz")
    pictures = [contents.histogram(Recipe(**recipe))]
    if predicted:
        labels, predictions = predicted["labels"], predicted["predictions"]
        pictures.append(contents.errors(labels, {name: predictions}))
        pictures.append(contents.scatter(labels, predictions))
    if embedded:
        pictures += contents.spaces({name: embedded["features"]}, embedded["labels"])
        pictures += contents.statistics_of({name: embedded})
    if "loss" not in result.history:
        return pictures
    stage_one = folder / STAGES[0] / "epochs.jsonl"
    epochs = len(stage_one.read_text().splitlines()) if stage_one.exists() else 0
    second_stage = epochs if 0 < epochs < len(result.history["loss"]) else None
    pictures.append(contents.curves(result.history, recipe["monitor"], second_stage))
    return pictures


def _largest_errors(folder, label):
    samples = read_samples(folder)
    if not samples:
        return None
    maps = any(sum("picture" in part for part in one["shown"]) == 3 for one in samples)
    return section(
        "Largest errors",
        element("p", "The test samples that this model is most wrong about."),
        element("p", MAPS, class_="muted") if maps else None,
        sample_list(folder, label.name, label.unit),
    )
