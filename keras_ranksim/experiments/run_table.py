"""Runs methods over seeds and makes a table of them."""

from __future__ import annotations

import contextlib
import dataclasses
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.cells import Cell, CellRunner
from keras_ranksim.experiments.ensembles import add_ensembles, rows_of
from keras_ranksim.experiments.evaluation import main_column
from keras_ranksim.experiments.files import explain_full_disk, make_folder
from keras_ranksim.experiments.folder_lock import folder_lock
from keras_ranksim.experiments.processes import run_in_processes
from keras_ranksim.experiments.progress import TableProgress
from keras_ranksim.experiments.table import BASE, Table
from keras_ranksim.methods.ensemble import Ensemble, members_of, parse_row
from keras_ranksim.methods.method import Method
from keras_ranksim.validation import positive_integer


def run_table(
    benchmark: Benchmark | Callable[[int], Benchmark],
    methods: Iterable[Method | Ensemble | str],
    seeds: Iterable[int] = (0, 1, 2),
    epochs: int | None = None,
    output_dir: str | os.PathLike | None = None,
    metric: str | None = None,
    verbose: int = 0,
    tuned: Mapping[str, Benchmark] | None = None,
    base: str = BASE,
    processes: int = 1,
) -> Table:
    """Runs methods over seeds and makes a table of them.

    With `output_dir`, finished cells are read, not run again, and interrupted ones resume. The
    table is written there as `table.md`, `table.csv` and `table.json` after every cell;
    `kr.experiments.write_report` makes a page of it. A cell that fails is shown as failed and
    does not stop the table; a folder with runs of other settings does, before any training. Rows
    that are the same run, such as `VANILLA + LDS` and `SQINV + LDS`, are run once and shown in
    both.

    Args:
        benchmark: The benchmark, or a function from a seed to it for data that differ by seed.
        methods: Methods or their names. An ensemble such as `"VANILLA | SQINV + LDS"` is the mean
            of the predictions of its members' runs, which need not be rows themselves.
        seeds: Seeds, at least one.
        epochs: Epochs of each stage; `None` takes those of the recipe.
        output_dir: Folder of the table; `None` keeps nothing.
        metric: The report column shown; `None` takes the one that the recipe's monitor means.
        verbose: Of each run, as in `keras.Model.fit`; 0 shows one line per cell. Runs in several
            processes show nothing else.
        tuned: Further rows, shown as `"VANILLA + RANKSIM, tuned"`: by method name the benchmark
            with its own settings, which is the `benchmark` of a search's result.
        base: The row that the others are compared with, seed by seed. `"VANILLA"` need not be one.
        processes: How many cells to train at once, each in a process of its own with its share of
            the cores: small networks cannot use several. The results are the same.

    Returns:
        A `Table`.

    Example:

    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=100, evaluation_per_age=1)
    >>> table = kr.experiments.run_table(benchmark, ["VANILLA"], seeds=[0], epochs=1)
    >>> table.frame.index.tolist()
    ['VANILLA']
    """
    names = [methods] if isinstance(methods, (str, Method, Ensemble)) else methods
    asked = rows_of(names, output_dir)
    rows = _rows(members_of(asked), tuned or {})
    base = _base([*map(str, asked), *(row.name for row in rows)], base)
    try:
        seeds = [operator.index(seed) for seed in seeds]
    except TypeError:
        raise ValueError(
            f"`seeds` must list the seeds, such as range(3). Received: seeds={seeds!r}"
        ) from None
    processes = positive_integer("processes", processes, "cells trained at once")
    if not rows or not seeds:
        raise ValueError(
            "`methods` and `seeds` must each hold at least one entry. "
            f"Received: {len(rows)} methods, {len(seeds)} seeds"
        )
    folder = None if output_dir is None else Path(output_dir)
    own = {row.place: row.benchmark for row in rows if row.benchmark is not None}
    runner = CellRunner(benchmark, own, folder, epochs, verbose)
    first = runner.benchmark_of(seeds[0])
    if own:
        for seed in seeds if callable(benchmark) else seeds[:1]:
            for row in rows:
                _check_same_data(row, runner.benchmark_of(seed), seed)
    table = Table(first.name, {}, main_column(first, metric), base)
    # Rows of the table by the cells that they show, in the order in which these are run.
    shown: dict[Cell, list[str]] = {}
    for seed in seeds:
        for row in rows:
            shown.setdefault(row.cell(first.recipe, seed), []).append(row.name)
    progress = TableProgress(first.name, len(rows) * len(seeds), verbose)

    def say_start(cell):
        progress.start(shown[cell][0], cell.seed)

    with contextlib.ExitStack() as stack:
        if folder is not None:
            stack.enter_context(folder_lock(make_folder(folder)))
            runner.check(shown)
        found = {}
        for cell, result in stack.enter_context(
            contextlib.closing(_results(shown, runner, processes, say_start))
        ):
            found[cell] = result
            for name in shown[cell]:
                progress.finish(name, cell.seed, result, table.metric)
            table.results = _in_order(found, shown, [row.name for row in rows])
            if folder is not None:
                with explain_full_disk(folder):
                    table.save(folder)
        if folder is not None:
            add_ensembles(table, asked, folder)
    return table


def _results(cells, runner, processes, on_start):
    if processes > 1 and len(cells) > 1:
        yield from run_in_processes(cells, runner, processes, on_start)
        return
    for cell in cells:
        on_start(cell)
        yield cell, runner(cell)


def _in_order(found, shown, names):
    """The finished cells by row and seed, whichever was finished first."""
    rows = {name: {} for name in names}
    for cell in shown:
        if cell in found:
            for name in shown[cell]:
                rows[name][cell.seed] = found[cell]
    return {name: cells for name, cells in rows.items() if cells}


@dataclasses.dataclass(frozen=True, eq=False)
class _Row:
    name: str
    method: Method
    benchmark: Benchmark | None = None

    @property
    def place(self):
        """The folder of its runs in that of the table, unless another row is the same run."""
        return self.method.slug if self.benchmark is None else f"{self.method.slug}_tuned"

    def cell(self, recipe, seed):
        """The run that stands for it."""
        if self.benchmark is not None:
            return Cell(self.place, self.method, seed)
        method = self.method.same_run(recipe)
        return Cell(method.slug, method, seed)


def _rows(methods, tuned):
    rows = [_Row(str(method), method) for method in methods]
    for name, benchmark in tuned.items():
        method = Method.parse(name)
        rows.append(_Row(f"{method}, tuned", method, benchmark))
    for place in ("name", "place"):
        found = [getattr(row, place) for row in rows]
        if len(set(found)) < len(found):
            raise ValueError(
                "`methods` and `tuned` must name every row once, and rows must differ in more "
                f"than signs. Received: {', '.join(row.name for row in rows)}"
            )
    return rows


def _base(names, base):
    """The base as it is spelled in the table. The usual one need not be a row."""
    spelled = base if base in names else str(parse_row(base))
    if spelled not in names and base != BASE:
        raise ValueError(f"`base` must be a row of the table, {names}. Received: base={base!r}")
    return spelled


def _check_same_data(row, first, seed):
    if row.benchmark is None:
        return
    if not isinstance(row.benchmark, Benchmark):
        raise ValueError(
            "`tuned` must hold benchmarks, such as `SearchResult.benchmark`. "
            f"Received: {type(row.benchmark).__name__} for {row.method}"
        )
    for split, labels in first.labels.items():
        if not np.array_equal(labels, row.benchmark.labels[split]):
            raise ValueError(
                "`tuned` must hold the same data as `benchmark`, with other settings. "
                f"Received: for {row.method} other labels in {split}, seed {seed}"
            )
