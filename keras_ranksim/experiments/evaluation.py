"""What a trained model does to rare labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.labels import depth_report, shot_report

if TYPE_CHECKING:
    import pandas


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
    """
    labels, predictions = predict(model, benchmark, split, verbose)
    return report_of(labels, predictions, benchmark)


def predict(model, benchmark: Benchmark, split: str, verbose=0):
    """Labels and predictions of a split, two arrays; dense tasks give maps."""
    data = getattr(benchmark, split)
    labels = np.concatenate([np.asarray(batch[1]) for batch in data])
    predictions = model.predict(data, verbose=verbose)
    if labels.ndim == 2:
        return labels[:, 0], np.asarray(predictions)[:, 0]
    return labels, np.asarray(predictions)


def report_of(labels, predictions, benchmark: Benchmark) -> pandas.DataFrame:
    """The report of labels and predictions at hand; see `evaluate`."""
    import pandas

    if benchmark.pixel_counts is not None:
        return depth_report(labels, predictions, benchmark.pixel_counts, benchmark.bins)
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
