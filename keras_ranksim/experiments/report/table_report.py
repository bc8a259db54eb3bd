"""The page of a table: methods side by side, with links to the page of every run."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np

from keras_ranksim.data.recipe import Recipe
from keras_ranksim.experiments.artifacts.label_info import LabelInfo
from keras_ranksim.experiments.files import PAGE, read_json
from keras_ranksim.experiments.price_curve import NAMED
from keras_ranksim.experiments.published import published_table
from keras_ranksim.experiments.report.comparisons import comparisons
from keras_ranksim.experiments.report.contents import Contents
from keras_ranksim.experiments.report.description import differences, footer, how_made, number_of
from keras_ranksim.experiments.report.markup import element
from keras_ranksim.experiments.report.page import folded, section, write_page
from keras_ranksim.experiments.report.pictures import draw_pictures
from keras_ranksim.experiments.report.run_report import arrays_of
from keras_ranksim.experiments.report.shot_table import methods_down
from keras_ranksim.experiments.result import Failure
from keras_ranksim.experiments.table import BASE, FILE, Table
from keras_ranksim.labels.report_columns import best_of, report_column
from keras_ranksim.plots.style import LARGEST_NUMBER_OF_METHODS

ALWAYS_SHOWN = "VANILLA + RANKSIM"


def write_table_report(table: Table, folder: Path) -> Path:
    """Writes `report.html` and its pictures for a table of runs.

    The pictures show the methods that `main_methods` picks.

    Args:
        table: What `read_table` returned.
        folder: The folder of the table.

    Returns:
        The path of the page.
    """
    finished = [one for name in table.results for one in table.finished(name).values()]
    settings = read_json(Path(finished[0].output_dir) / "settings.json") if finished else {}
    facts, published = settings.get("facts", {}), published_table(table.benchmark)
    seeds = sorted({seed for cells in table.results.values() for seed in cells})
    methods = number_of(len(table.results), "method")
    title = f"{table.benchmark}: {methods}, {number_of(len(seeds), 'seed')}"
    epochs = f"epochs={settings['recipe']['epochs']}, " if finished else ""
    call = _call(table, f"seeds={seeds}, {epochs}output_dir={str(folder)!r}")
    write_page(
        folder / PAGE,
        title,
        element("h1", title),
        element("p", _summary(table, settings.get("samples")), class_="muted"),
        _numbers(table, folder, published, facts) if finished else None,
        _failures(table),
        section("Pictures", draw_pictures(_pictures(table, settings), folder))
        if finished
        else None,
        section("How it was made", how_made(call, read_json(folder / FILE)["command"], facts)),
        footer(),
    )
    return folder / PAGE


def _call(table, arguments):
    """The call in Python that trains the table."""
    names = list(table.results)
    if all(name.startswith(NAMED) for name in names):
        powers = ", ".join(name.removeprefix(NAMED) for name in names)
        return f"kr.experiments.price_curve(benchmark, [{powers}], {arguments})"
    methods = [name for name in names if not name.endswith(", tuned")]
    if len(methods) < len(names):
        arguments += ", tuned={...}"
    if table.base != BASE and table.base in names:
        arguments += f", base={table.base!r}"
    return f"kr.experiments.run_table(benchmark, {methods}, {arguments})"


def main_methods(table) -> list[str]:
    """Up to 4 methods of a table to show in its pictures, all of them different runs.

    The base (or else the first row), `VANILLA + RANKSIM`, the best on few-shot and on all
    labels, and further rows in their order.

    Args:
        table: The table, its runs in folders.
    """
    names = [name for name in table.results if table.finished(name)]
    if not names:
        return []
    frame = table.frame
    wanted = [table.base if table.base in names else names[0], ALWAYS_SHOWN]
    for shot in ("few", "all"):
        if (shot, "mean") in frame:
            column = frame[(shot, "mean")]
            wanted += [name for name in names if column[name] == best_of(column, table.metric)]
    chosen = {}
    for name in [*wanted, *names]:
        run = _first(table, name).output_dir if name in names else None
        if run is not None and run not in chosen.values():
            chosen[name] = run
    return list(chosen)[:LARGEST_NUMBER_OF_METHODS]


def _first(table, name):
    return next(iter(table.finished(name).values()))


def _numbers(table, folder, published, facts):
    """The table by shot; other report columns follow in a collapsible section."""
    links = {name: _links(table.finished(name), folder) for name in table.results}
    shown = report_column(table.metric)
    columns = _first(table, next(name for name in table.results if table.finished(name)))
    others = [name for name in columns.report.columns if name not in ("n", table.metric)]
    return section(
        f"{shown.title} by shot",
        methods_down(table.frame, table.metric, published, links, base=table.base),
        differences(facts) if published is not None else None,
        [
            folded(
                report_column(metric).title,
                methods_down(
                    dataclasses.replace(table, metric=metric).frame,
                    metric,
                    published,
                    base=table.base,
                ),
            )
            for metric in others
        ],
    )


def _links(finished, folder):
    pages = {seed: Path(result.output_dir) / PAGE for seed, result in finished.items()}
    return {
        seed: Path(os.path.relpath(page, folder)).as_posix()
        for seed, page in pages.items()
        if page.exists()
    }


def _summary(table, samples):
    cells = sum(len(cells) for cells in table.results.values())
    failed = len(table.errors())
    summary = f"{failed} of {cells} cells failed." if failed else ""
    if samples is None:
        return summary
    counts = {split: f"{count:,}" for split, count in samples.items()}
    split = "{train} samples to train, {val} to validate, {test} to test.".format(**counts)
    return f"{split} {summary}".strip()


def _failures(table):
    if not table.errors():
        return None
    rows = [
        [element("dt", cell), element("dd", Failure(message).line)]
        for cell, message in table.errors().items()
    ]
    return section("Failed", element("dl", rows))


def _pictures(table, settings):
    methods = main_methods(table)
    label, recipe = LabelInfo.load(_first(table, methods[0]).output_dir), settings["recipe"]
    contents, recipe = Contents(label), Recipe(**recipe)
    pictures = [*comparisons(table, recipe, label.unit), contents.histogram(recipe)]
    runs = {name: list(table.finished(name).values()) for name in methods}
    labels, predictions = _predictions(runs)
    if predictions:
        pictures.append(contents.errors(labels, predictions))
    embedded = {name: _embedded(table, name) for name in methods}
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
        {name: _embedded(table, name) for name in _with_and_without_smoothing(table, methods)}
    )
    return pictures


def _with_and_without_smoothing(table, methods):
    """The baseline and one method with smoothed statistics, or else all main methods."""
    names = [name for name in (*methods, *table.results) if table.finished(name)]
    smoothing = [name for name in names if "smoothed_mean" in _embedded(table, name)]
    return [methods[0], smoothing[0]] if smoothing else methods


def _embedded(table, name):
    return arrays_of(_first(table, name).output_dir, "embeddings.npz")


def _predictions(runs):
    """Predictions of every method, for seeds with the same test labels as the first."""
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
