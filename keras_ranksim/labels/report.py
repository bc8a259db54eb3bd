"""Errors by shot, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.labels.sera import sera as area
from keras_ranksim.labels.shots import FEW_BELOW, MANY_ABOVE, SHOTS, shots_of_labels
from keras_ranksim.validation import numbers, one_per_sample, same_length

if TYPE_CHECKING:
    import pandas

SMALLEST_ERROR = 1e-10


def shot_report(
    labels,
    predictions,
    train_labels,
    bins: LabelBins,
    *,
    sera: bool = False,
    shot_limits: tuple[float, float] = (MANY_ABOVE, FEW_BELOW),
) -> pandas.DataFrame:
    """Errors over all samples and by shot.

    Args:
        labels: True labels, shape `(samples,)` or `(samples, 1)`.
        predictions: Predicted labels, the same number of them.
        train_labels: The training labels, which decide what is rare.
        bins: The label bins.
        sera: Whether to add the column `sera`, the squared error-relevance area; see `kr.sera`.
        shot_limits: A bin with more training labels than the first is many-shot, one with fewer
            than the second few-shot.

    Returns:
        A `pandas.DataFrame` with the index `all, many, medium, few, zero` and the columns `n`
        (samples), `mse`, `mae`, `gm` (geometric mean of the absolute errors), `pearson` and
        `spearman` (correlations). What an empty or constant shot cannot give is NaN.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 100, 10)
    >>> train_labels = [35] * 200 + [75] * 3
    >>> report = kr.shot_report([35, 36, 75], [36, 36, 71], train_labels, bins)
    >>> report.loc["few", "mae"]
    np.float64(4.0)
    >>> report["n"].tolist()
    [3, 2, 0, 1, 0]
    """
    import pandas

    labels = one_per_sample("labels", labels)
    predictions = one_per_sample("predictions", predictions)
    same_length(labels=labels, predictions=predictions)
    train_labels = numbers("train_labels", train_labels).ravel()
    if np.shape(shot_limits) != (2,):
        raise ValueError(
            "`shot_limits` must be (many_above, few_below), such as (100, 20). "
            f"Received: shot_limits={shot_limits!r}"
        )
    shot = shots_of_labels(labels, train_labels, as_bins(bins), shot_limits)
    rows = {"all": np.full(len(labels), True), **{name: shot == name for name in SHOTS}}
    report = {name: _errors(labels[row], predictions[row]) for name, row in rows.items()}
    if sera:
        for name, row in rows.items():
            report[name]["sera"] = area(labels[row], predictions[row], train_labels)
    return pandas.DataFrame.from_dict(report, orient="index").astype({"n": int})


def run_report(labels, predictions, train_labels, bins: LabelBins, **options) -> pandas.DataFrame:
    """The shot report of a run: with SERA, and rows for interpolated and extrapolated labels.

    Args:
        labels, predictions, train_labels, bins: As in `shot_report`; arrays of one dimension.
        **options: `shot_limits` of `shot_report`.

    Returns:
        A `pandas.DataFrame` as from `shot_report`. If there are zero-shot labels, it has the rows
        `interpolation` (between training labels) and `extrapolation` (beyond).

    Example:

    >>> import numpy as np, keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 100, 10)
    >>> train_labels = np.array([30, 50])
    >>> from keras_ranksim.labels.report import run_report
    >>> report = run_report(np.array([35, 95]), np.array([36, 92]), train_labels, bins)
    >>> report.loc["extrapolation", "mae"]
    np.float64(3.0)
    """
    import pandas

    report = shot_report(labels, predictions, train_labels, bins, sera=True, **options)
    unseen = shots_of_labels(labels, train_labels, bins) == "zero"
    between = (labels > train_labels.min()) & (labels < train_labels.max())
    extra = {"interpolation": unseen & between, "extrapolation": unseen & ~between}
    rows = [
        shot_report(labels[chosen], predictions[chosen], train_labels, bins, sera=True)
        .loc[["all"]]
        .rename({"all": name})
        for name, chosen in extra.items()
        if chosen.any()
    ]
    return pandas.concat([report, *rows])


def _errors(labels, predictions):
    if len(labels) == 0:
        return {"n": 0, **dict.fromkeys(("mse", "mae", "gm", "pearson", "spearman"), np.nan)}
    error = np.abs(predictions - labels)
    return {
        "n": len(labels),
        "mse": np.mean(error**2),
        "mae": np.mean(error),
        "gm": np.exp(np.mean(np.log(np.maximum(error, _smallest(error))))),
        "pearson": _correlation(labels, predictions),
        "spearman": _correlation(_average_ranks(labels), _average_ranks(predictions)),
    }


def _smallest(errors):
    """What takes the place of an error of 0 in the geometric mean."""
    return min(SMALLEST_ERROR, errors.mean() / 1000) or SMALLEST_ERROR


def _correlation(a, b):
    if np.ptp(a) == 0 or np.ptp(b) == 0:  # of which the mean may be rounded
        return np.nan
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt(np.sum(a**2) * np.sum(b**2))
    return np.sum(a * b) / scale if scale > 0 else np.nan


def _average_ranks(values):
    _, position, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[position]
