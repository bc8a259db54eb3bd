"""Methods down, shots across: a table of runs over seeds."""

from __future__ import annotations

import dataclasses
import os
import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.evaluation import main_column
from keras_ranksim.experiments.method import Method
from keras_ranksim.experiments.model import forget_models
from keras_ranksim.experiments.progress import TableProgress
from keras_ranksim.experiments.published import published_table
from keras_ranksim.experiments.run import Result, run
from keras_ranksim.labels.report_columns import best_of
from keras_ranksim.plots.report import leave_report, write_table_report

if TYPE_CHECKING:
    import pandas


@dataclasses.dataclass
class Table:
    """What `run_table` found.

    Args:
        benchmark: Name of the benchmark.
        results: For each method's name its results, one a seed; the error's text where a cell
            failed.
        metric: The metric shown.
    """

    benchmark: str
    results: dict[str, dict[int, Result | str]]
    metric: str = "mae"

    @property
    def frame(self) -> pandas.DataFrame:
        """Mean and deviation over seeds: columns `(shot, "mean" | "std" | "paper")`.

        The deviation is that of a sample, NaN for one seed. `seeds` counts the cells that
        finished and `failed` those that did not.
        """
        import pandas

        rows = {name: self._row(cells) for name, cells in self.results.items()}
        frame = pandas.DataFrame.from_dict(rows, orient="index")
        frame.columns = pandas.MultiIndex.from_tuples(frame.columns)
        frame.index.name = "method"
        published = published_table(self.benchmark)
        for shot in (
            dict.fromkeys(frame.columns.get_level_values(0)) if published is not None else ()
        ):
            if f"{self.metric}_{shot}" in published:
                column = published[f"{self.metric}_{shot}"]
                frame[(shot, "paper")] = [column.get(name, np.nan) for name in frame.index]
        return frame

    def _row(self, cells):
        finished = [cell for cell in cells.values() if isinstance(cell, Result)]
        row = {
            ("seeds", "finished"): len(finished),
            ("seeds", "failed"): len(cells) - len(finished),
        }
        for shot in dict.fromkeys(shot for cell in finished for shot in cell.report.index):
            values = [cell.report[self.metric].get(shot, np.nan) for cell in finished]
            row[(shot, "mean")] = np.mean(values)
            row[(shot, "std")] = np.std(values, ddof=1) if len(values) > 1 else np.nan
        return row

    def to_markdown(self) -> str:
        """The table in Markdown: `mean ± deviation`, the best of each column in bold.

        Columns headed "paper" are published numbers, from other data or networks than these
        runs wherever the benchmark's facts say so.
        """
        frame = self.frame
        shots = [
            shot for shot in dict.fromkeys(frame.columns.get_level_values(0)) if shot != "seeds"
        ]
        shots = [
            shot
            for shot in shots
            if (shot, "mean") in frame and frame[(shot, "mean")].notna().any()
        ]
        header = [f"{self.metric} on {self.benchmark}", "seeds"]
        for shot in shots:
            header += [shot] + [f"{shot} (paper)"] * ((shot, "paper") in frame)
        lines = [_line(header), _line(["---", *["---:"] * (len(header) - 1)])]
        for name, row in frame.iterrows():
            finished, failed = int(row[("seeds", "finished")]), int(row[("seeds", "failed")])
            cells = [name, f"{finished}, {failed} failed" if failed else str(finished)]
            for shot in shots:
                best = best_of(frame[(shot, "mean")], self.metric)
                cells.append(_cell(row[(shot, "mean")], row[(shot, "std")], best))
                if (shot, "paper") in frame:
                    paper = row[(shot, "paper")]
                    cells.append("-" if np.isnan(paper) else f"{paper:g}")
            lines.append(_line(cells))
        return "\n".join(lines) + "\n"

    def to_csv(self, path: str | os.PathLike) -> None:
        """Writes the frame with one header line: `few_mean`, `few_std`, `few_paper`, ..."""
        frame = self.frame
        frame.columns = [f"{shot}_{kind}" for shot, kind in frame.columns]
        frame.to_csv(path)

    def errors(self) -> dict[str, str]:
        """The text of every failed cell, by method and seed."""
        return {
            f"{name}, seed {seed}": cell
            for name, cells in self.results.items()
            for seed, cell in cells.items()
            if isinstance(cell, str)
        }


def run_table(
    benchmark: Benchmark | Callable[[int], Benchmark],
    methods: Iterable[Method | str],
    seeds: Iterable[int] = (0, 1, 2),
    epochs: int | None = None,
    output_dir: str | os.PathLike | None = None,
    metric: str | None = None,
    verbose: int = 0,
    tuned: Mapping[str, Benchmark] | None = None,
) -> Table:
    """Runs methods over seeds and makes a table of them.

    With `output_dir`, finished cells are read, not run again, and cut ones go on; the table is
    written there as `table.md` and `table.csv` after every cell, and at the end as `report.html`,
    a page with pictures and links to the report of every run. A cell that fails is shown as
    failed and does not stop the table. Rows that are one and the same run, such as
    `VANILLA + LDS` and `SQINV + LDS`, are run once and shown in both.

    Args:
        benchmark: The benchmark; or a function from a seed to it, where each seed is to have
            data of its own.
        methods: Methods or their names.
        seeds: Seeds, at least one.
        epochs: Epochs of each stage; `None` takes those of the recipe.
        output_dir: Folder of the table; `None` keeps nothing.
        metric: The report column shown; `None` takes the one that the recipe's monitor means.
        verbose: Of each run, as in `keras.Model.fit`; 0 shows a line a cell.
        tuned: Further rows, shown as `"VANILLA + RANKSIM, tuned"`: for a method's name the
            benchmark with settings of its own, which is `keras_ranksim.tuning.SearchResult`'s
            `benchmark`.

    Returns:
        A `Table`.

    Example:

    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=100, evaluation_per_age=1)
    >>> table = kr.experiments.run_table(benchmark, ["VANILLA"], seeds=[0], epochs=1)
    >>> table.frame.index.tolist()
    ['VANILLA']
    """
    rows = _rows([methods] if isinstance(methods, (str, Method)) else methods, tuned or {})
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
    table = Table(first.name, {}, main_column(first, metric))
    folder = None if output_dir is None else Path(output_dir)
    done: dict[tuple[str, Method, int], Result | str] = {}
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
                (folder / "table.md").write_text(table.to_markdown())
                table.to_csv(folder / "table.csv")
    if folder is not None:
        leave_report(write_table_report, first, table, folder, published_table(first.name))
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
    parsed = [Method.parse(method) for method in methods]
    rows = [_Row(str(method), method) for method in parsed]
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
        if output_dir is not None:
            output_dir.mkdir(parents=True, exist_ok=True)
            (output_dir / "error.txt").write_text(traceback.format_exc())
        return f"{type(error).__name__}: {error}"
    finally:
        forget_models()


def _cell(mean, deviation, best):
    if np.isnan(mean):
        return "-"
    text = f"{mean:.3g}" if np.isnan(deviation) else f"{mean:.3g} ± {deviation:.2g}"
    return f"**{text}**" if mean == best else text


def _line(cells):
    return "| " + " | ".join(cells) + " |"
