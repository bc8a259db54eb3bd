"""Errors of a trained model by shot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.labels.report_columns import column_of_monitor
from keras_ranksim.validation import one_of

if TYPE_CHECKING:
    import pandas

# The split that settings were tuned on: a fact of a benchmark, an attribute of its models.
TUNED_ON = "tuned_on"


def evaluate(model, benchmark: Benchmark, split: str = "test", verbose=0) -> pandas.DataFrame:
    """The shot report of a model on a split, with rows for interpolated and extrapolated labels.

    Args:
        model: A Keras model whose output is the label, in its unit.
        benchmark: The benchmark.
        split: `"test"` for reporting, `"val"` for choosing.
        verbose: As in `keras.Model.predict`.

    Returns:
        A `pandas.DataFrame` as from `shot_report`. If the split holds zero-shot labels, it
        has the rows `interpolation` (between training labels) and `extrapolation` (beyond).

    Raises:
        ValueError: If the settings of the benchmark or of the model were tuned on `split`.
    """
    for kind, tuned_on in (
        ("benchmark", benchmark.facts.get(TUNED_ON)),
        ("model", getattr(model, TUNED_ON, None)),
    ):
        if split == tuned_on:
            raise ValueError(
                "`split` must not be the split that settings were tuned on, since its errors are "
                f"too optimistic; use split='test'. Received: split={split!r}, with a {kind} "
                f"tuned on {tuned_on!r}"
            )
    return benchmark.data.report(*predict(model, benchmark, split, verbose))


def predict(model, benchmark: Benchmark, split: str, verbose=0):
    """Labels, predictions and weights of a split, three arrays; dense tasks give maps."""
    data = getattr(benchmark, one_of("split", split, SPLITS))
    labels, weights = (
        np.concatenate([np.asarray(batch[part]) for batch in data]) for part in (1, 2)
    )
    predictions = model.predict(data, verbose=verbose)
    if getattr(predictions, "ndim", 0) == 1:
        predictions = predictions[:, None]
    shape = getattr(predictions, "shape", None)
    if shape != labels.shape or (labels.ndim == 2 and labels.shape[1] != 1):
        received = "several outputs" if shape is None else f"predictions of shape {shape}"
        raise ValueError(
            "`model` must predict one label per sample, or a map like those of the labels. "
            f"Received: {received}, labels of shape {labels.shape}"
        )
    if labels.ndim == 2:
        return labels[:, 0], predictions[:, 0], weights
    return labels, predictions, weights


def main_column(benchmark: Benchmark, metric: str | None = None) -> str:
    """The report column that a table shows: `metric`, or that of the recipe's monitor."""
    columns = benchmark.data.report_columns
    if metric is None:
        return column_of_monitor(benchmark.recipe.monitor, columns)
    return one_of("metric", metric, columns)
