"""Runs methods over seeds and makes a table of them."""

from __future__ import annotations

import dataclasses
import os
import traceback
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.ensembles import add_ensembles, rows_of
from keras_ranksim.experiments.evaluation import main_column
from keras_ranksim.experiments.files import explain_full_disk, make_folder
from keras_ranksim.experiments.model import forget_models
from keras_ranksim.experiments.progress import TableProgress
from keras_ranksim.experiments.result import Failure, Result
from keras_ranksim.experiments.run import run
from keras_ranksim.experiments.table import BASE, Table
from keras_ranksim.methods.ensemble import Ensemble, members_of
from keras_ranksim.methods.method import Method


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
) -> Table:
    """Runs methods over seeds and makes a table of them.

    With `output_dir`, finished cells are read, not run again, and interrupted ones resume. The
    table is written there as `table.md`, `table.csv` and `table.json` after every cell;
    `kr.experiments.write_report` makes a page of it. A cell that fails is shown as failed and
    does not stop the table. Rows that are the same run, such as `VANILLA + LDS` and
    `SQINV + LDS`, are run once and shown in both.

    Args:
        benchmark: The benchmark, or a function from a seed to it for data that differ by seed.
        methods: Methods or their names. An ensemble such as `"VANILLA | SQINV + LDS"` is the mean
            of the predictions of its members' runs, which need not be rows themselves.
        seeds: Seeds, at least one.
        epochs: Epochs of each stage; `None` takes those of the recipe.
        output_dir: Folder of the table; `None` keeps nothing.
        metric: The report column shown; `None` takes the one that the recipe's monitor means.
        verbose: Of each run, as in `keras.Model.fit`; 0 shows one line per cell.
        tuned: Further rows, shown as `"VANILLA + RANKSIM, tuned"`: by method name the benchmark
            with its own settings, which is the `benchmark` of a search's result.
        base: Name of the row that the others are compared with, seed by seed, if it is a row.

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
    shown = rows_of(names, output_dir)
    rows = _rows(members_of(shown), tuned or {})
    seeds = [int(seed) for seed in seeds]
    if not rows or not seeds:
        raise ValueError(
            "`methods` and `seeds` must each hold at least one entry. "
            f"Received: {len(rows)} methods, {len(seeds)} seeds"
        )
    per_seed = benchmark if callable(benchmark) else (lambda seed: benchmark)
    first = per_seed(seeds[0])
    for row in rows:
        _check_same_data(row, first)
    table = Table(first.name, {}, main_column(first, metric), base)
    folder = None if output_dir is None else make_folder(output_dir)
    done: dict[tuple[str, Method, int], Result | Failure] = {}
    progress = TableProgress(first.name, len(rows) * len(seeds), verbose)
    for seed in seeds:
        data = first if seed == seeds[0] else per_seed(seed)
        for row in rows:
            place, method = row.cell(data)
            key = (place, method, seed)
            if key not in done:
                progress.start(row.name, seed)
                cell_folder = None if folder is None else folder / place / f"seed-{seed}"
                settled = data if row.benchmark is None else row.benchmark
                done[key] = _cell_of(settled, method, seed, epochs, cell_folder, verbose)
            progress.finish(row.name, seed, done[key], table.metric)
            table.results.setdefault(row.name, {})[seed] = done[key]
            if folder is not None:
                with explain_full_disk(folder):
                    table.save(folder)
    if folder is not None:
        add_ensembles(table, shown, folder)
    return table


@dataclasses.dataclass(frozen=True, eq=False)
class _Row:
    name: str
    method: Method
    benchmark: Benchmark | None = None

    def cell(self, data):
        """The folder of its runs in that of the table, and the method that stands for it."""
        if self.benchmark is not None:
            return f"{self.method.slug}_tuned", self.method
        method = self.method.same_run(data.recipe)
        return method.slug, method


def _rows(methods, tuned):
    rows = [_Row(str(method), method) for method in methods]
    for name, benchmark in tuned.items():
        method = Method.parse(name)
        rows.append(_Row(f"{method}, tuned", method, benchmark))
    return rows


def _check_same_data(row, first):
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
                f"Received: for {row.method} other labels in {split}"
            )


def _cell_of(benchmark, method, seed, epochs, output_dir, verbose):
    try:
        result = run(benchmark, method, seed, epochs, output_dir, verbose=verbose)
        result.model = None
        return result
    except Exception as error:  # a failed cell must not stop the others
        if output_dir is not None and output_dir.is_dir():
            with explain_full_disk(output_dir):
                (output_dir / "error.txt").write_text(traceback.format_exc())
        return Failure(f"{type(error).__name__}: {error}")
    finally:
        forget_models()
