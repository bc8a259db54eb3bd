"""The cells of a table: which runs they are, and one of them run."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.files import explain_full_disk
from keras_ranksim.experiments.model import forget_models
from keras_ranksim.experiments.result import Failure, Result
from keras_ranksim.experiments.run import run
from keras_ranksim.experiments.settings import OtherSettings, check_same_settings, settings_of
from keras_ranksim.experiments.training import as_trained
from keras_ranksim.methods.method import Method

ERROR = "error.txt"


@dataclasses.dataclass(frozen=True)
class Cell:
    """One run of a table. Rows that are the same run have equal cells.

    Args:
        place: Its folder in that of the table, without the seed.
        method: The method that is run.
        seed: The seed.
    """

    place: str
    method: Method
    seed: int


class CellRunner:
    """Runs the cells of a table.

    Args:
        benchmark: The benchmark, or a function from a seed to it.
        tuned: Benchmarks of tuned rows, by the `place` of their cells.
        folder: Folder of the table, or `None`.
        epochs: Epochs of each stage, or `None` for those of the recipe.
        verbose: Of each run.
    """

    def __init__(
        self,
        benchmark: Benchmark | Callable[[int], Benchmark],
        tuned: dict[str, Benchmark],
        folder: Path | None,
        epochs: int | None,
        verbose: int,
    ):
        self.benchmark = benchmark
        self.loaded = None
        self.tuned = tuned
        self.folder = folder
        self.epochs = epochs
        self.verbose = verbose

    def benchmark_of(self, seed: int) -> Benchmark:
        """The benchmark of a seed; the last one is kept."""
        if not callable(self.benchmark):
            return self.benchmark
        if self.loaded is None or self.loaded[0] != seed:
            self.loaded = seed, self.benchmark(seed)
        return self.loaded[1]

    def check(self, cells: Iterable[Cell]) -> None:
        """Raises if the folder of a cell holds a run with other settings."""
        for cell in cells if self.folder is not None else ():
            path = self._folder_of(cell) / "settings.json"
            if not path.exists():
                continue
            try:
                benchmark = as_trained(
                    self._benchmark_of_cell(cell), cell.method, cell.seed, self.epochs
                )
                check_same_settings(path, settings_of(benchmark, cell.method, cell.seed))
            except OtherSettings:
                raise
            except Exception:  # which fails the cell, and not the table
                continue

    def _folder_of(self, cell):
        return self.folder / cell.place / f"seed-{cell.seed}"

    def _benchmark_of_cell(self, cell):
        return self.tuned.get(cell.place) or self.benchmark_of(cell.seed)

    def __getstate__(self):
        """What is sent to another process, which loads benchmarks itself."""
        return {**self.__dict__, "loaded": None}

    def __call__(self, cell: Cell) -> Result | Failure:
        """Runs a cell, or reads it if it is finished."""
        output_dir = None if self.folder is None else self._folder_of(cell)
        try:
            result = run(
                self._benchmark_of_cell(cell),
                cell.method,
                cell.seed,
                self.epochs,
                output_dir,
                verbose=self.verbose,
            )
            result.model = None
            if output_dir is not None:
                (output_dir / ERROR).unlink(missing_ok=True)  # of an earlier try
            return result
        except Exception as error:  # a failed cell must not stop the others
            if output_dir is not None and output_dir.is_dir():
                with explain_full_disk(output_dir):
                    (output_dir / ERROR).write_text(traceback.format_exc())
            return Failure(f"{type(error).__name__}: {error}")
        finally:
            forget_models()
