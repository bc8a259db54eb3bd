"""The cells of a table in a file that is committed, so that a table can grow over days.

A row of the file is a method, a seed and a shot, with the errors on the test split and the machine
that trained it. Cells whose settings have changed since are trained again.
"""

import csv
import hashlib
import json
from pathlib import Path

import pandas

from keras_ranksim.experiments import Result
from keras_ranksim.experiments.settings import INPUTS, NOT_COMPARED, settings_of
from keras_ranksim.experiments.training import as_trained
from keras_ranksim.methods.ensemble import members_of, parse_row

NAMES = ("row", "seed", "settings", "seconds", "machine", "shot")


class KeptCells:
    """Finished cells by row and seed.

    Args:
        path: The CSV file, which need not exist.
        benchmark_of: Function from the name of a row to its benchmark.
        epochs: Epochs of each stage, or `None` for the recipe's.
        machine: Versions and devices of this process, kept with the cells that it adds.
    """

    def __init__(self, path: Path, benchmark_of, epochs, machine: str):
        self.path = path
        self.benchmark_of = benchmark_of
        self.epochs = epochs
        self.machine = machine
        self.lines = []
        if path.exists():
            with path.open(newline="") as file:
                self.lines = list(csv.DictReader(file))

    def settings(self, row: str, seed: int) -> str:
        """A short hash of all that determines the result of a cell."""
        found = []
        for method in members_of([parse_row(row.removesuffix(", tuned"))]):
            benchmark = as_trained(self.benchmark_of(row), method, seed, self.epochs)
            settings = settings_of(benchmark, method, seed)
            # Vectors of sentences differ in their last digits from machine to machine.
            left_out = (*NOT_COMPARED, INPUTS)
            found.append({name: settings[name] for name in settings if name not in left_out})
        text = json.dumps(found, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def find(self, row: str, seed: int) -> Result | None:
        """The result of a cell, without history and model, or `None`."""
        lines = self._lines(row, seed)
        if not lines:
            return None
        columns = [name for name in lines[0] if name not in NAMES]
        report = pandas.DataFrame(
            [[float(line[name] or "nan") for name in columns] for line in lines],
            index=[line["shot"] for line in lines],
            columns=columns,
        ).astype({"n": int})
        method = parse_row(row.removesuffix(", tuned"))
        history = {"seconds": [float(lines[0]["seconds"])]}
        name = self.benchmark_of(row).name
        return Result(name, method, seed, report, report, history)

    def machines(self, rows, seeds) -> list[str]:
        """The machines that trained the cells."""
        lines = [line for row in rows for seed in seeds for line in self._lines(row, seed)]
        return sorted({line["machine"] for line in lines})

    def _lines(self, row, seed):
        wanted = {"row": row, "seed": str(seed), "settings": self.settings(row, seed)}
        return [line for line in self.lines if wanted.items() <= line.items()]

    def add(self, row: str, result: Result) -> None:
        """Adds a cell, in place of one with other settings, and writes the file."""
        cell = {"row": row, "seed": str(result.seed)}
        self.lines = [line for line in self.lines if not cell.items() <= line.items()]
        # An ensemble trains nothing of its own.
        seconds = result.seconds if "loss" in result.history else 0
        cell |= {"settings": self.settings(row, result.seed), "seconds": f"{seconds:.0f}"}
        cell["machine"] = self.machine
        for shot, errors in result.report.iterrows():
            values = {name: f"{value:.6g}" for name, value in errors.items()}
            self.lines.append({**cell, "shot": shot, **values})
        self.lines.sort(key=lambda line: (line["row"], int(line["seed"])))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(self.lines[-1]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(self.lines)
