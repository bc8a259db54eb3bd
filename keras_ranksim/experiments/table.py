"""A table of runs: methods down, shots across, mean and deviation over seeds."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.experiments.files import read_json, write_json, write_text
from keras_ranksim.experiments.published import published_table
from keras_ranksim.experiments.result import Failure, Result, read_result
from keras_ranksim.experiments.settings import command_of_process
from keras_ranksim.labels.report_columns import best_of
from keras_ranksim.markdown import markdown_table

if TYPE_CHECKING:
    import pandas

FILE = "table.json"


@dataclasses.dataclass
class Table:
    """The result of `run_table`.

    Args:
        benchmark: Name of the benchmark.
        results: The cells of every method by seed: a `Result`, or a `Failure` with the error's
            message.
        metric: The report column shown.
    """

    benchmark: str
    results: dict[str, dict[int, Result | Failure]]
    metric: str = "mae"

    def finished(self, name: str) -> dict[int, Result]:
        """The results of a row by seed, without failures."""
        return {seed: cell for seed, cell in self.results[name].items() if isinstance(cell, Result)}

    @property
    def frame(self) -> pandas.DataFrame:
        """Mean and deviation over seeds: columns `(shot, "mean" | "std" | "paper")`.

        The deviation is that of a sample, NaN for one seed. The columns `("seeds", "finished")`
        and `("seeds", "failed")` count cells.
        """
        import pandas

        rows = {name: self._row(name) for name in self.results}
        frame = pandas.DataFrame.from_dict(rows, orient="index")
        frame.columns = pandas.MultiIndex.from_tuples(frame.columns)
        frame.index.name = "method"
        published = published_table(self.benchmark)
        if published is None:
            return frame
        for shot in dict.fromkeys(frame.columns.get_level_values(0)):
            if f"{self.metric}_{shot}" in published:
                column = published[f"{self.metric}_{shot}"]
                frame[(shot, "paper")] = [column.get(name, np.nan) for name in frame.index]
        return frame

    def _row(self, name):
        finished = list(self.finished(name).values())
        row = {
            ("seeds", "finished"): len(finished),
            ("seeds", "failed"): len(self.results[name]) - len(finished),
        }
        for shot in dict.fromkeys(shot for cell in finished for shot in cell.report.index):
            values = [cell.report[self.metric].get(shot, np.nan) for cell in finished]
            row[(shot, "mean")] = np.mean(values)
            row[(shot, "std")] = np.std(values, ddof=1) if len(values) > 1 else np.nan
        return row

    def to_markdown(self) -> str:
        """The table in Markdown: `mean ± deviation`, the best of each column in bold.

        Columns headed "paper" are published numbers. The benchmark's facts list where data or
        networks differ from theirs.
        """
        frame = self.frame
        shots = shots_shown(frame)
        header = [f"{self.metric} on {self.benchmark}", "seeds"]
        for shot in shots:
            header += [shot] + [f"{shot} (paper)"] * ((shot, "paper") in frame)
        rows = []
        for name, row in frame.iterrows():
            finished, failed = int(row[("seeds", "finished")]), int(row[("seeds", "failed")])
            cells = [name, f"{finished}, {failed} failed" if failed else str(finished)]
            for shot in shots:
                best = best_of(frame[(shot, "mean")], self.metric)
                cells.append(_cell(row[(shot, "mean")], row[(shot, "std")], best))
                if (shot, "paper") in frame:
                    paper = row[(shot, "paper")]
                    cells.append("-" if np.isnan(paper) else f"{paper:g}")
            rows.append(cells)
        return markdown_table(header, rows)

    def to_csv(self, path: str | os.PathLike) -> None:
        """Writes the frame with one header line: `few_mean`, `few_std`, `few_paper`, ..."""
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
        facts = {"benchmark": self.benchmark, "metric": self.metric}
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
    return Table(saved["benchmark"], rows, saved["metric"])


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


def _cell(mean, deviation, best):
    if np.isnan(mean):
        return "-"
    text = f"{mean:.3g}" if np.isnan(deviation) else f"{mean:.3g} ± {deviation:.2g}"
    return f"**{text}**" if mean == best else text
