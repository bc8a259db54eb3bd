"""What a trained model does to rare labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.labels import depth_report, shot_report
from keras_ranksim.labels.report_columns import DEPTH_REPORT, SHOT_REPORT, column_of_monitor
from keras_ranksim.validation import one_of

if TYPE_CHECKING:
    import pandas

# Where the facts of a tuned benchmark, and a model of it, name the split that chose its settings.
TUNED_ON = "tuned_on"


def evaluate(model, benchmark: Benchmark, split: str = "test", verbose=0) -> pandas.DataFrame:
    """The shot report of a model on a split, with rows for interpolated and extrapolated labels.

    Args:
        model: A Keras model whose output is the label, in its unit.
        benchmark: The benchmark.
        split: `"test"` for reporting, `"val"` for choosing.
        verbose: As in `keras.Model.predict`.

    Returns:
        A `pandas.DataFrame` as from `shot_report`. Where the split holds zero-shot labels,
        the rows `interpolation` (between training labels) and `extrapolation` (beyond them)
        tell them apart.

    Raises:
        ValueError: Where `split` is the one that the settings of the benchmark or of the model
            were tuned on, whose errors are no report.
    """
    for kind, tuned_on in (
        ("benchmark", benchmark.facts.get(TUNED_ON)),
        ("model", getattr(model, TUNED_ON, None)),
    ):
        if split == tuned_on:
            raise ValueError(
                f"`split` must not be the one that settings were tuned on, whose errors are too "
                f"good to report; take split='test'. Received: split={split!r}, with a {kind} "
                f"tuned on {tuned_on!r}"
            )
    return report_of(*predict(model, benchmark, split, verbose), benchmark)


def predict(model, benchmark: Benchmark, split: str, verbose=0):
    """Labels, predictions and weights of a split, three arrays; dense tasks give maps."""
    data = getattr(benchmark, split)
    labels, weights = (
        np.concatenate([np.asarray(batch[part]) for batch in data]) for part in (1, 2)
    )
    predictions = np.asarray(model.predict(data, verbose=verbose))
    if labels.ndim == 2:
        return labels[:, 0], predictions[:, 0], weights
    return labels, predictions, weights


def main_column(benchmark: Benchmark, metric: str | None = None) -> str:
    """The report column that a table shows: `metric`, or the one that the monitor means."""
    columns = SHOT_REPORT if benchmark.pixel_counts is None else DEPTH_REPORT
    if metric is None:
        return column_of_monitor(benchmark.recipe.monitor, columns)
    return one_of("metric", metric, columns)


def report_of(labels, predictions, weights, benchmark: Benchmark) -> pandas.DataFrame:
    """The report of what `predict` gave; see `evaluate`. Pixels of weight 0 do not count."""
    import pandas

    if benchmark.pixel_counts is not None:
        counts, bins = benchmark.pixel_counts, benchmark.bins
        return depth_report(labels, predictions, counts, bins, mask=weights > 0)
    train = benchmark.train_labels
    report = shot_report(labels, predictions, train, benchmark.bins)
    unseen = benchmark.train_counts[benchmark.bins.index(labels)] == 0
    between = (labels > train.min()) & (labels < train.max())
    extra = {"interpolation": unseen & between, "extrapolation": unseen & ~between}
    rows = [
        shot_report(labels[chosen], predictions[chosen], train, benchmark.bins)
        .loc[["all"]]
        .rename({"all": name})
        for name, chosen in extra.items()
        if chosen.any()
    ]
    return pandas.concat([report, *rows])
