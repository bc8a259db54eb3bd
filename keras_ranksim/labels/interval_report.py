"""Coverage and width of prediction intervals by shot, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.labels.shots import SHOTS
from keras_ranksim.validation import numbers, same_length

if TYPE_CHECKING:
    import pandas


def interval_report(labels, low, high, shot) -> pandas.DataFrame:
    """How many labels lie in their intervals, and how wide these are, by shot.

    Args:
        labels: True labels, shape `(samples,)` or `(samples, 1)`.
        low, high: The ends of the interval of each, as from `ConformalIntervals.apply`.
        shot: The shot of each label, as from `kr.shots`.

    Returns:
        A `pandas.DataFrame` with the index `all, many, medium, few, zero` and the columns `n`
        (samples), `coverage` (share of labels within their interval) and `width` (mean width
        of the intervals), NaN for a shot without samples.

    Example:

    >>> import keras_ranksim as kr
    >>> report = kr.labels.interval_report(
    ...     [30, 31, 80], [28, 28, 60], [32, 32, 70], ["many", "many", "few"]
    ... )
    >>> report.loc[["all", "few"]]
         n  coverage  width
    all  3  0.666667    6.0
    few  1  0.000000   10.0
    """
    import pandas

    labels, low, high = (
        numbers(name, values).ravel()
        for name, values in (("labels", labels), ("low", low), ("high", high))
    )
    shot = np.ravel(shot)
    same_length(labels=labels, low=low, high=high, shot=shot)
    within, width = (low <= labels) & (labels <= high), high - low
    rows = {"all": np.full(len(labels), True), **{name: shot == name for name in SHOTS}}
    report = {
        name: {
            "n": int(row.sum()),
            "coverage": within[row].mean() if row.any() else np.nan,
            "width": width[row].mean() if row.any() else np.nan,
        }
        for name, row in rows.items()
    }
    return pandas.DataFrame.from_dict(report, orient="index").astype({"n": int})
