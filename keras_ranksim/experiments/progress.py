"""Progress of `run_table`: one line per cell, with an estimate of the time left."""

import sys
import time

from keras_ranksim.experiments.result import Failure


class TableProgress:
    """Writes the progress of a table to standard error.

    Args:
        name: What the table is of.
        cells: Number of cells.
        verbose: 0 for one line per cell, rewritten in place on a terminal; otherwise lines are
            never rewritten, since the runs print in between.
    """

    def __init__(self, name: str, cells: int, verbose: int = 0):
        self.name, self.cells = name, cells
        self.overwrite = verbose == 0 and sys.stderr.isatty()
        self.done = 0
        self.started = time.monotonic()

    def start(self, method: str, seed: int) -> None:
        """Reports which cell starts."""
        if self.overwrite:
            self._say(f"{self._place(1)} {method}, seed {seed} ... {self._left()}")

    def finish(self, method: str, seed: int, cell, metric: str) -> None:
        """Reports what a cell found."""
        self.done += 1
        if isinstance(cell, Failure):
            found = f"failed: {cell.line[:200]}"
        else:
            found = f"{metric} {cell.report.loc['all', metric]:.3g}"
        self._say(f"{self._place(0)} {method}, seed {seed}: {found}; {self._left()}", last=True)

    def _place(self, ahead):
        return f"{self.name} [{self.done + ahead}/{self.cells}]"

    def _left(self):
        if not self.done:
            return ""
        seconds = (time.monotonic() - self.started) / self.done * (self.cells - self.done)
        return f"about {seconds / 60:.0f} min left" if seconds >= 60 else f"{seconds:.0f} s left"

    def _say(self, line, last=False):
        before = "\r\x1b[K" if self.overwrite else ""
        sys.stderr.write(before + line.rstrip(" ;") + ("\n" if last or not self.overwrite else ""))
        sys.stderr.flush()
