"""The log of a run, one line per epoch, from which it resumes and chooses the best epoch."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import keras

from keras_ranksim.experiments.files import explain_damage, write_text
from keras_ranksim.variable_files import load_variables, save_variables

LOG = "epochs.jsonl"


class EpochLog(keras.callbacks.Callback):
    """Writes the logs of every epoch to a file and keeps the weights of the best one.

    The best epoch is computed from the file alone, so a resumed run chooses the same one as an
    uninterrupted run.

    Args:
        folder: Where `epochs.jsonl` and `best.npz` are written.
        monitor: The logged value that chooses the best epoch.
        patience: Stop after this many epochs without a better one; `None` for never.
        first_epoch: The epoch a resumed run starts at; later lines are dropped.
        lower_is_better: Whether the smallest `monitor` is the best.
    """

    def __init__(
        self,
        folder: Path,
        monitor: str,
        patience: int | None,
        first_epoch: int = 0,
        lower_is_better: bool = True,
    ):
        super().__init__()
        self.lower_is_better = lower_is_better
        self.path = folder / LOG
        self.best_path = folder / "best.npz"
        self.monitor = monitor
        self.patience = patience
        self.rows = [row for row in read_log(self.path) if row["epoch"] < first_epoch]
        _write_lines(self.path, self.rows)

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.monotonic() - self.started
        row = {
            "epoch": epoch,
            "seconds": seconds,
            **{name: float(value) for name, value in (logs or {}).items()},
        }
        if self.monitor not in row:
            raise ValueError(
                f"`monitor` must be one of the logged values {sorted(row)}. "
                f"Received: monitor={self.monitor!r}"
            )
        self.rows.append(row)
        if self.best_epoch() == epoch:
            save_variables(self.best_path, _weights(self.model))
        _write_lines(self.path, self.rows)
        if self.is_exhausted():
            self.model.stop_training = True

    def best_epoch(self) -> int | None:
        """The first epoch with the best finite monitored value."""
        best = best_row(self.rows, self.monitor, self.lower_is_better)
        return None if best is None else best["epoch"]

    def load_best(self, model: keras.Model) -> None:
        """Gives a model the weights of the best epoch, and its optimizer their state."""
        with explain_damage(self.best_path):
            load_variables(self.best_path, _weights(model))

    def is_exhausted(self) -> bool:
        """True after `patience` epochs without a better one."""
        if self.patience is None or not self.rows:
            return False
        best = self.best_epoch()
        return self.rows[-1]["epoch"] - (-1 if best is None else best) >= self.patience


def best_row(rows: list[dict], monitor: str, lower_is_better: bool = True) -> dict | None:
    """The first row with the best finite value of `monitor`."""
    finite = [row for row in rows if math.isfinite(row[monitor])]
    sign = 1 if lower_is_better else -1
    return min(finite, key=lambda row: sign * row[monitor]) if finite else None


def read_log(path: Path) -> list[dict]:
    """The rows of an epoch log; an empty list if there is no file."""
    if not path.exists():
        return []
    with explain_damage(path):
        return [json.loads(line) for line in path.read_text().splitlines() if line]


def _weights(model):
    """Weights and optimizer variables, but no random states, which must not be set back."""
    return [*model.weights, *model.optimizer.variables]


def write_log(path: Path, history: dict[str, list[float]]) -> None:
    """Writes a whole history, a dictionary of lists, as an epoch log."""
    rows = [dict(zip(history, values)) for values in zip(*history.values())]
    _write_lines(path, [{"epoch": epoch, **row} for epoch, row in enumerate(rows)])


def _write_lines(path, rows):
    write_text(path, "".join(json.dumps(row) + "\n" for row in rows))
