"""The objective of a trial."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from keras_ranksim.labels.report_columns import column_of_monitor
from keras_ranksim.labels.shots import SHOTS
from keras_ranksim.tuning.package import keras_tuner
from keras_ranksim.validation import one_of

if TYPE_CHECKING:
    import pandas

ERRORS = ("val_mae", "val_mse", "val_gm")


def balanced_error(report: pandas.DataFrame, metric: str = "mae") -> float:
    """The mean of an error over shots, so that rare labels count as much as frequent ones.

    Args:
        report: A report by shot, as from `keras_ranksim.shot_report`.
        metric: A column of it.

    Returns:
        The mean over those of many, medium, few and zero that have samples in the report.

    Example:

    >>> import keras_ranksim as kr
    >>> from keras_ranksim.tuning.objective import balanced_error
    >>> bins = kr.LabelBins.uniform(0, 100, 10)
    >>> train_labels = [35] * 200 + [75] * 3
    >>> report = kr.shot_report([35, 36, 75], [36, 37, 71], train_labels, bins)
    >>> balanced_error(report)  # 1 on many, 4 on few; 2 over all samples
    2.5
    """
    one_of("metric", metric, report.columns)
    shots = report.reindex(list(SHOTS))
    return float(shots.loc[shots["n"] > 0, metric].mean())


def report_objective(objective, monitor: str) -> tuple[keras_tuner.Objective, Callable]:
    """The objective of a benchmark, and the function of the validation report that gives it.

    Args:
        objective: As in `search`.
        monitor: The recipe's.
    """
    if isinstance(objective, keras_tuner.Objective):
        one_of("objective.direction", objective.direction, ("min",))
        objective = objective.name
    if callable(objective):
        name = getattr(objective, "__name__", "objective").replace("<lambda>", "objective")
        return keras_tuner.Objective(name, "min"), objective
    if objective is None and monitor not in ERRORS:
        raise ValueError(
            f"`objective` must be given if the recipe's monitor is not one of {', '.join(ERRORS)}. "
            f"Received: objective=None, monitor={monitor!r}"
        )
    one_of("objective", objective, [*ERRORS, None], "a function of the validation report")
    metric = (objective or monitor).removeprefix("val_")

    def measure(report):
        column = column_of_monitor(metric, report.columns)
        return report.loc["all", column] if objective else balanced_error(report, column)

    return keras_tuner.Objective(objective or f"balanced {monitor}", "min"), measure


def logged_objective(objective, fit_arguments: dict) -> keras_tuner.Objective:
    """The objective of a user's model, a logged validation value.

    Args:
        objective: As in `search`.
        fit_arguments: Arguments of `keras.Model.fit`, which must hold validation data.
    """
    if objective is None or isinstance(objective, str):
        objective = keras_tuner.Objective(objective or "val_loss", "min")
    if not isinstance(objective, keras_tuner.Objective) or not objective.name.startswith("val_"):
        raise ValueError(
            "`objective` must be the name of a logged validation value, such as 'val_mae', or a "
            f"keras_tuner.Objective with such a name. Received: objective={objective}"
        )
    if not {"validation_data", "validation_split"} & set(fit_arguments):
        raise ValueError(
            "`validation_data` must be given with a `build` function, since the objective is a "
            f"validation value. Received: {', '.join(fit_arguments) or 'no data'}"
        )
    return objective
