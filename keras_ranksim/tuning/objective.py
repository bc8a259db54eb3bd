"""What a trial is judged by."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_ranksim.labels.report_columns import column_of_monitor
from keras_ranksim.labels.shots import SHOTS
from keras_ranksim.validation import one_of

if TYPE_CHECKING:
    import pandas

DIRECTIONS = ("min", "max")
ERRORS = ("mae", "mse", "gm")


def balanced_error(report: pandas.DataFrame, metric: str = "mae") -> float:
    """The mean over shots of an error, so that the few rare labels weigh as the many do.

    Args:
        report: A report by shot, as from `keras_ranksim.shot_report`.
        metric: A column of it.

    Returns:
        The mean over those of many, medium, few and zero that the report has samples of.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 100, 10)
    >>> train_labels = [35] * 200 + [75] * 3
    >>> report = kr.shot_report([35, 36, 75], [36, 37, 71], train_labels, bins)
    >>> kr.tuning.balanced_error(report)  # 1 on many, 4 on few; 2 over all samples
    2.5
    """
    one_of("metric", metric, report.columns)
    shots = report.reindex(list(SHOTS))
    return float(shots.loc[shots["n"] > 0, metric].mean())


@dataclasses.dataclass(frozen=True)
class Objective:
    """A number to make small, or large, from what a trial gave on the validation split.

    Args:
        name: Its name in tables.
        direction: `"min"` or `"max"`.
        of_report: Function from the validation report to the number; `None` for the logged
            value called `name`, at the epoch whose weights the trial keeps.
    """

    name: str
    direction: str
    of_report: Callable | None = None

    @classmethod
    def of(cls, objective, direction: str, monitor: str = "val_mae") -> Objective:
        """Reads what a user gave: `None`, the name of a logged value, or a function.

        Args:
            objective: See above; `None` for `balanced_error`.
            direction: `"min"` or `"max"`.
            monitor: The recipe's, whose metric `None` takes.
        """
        one_of("direction", direction, DIRECTIONS)
        if objective is None:
            if direction != "min":
                raise ValueError(
                    "`direction` must be 'min' for the default objective, which is an error. "
                    f"Received: direction={direction!r}"
                )
            metric = monitor.removeprefix("val_")
            if metric not in ERRORS:
                raise ValueError(
                    "`objective` must be given where the recipe's monitor is none of "
                    f"{', '.join(f'val_{name}' for name in ERRORS)}, whose mean over shots it is "
                    f"otherwise. Received: objective=None, with monitor={monitor!r}"
                )

            def balanced(report):
                return balanced_error(report, column_of_monitor(metric, report.columns))

            return cls(f"balanced val_{metric}", direction, balanced)
        if callable(objective):
            return cls(getattr(objective, "__name__", "objective"), direction, objective)
        if not isinstance(objective, str):
            raise ValueError(
                "`objective` must be a function of the validation report, the name of a logged "
                f"value, or None. Received: objective={objective!r}"
            )
        if not objective.startswith("val_"):
            raise ValueError(
                "`objective` must be a validation value, whose name starts with 'val_': what is "
                f"chosen on training data overfits. Received: objective={objective!r}"
            )
        return cls(objective, direction)

    @property
    def lower_is_better(self) -> bool:
        """Whether the smallest is the best."""
        return self.direction == "min"

    def value(self, logs: dict[str, float], report=None) -> float:
        """The number, checked to be finite.

        Args:
            logs: Logged values of the epoch whose weights are kept.
            report: The report of these weights on the validation split.
        """
        if self.of_report is not None:
            value = float(self.of_report(report))
        elif self.name in logs:
            value = float(logs[self.name])
        else:
            raise ValueError(
                f"`objective` must be one of the logged values {sorted(logs)}. "
                f"Received: objective={self.name!r}"
            )
        if not math.isfinite(value):
            empty = [] if report is None else [s for s in SHOTS if not report["n"].get(s, 0)]
            lacking = f", with no validation sample that is {' or '.join(empty)}" if empty else ""
            raise ValueError(
                f"The objective must be finite. Received: {self.name}={value}{lacking}"
            )
        return value
