"""The report of a run: one page, made from the folder that the run left."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import keras_ranksim
from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.labels.report_columns import column_of_monitor, report_column
from keras_ranksim.plots.report.contents import Contents
from keras_ranksim.plots.report.markup import element
from keras_ranksim.plots.report.page import section, write_page
from keras_ranksim.plots.report.pictures import draw_pictures
from keras_ranksim.plots.report.samples import largest_errors, sample_list
from keras_ranksim.plots.report.shot_table import number_text, shots_down
from keras_ranksim.plots.report.told import (
    differences,
    duration,
    footer,
    how_made,
    number_of,
    trained,
)

MAPS = "Below each picture its labels and its predictions as maps of one scale, small is bright."


def write_run_report(benchmark: Benchmark, result, published=None) -> Path:
    """Writes `report.html` and its pictures into the folder of a finished run.

    `keras_ranksim.experiments.run` does this by itself; call it to write the page anew. The
    model is not needed, `save_embeddings` kept what it takes of it. Without matplotlib the page
    has no pictures.

    Args:
        benchmark: The benchmark, as given to `run`.
        result: What `run` returned, with an `output_dir`.
        published: The published table of the benchmark, or `None`.

    Returns:
        The path of the page.

    Example:

    ```python
    result = kr.experiments.run(benchmark, "RANKSIM", output_dir="runs/ranksim")
    kr.plots.write_run_report(benchmark, result)
    ```
    """
    folder = Path(result.output_dir)
    settings = json.loads((folder / "settings.json").read_text())
    method, recipe = str(result.method), settings["recipe"]
    metric = column_of_monitor(recipe["monitor"], result.report.columns)
    title = f"{method} on {benchmark.name}"
    row = None
    if published is not None and method in published.index:
        row = published.loc[method]
    call = (
        f"kr.experiments.run(benchmark, {method!r}, seed={result.seed}, "
        f"epochs={recipe['epochs']}, output_dir={str(folder)!r})"
    )
    write_page(
        folder / "report.html",
        title,
        element("h1", title),
        element("p", _summary(result), class_="muted"),
        _numbers(result.report, metric, benchmark.label_unit),
        section("What was trained", trained(settings, result.method.weighting(benchmark.recipe))),
        section(
            "Errors by shot",
            shots_down(result.report, metric, row),
            differences(settings["facts"]) if row is not None else None,
        ),
        section("Pictures", draw_pictures(_pictures(benchmark, result, folder), folder)),
        _largest_errors(benchmark, folder),
        section("How it was made", how_made(call, settings["facts"], settings)),
        footer(keras_ranksim.__version__),
    )
    return folder / "report.html"


def arrays_of(folder: Path, name: str) -> dict:
    """The arrays a run left in a file of its folder; none where there is no file."""
    path = Path(folder) / name
    if not path.exists():
        return {}
    with np.load(path) as saved:
        return dict(saved)


def _summary(result):
    epochs = len(result.history["loss"])
    return f"Seed {result.seed}, {number_of(epochs, 'epoch')} in {duration(result.seconds)}."


def _numbers(report, metric, unit):
    """The first numbers to see: the error on all labels, and on each shot that occurs."""
    column = report_column(metric)
    unit = f" {unit}" if unit and column.in_label_unit else ""
    shown = [
        element("li", element("span", title), element("b", f"{number_text(value)}{unit}"))
        for shot, value in report[metric].items()
        if np.isfinite(value)
        and (title := f"{column.title}, {'all labels' if shot == 'all' else shot}")
    ]
    return element("ul", shown, class_="numbers")


def _pictures(benchmark, result, folder):
    contents, name = Contents(benchmark), str(result.method)
    predicted = arrays_of(folder, "predictions.npz")
    embedded = arrays_of(folder, "embeddings.npz")
    pictures = [contents.histogram()]
    if predicted:
        labels, predictions = predicted["labels"], predicted["predictions"]
        pictures.append(contents.errors(labels, {name: predictions}))
        pictures.append(contents.scatter(labels, predictions))
    if embedded:
        pictures += contents.spaces({name: embedded["features"]}, embedded["labels"])
        pictures += contents.statistics_of({name: embedded})
    stage_one = folder / "stage_one" / "epochs.jsonl"
    epochs = len(stage_one.read_text().splitlines()) if stage_one.exists() else 0
    second_stage = epochs if 0 < epochs < len(result.history["loss"]) else None
    pictures.append(contents.curves(result.history, second_stage))
    return pictures


def _largest_errors(benchmark, folder):
    arrays = arrays_of(folder, "predictions.npz")
    if not arrays:
        return None
    samples = largest_errors(benchmark, arrays)
    return section(
        "Largest errors",
        element("p", "The test samples that this model is most wrong about."),
        element("p", MAPS, class_="muted") if "worst" in arrays else None,
        sample_list(samples, benchmark.label_name, benchmark.label_unit),
    )
