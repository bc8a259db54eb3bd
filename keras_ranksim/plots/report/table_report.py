"""The report of a table: methods beside one another, with links to the report of every run."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import numpy as np

import keras_ranksim
from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.labels.report_columns import best_of, report_column
from keras_ranksim.plots.report.contents import Contents
from keras_ranksim.plots.report.markup import element
from keras_ranksim.plots.report.page import folded, section, write_page
from keras_ranksim.plots.report.pictures import draw_pictures
from keras_ranksim.plots.report.run_report import arrays_of
from keras_ranksim.plots.report.shot_table import methods_down
from keras_ranksim.plots.report.told import differences, footer, how_made, number_of
from keras_ranksim.plots.style import LARGEST_NUMBER_OF_METHODS

BASELINE = "VANILLA"
ALWAYS_SHOWN = "VANILLA + RANKSIM"


def write_table_report(
    benchmark: Benchmark, table, folder: str | os.PathLike, published=None
) -> Path:
    """Writes `report.html` and its pictures for a table of runs.

    `keras_ranksim.experiments.run_table` does this by itself. The pictures are of the main
    methods, see `main_methods`, made from what their runs left in their folders.

    Args:
        benchmark: The benchmark.
        table: What `run_table` returned.
        folder: Where to write.
        published: The published table of the benchmark, or `None`.

    Returns:
        The path of the page.

    Example:

    ```python
    table = kr.experiments.run_table(benchmark, ["VANILLA", "RANKSIM"], output_dir="runs/table")
    kr.plots.write_table_report(benchmark, table, "runs/table")
    ```
    """
    folder = Path(folder)
    links = {name: _links(cells, folder) for name, cells in table.results.items()}
    finished = [one for cells in table.results.values() for one in _finished(cells)]
    kept = [Path(one.output_dir) for one in finished if one.output_dir is not None]
    facts = _facts(kept)
    metrics = [name for name in finished[0].report.columns if name != "n"] if finished else []
    seeds = sorted({seed for cells in table.results.values() for seed in cells})
    methods = number_of(len(table.results), "method")
    title = f"{benchmark.name}: {methods}, {number_of(len(seeds), 'seed')}"
    call = (
        f"kr.experiments.run_table(benchmark, {list(table.results)}, seeds={seeds}, "
        f"output_dir={str(folder)!r})"
    )
    write_page(
        folder / "report.html",
        title,
        element("h1", title),
        element("p", _summary(benchmark, table), class_="muted"),
        section(
            f"{report_column(table.metric).title} by shot",
            methods_down(table.frame, table.metric, published, links) if finished else None,
            differences(facts) if published is not None else None,
            [
                folded(
                    report_column(metric).title,
                    methods_down(
                        dataclasses.replace(table, metric=metric).frame, metric, published
                    ),
                )
                for metric in metrics
                if metric != table.metric
            ],
        ),
        _failures(table),
        section("Pictures", draw_pictures(_pictures(benchmark, table), folder)),
        section("How it was made", how_made(call, facts)),
        footer(keras_ranksim.__version__),
    )
    return folder / "report.html"


def main_methods(table) -> list[str]:
    """The methods of a table that its pictures show, up to 4, each another run.

    `VANILLA` (or else the first row), `VANILLA + RANKSIM`, the best on few-shot and on all
    labels, and further rows in their order.

    Args:
        table: What `run_table` returned.
    """
    names = [name for name, cells in table.results.items() if _kept(cells)]
    if not names:
        return []
    frame = table.frame
    wanted = [BASELINE if BASELINE in names else names[0], ALWAYS_SHOWN]
    for shot in ("few", "all"):
        if (shot, "mean") in frame:
            column = frame[(shot, "mean")]
            wanted += [name for name in names if column[name] == best_of(column, table.metric)]
    chosen = {}
    for name in [*wanted, *names]:
        run = _kept(table.results[name])[0].output_dir if name in names else None
        if run is not None and run not in chosen.values():
            chosen[name] = run
    return list(chosen)[:LARGEST_NUMBER_OF_METHODS]


def _finished(cells):
    return [cell for cell in cells.values() if not isinstance(cell, str)]


def _kept(cells):
    return [cell for cell in _finished(cells) if cell.output_dir is not None]


def _links(cells, folder):
    reports = {
        seed: Path(cell.output_dir) / "report.html"
        for seed, cell in cells.items()
        if not isinstance(cell, str) and cell.output_dir is not None
    }
    return {
        seed: Path(os.path.relpath(report, folder)).as_posix()
        for seed, report in reports.items()
        if report.exists()
    }


def _facts(folders):
    for folder in folders:
        if (folder / "settings.json").exists():
            return json.loads((folder / "settings.json").read_text())["facts"]
    return {}


def _summary(benchmark, table):
    labels = {split: f"{len(values):,}" for split, values in benchmark.labels.items()}
    cells = [cell for cells in table.results.values() for cell in cells.values()]
    failed = len(table.errors())
    summary = "{train} samples to train, {val} to validate, {test} to test.".format(**labels)
    return f"{summary} {failed} of {len(cells)} cells failed." if failed else summary


def _failures(table):
    if not table.errors():
        return None
    rows = [
        [element("dt", cell), element("dd", error.splitlines()[0])]
        for cell, error in table.errors().items()
    ]
    return section("Failed", element("dl", rows))


def _pictures(benchmark, table):
    contents, methods = Contents(benchmark), main_methods(table)
    pictures = [contents.histogram()]
    runs = {name: _kept(table.results[name]) for name in methods}
    labels, predictions = _predictions(runs)
    if predictions:
        pictures.append(contents.errors(labels, predictions))
    embedded = {
        name: arrays_of(cells[0].output_dir, "embeddings.npz") for name, cells in runs.items()
    }
    embedded = {name: arrays for name, arrays in embedded.items() if arrays}
    if embedded:
        shared = next(iter(embedded.values()))["labels"]
        same = {
            name: arrays["features"]
            for name, arrays in embedded.items()
            if np.array_equal(arrays["labels"], shared)
        }
        pictures += contents.spaces(same, shared)
    pictures += contents.statistics_of(
        {
            name: arrays_of(_kept(table.results[name])[0].output_dir, "embeddings.npz")
            for name in _with_and_without_fds(table, methods)
        }
    )
    return pictures


def _with_and_without_fds(table, methods):
    """The baseline and one method with FDS, or else all main methods."""
    smoothing = [name for name in [*methods, *table.results] if "FDS" in name.split(" + ")]
    smoothing = [name for name in smoothing if _kept(table.results[name])]
    return [methods[0], smoothing[0]] if smoothing else methods


def _predictions(runs):
    """Predictions of every method over the seeds whose test labels are those of the first."""
    shared, predictions = None, {}
    for name, cells in runs.items():
        found = [arrays_of(cell.output_dir, "predictions.npz") for cell in cells]
        found = [arrays for arrays in found if arrays]
        if shared is None and found:
            shared = found[0]["labels"]
        same = [
            arrays["predictions"] for arrays in found if np.array_equal(arrays["labels"], shared)
        ]
        if same:
            predictions[name] = np.stack(same)
    return shared, predictions
