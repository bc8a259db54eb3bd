"""A table of runs: methods down, shots across, means over seeds and differences to a base."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.experiments.files import read_json, write_json, write_text
from keras_ranksim.experiments.paired import Difference, paired_difference
from keras_ranksim.experiments.published import published_table
from keras_ranksim.experiments.result import Failure, Result, read_result
from keras_ranksim.experiments.settings import command_of_process
from keras_ranksim.labels.report_columns import best_of, report_column
from keras_ranksim.markdown import markdown_table

if TYPE_CHECKING:
    import pandas

FILE = "table.json"
BASE = "VANILLA"
WHOLE_BELOW = 1e6


@dataclasses.dataclass
class Table:
    """The result of `run_table`.

    Args:
        benchmark: Name of the benchmark.
        results: The cells of every method by seed: a `Result`, or a `Failure` with the error's
            message.
        metric: The report column shown.
        base: The row that others are compared with, seed by seed.
    """

    benchmark: str
    results: dict[str, dict[int, Result | Failure]]
    metric: str = "mae"
    base: str = BASE

    def finished(self, name: str) -> dict[int, Result]:
        """The results of a row by seed, without failures."""
        return {seed: cell for seed, cell in self.results[name].items() if isinstance(cell, Result)}

    @property
    def frame(self) -> pandas.DataFrame:
        """Mean and deviation over seeds: columns `(shot, "mean" | "std")`, and what they mean.

        The deviation is that of a sample, NaN for one seed. `(shot, "difference" | "low" |
        "high")` is the mean difference to the base over the seeds that both have, with the
        ends of its 95% interval (paired t); `(shot, "best")` marks the best row if the interval
        of its difference to the second best excludes zero; `(shot, "paper")` is a published
        number. `("seeds", "finished")` and `("seeds", "failed")` count cells.
        """
        import pandas

        rows = {name: self._row(name) for name in self.results}
        if not rows:
            return pandas.DataFrame(columns=pandas.MultiIndex.from_arrays([[], []]))
        frame = pandas.DataFrame.from_dict(rows, orient="index")
        frame.columns = pandas.MultiIndex.from_tuples(frame.columns)
        frame.index.name = "method"
        for shot in shots_shown(frame):
            frame[(shot, "best")] = self._is_best(shot, frame[(shot, "mean")])
        published = published_table(self.benchmark)
        if published is None:
            return frame
        for shot in dict.fromkeys(frame.columns.get_level_values(0)):
            if f"{self.metric}_{shot}" in published:
                scale = report_column(self.metric).published_scale
                column = published[f"{self.metric}_{shot}"] / scale
                frame[(shot, "paper")] = [column.get(name, np.nan) for name in frame.index]
        return frame

    def _row(self, name):
        finished = list(self.finished(name).values())
        row = {
            ("seeds", "finished"): len(finished),
            ("seeds", "failed"): len(self.results[name]) - len(finished),
        }
        for shot in dict.fromkeys(shot for cell in finished for shot in cell.report.index):
            # Data that differ by seed may lack a shot in some.
            values = [value for value in self._values(name, shot).values() if not np.isnan(value)]
            row[(shot, "mean")] = np.mean(values) if values else np.nan
            row[(shot, "std")] = _deviation(values)
            if self.base in self.results and name != self.base:
                found = self.difference(name, self.base, shot)
                row |= {(shot, "difference"): found.mean}
                row |= {(shot, "low"): found.low, (shot, "high"): found.high}
        return row

    def difference(self, name: str, base: str, shot: str) -> Difference:
        """The difference of a row to another one in a shot, over the seeds that both have."""
        values, base_values = self._values(name, shot), self._values(base, shot)
        shared = [seed for seed in values if seed in base_values]
        return paired_difference(*([of[seed] for seed in shared] for of in (values, base_values)))

    def _values(self, name, shot):
        return {
            seed: float(cell.report.get(self.metric, {}).get(shot, np.nan))
            for seed, cell in self.finished(name).items()
        }

    def _is_best(self, shot, means):
        """Which rows are the best one, if it is better than the next beyond doubt.

        Rows that are the same run are one.
        """
        best = best_of(means, self.metric)
        others = [name for name in means.index if means[name] != best and np.isfinite(means[name])]
        if not others:
            return [False] * len(means)
        leader = means.index[means == best][0]
        second = best_of(means[others], self.metric)
        rival = next(name for name in others if means[name] == second)
        clear = self.difference(leader, rival, shot).excludes_zero
        return [bool(clear and mean == best) for mean in means]

    def to_markdown(self) -> str:
        """The table in Markdown: `mean ± deviation`, and the difference to the base.

        A difference has its 95% interval in brackets. The best of a column is bold if the
        interval of its difference to the second best excludes zero. Columns headed "paper" are
        published numbers. The benchmark's facts list where data or
        networks differ from theirs.
        """
        frame = self.frame
        shots = shots_shown(frame)
        title = f"{self.metric} on {self.benchmark}"
        if any(kind == "difference" for _, kind in frame.columns):
            title += f", minus {self.base} [95%]"
        header = [title, "seeds"]
        for shot in shots:
            header += [shot] + [f"{shot} (paper)"] * ((shot, "paper") in frame)
        rows = []
        for name, row in frame.iterrows():
            finished, failed = int(row[("seeds", "finished")]), int(row[("seeds", "failed")])
            cells = [name, f"{finished}, {failed} failed" if failed else str(finished)]
            for shot in shots:
                cells.append(_cell(row[shot]))
                if (shot, "paper") in frame:
                    paper = row[(shot, "paper")]
                    cells.append("-" if np.isnan(paper) else f"{paper:g}")
            rows.append(cells)
        return markdown_table(header, rows)

    __repr__ = _repr_markdown_ = to_markdown  # in a console and in a notebook

    def to_csv(self, path: str | os.PathLike) -> None:
        """Writes the frame with one header line: `few_mean`, `few_std`, `few_low`, ..."""
        frame = self.frame
        frame.columns = [f"{shot}_{kind}" for shot, kind in frame.columns]
        frame.to_csv(path)

    def errors(self) -> dict[str, str]:
        """The message of every failed cell, by method and seed."""
        return {
            f"{name}, seed {seed}": cell.message
            for name, cells in self.results.items()
            for seed, cell in cells.items()
            if isinstance(cell, Failure)
        }

    def save(self, folder: str | os.PathLike) -> None:
        """Writes `table.md`, `table.csv` and `table.json`, which lists the folder of each run.

        Args:
            folder: The folder of the table.
        """
        folder = Path(folder)
        write_text(folder / "table.md", self.to_markdown())
        self.to_csv(folder / "table.csv")
        rows = {
            name: {str(seed): _entry(cell, folder) for seed, cell in cells.items()}
            for name, cells in self.results.items()
        }
        facts = {"benchmark": self.benchmark, "metric": self.metric, "base": self.base}
        write_json(folder / FILE, {**facts, "command": command_of_process(), "rows": rows})


def read_table(folder: Path) -> Table:
    """Reads what `Table.save` wrote. A run that cannot be read becomes a `Failure`."""
    saved = read_json(
        folder / FILE,
        "Call `run_table` again with this `output_dir`: it writes the file again and trains only "
        "what is not finished.",
    )
    runs: dict[str, Result | Failure] = {}

    def cell(entry):
        if "failed" in entry:
            return Failure(entry["failed"])
        name = entry["folder"]
        if name not in runs:  # rows that are the same run share it
            try:
                runs[name] = read_result(folder / name)
            except ValueError as error:
                runs[name] = Failure(str(error))
        return runs[name]

    rows = {
        name: {int(seed): cell(entry) for seed, entry in cells.items()}
        for name, cells in saved["rows"].items()
    }
    return Table(saved["benchmark"], rows, saved["metric"], saved.get("base", BASE))


def shots_shown(frame: pandas.DataFrame) -> list[str]:
    """The shots of a table's frame that hold at least one number, in their order."""
    return [
        shot
        for shot in dict.fromkeys(frame.columns.get_level_values(0))
        if (shot, "mean") in frame and frame[(shot, "mean")].notna().any()
    ]


def _entry(cell, folder):
    if isinstance(cell, Failure):
        return {"failed": cell.message}
    return {"folder": Path(os.path.relpath(cell.output_dir, folder)).as_posix()}


def difference_text(row: pandas.Series) -> str | None:
    """The difference to the base of one shot's part of a row: `"-8.8 [-9.5, -8.1]"`.

    `None` if there is none, and the difference alone if there is no interval.
    """
    found = [float(row.get(kind, np.nan)) for kind in ("difference", "low", "high")]
    if np.isnan(found[0]):
        return None
    written = (figures(number, "+.2g", 99.5) for number in found)
    difference, low, high = written
    return difference if np.isnan(found[1]) else f"{difference} [{low}, {high}]"


def figures(number, form, whole_from):
    """As the format says, but large numbers as whole ones: -130, and not -1.3e+02."""
    sign = "+" * form.startswith("+")
    if abs(number) < whole_from:
        return f"{number:{form}}"
    return f"{number:{sign},.0f}" if abs(number) < WHOLE_BELOW else f"{number:{sign}.3g}"


def _deviation(values):
    """That of a sample. Equal values have none, although their mean may be rounded."""
    if len(values) < 2:
        return np.nan
    return 0.0 if np.ptp(values) == 0 else np.std(values, ddof=1)


def _cell(row):
    mean, deviation = row["mean"], row["std"]
    if np.isnan(mean):
        return "-"
    text = figures(mean, ".3g", 999.5)
    if not np.isnan(deviation):
        text += f" ± {figures(deviation, '.2g', 99.5)}"
    text = f"**{text}**" if row["best"] else text
    difference = difference_text(row)
    return text if difference is None else f"{text}, {difference}"
