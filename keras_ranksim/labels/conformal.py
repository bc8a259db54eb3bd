"""How sure a prediction is: intervals that hold the label as often as asked for."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.validation import (
    is_number,
    numbers,
    one_per_sample,
    positive_integer,
    same_length,
)

REGION_SAMPLES = 30


@dataclasses.dataclass(frozen=True, eq=False)
class ConformalIntervals:
    """Half-widths of intervals around predictions, from `conformal_intervals`.

    Args:
        level: The share of labels that intervals hold.
        half_widths: The half-width in each region of the prediction, ascending; one value if
            there is one region.
        cuts: The predictions at which the next region starts.
        samples: Validation samples in each region.
        scaled: Whether half-widths are multiples of a scale that the model predicts.

    Example:

    >>> from keras_ranksim.labels.conformal import ConformalIntervals
    >>> intervals = ConformalIntervals(0.9, [2.0, 7.0], [50.0], [300, 40])
    >>> low, high = intervals.apply([20.0, 60.0])
    >>> low.tolist(), high.tolist()
    ([18.0, 53.0], [22.0, 67.0])
    """

    level: float
    half_widths: np.ndarray
    cuts: np.ndarray
    samples: np.ndarray
    scaled: bool = False

    def region(self, predictions) -> np.ndarray:
        """The number of the region that each prediction lies in."""
        return np.searchsorted(self.cuts, numbers("predictions", predictions), side="right")

    def half_width(self, predictions, scale=None) -> np.ndarray:
        """The half-width of the interval around each prediction.

        Args:
            predictions: Predictions, any shape.
            scale: The scale of each, if the intervals were made with one.
        """
        if (scale is not None) != self.scaled:
            made = "with one" if self.scaled else "without one"
            raise ValueError(
                "`scale` must be given if, and only if, the intervals were made with one. "
                f"Received: scale={scale}, for intervals made {made}"
            )
        width = np.asarray(self.half_widths, dtype="float64")[self.region(predictions)]
        if scale is None:
            return width
        scale = numbers("scale", scale)
        if scale.size != width.size or (scale <= 0).any():
            raise ValueError(
                "`scale` must hold a positive number for every prediction. Received: "
                f"scale of shape {scale.shape} with a smallest value of "
                f"{scale.min(initial=np.inf):g}, for predictions of shape {width.shape}"
            )
        return width * scale.reshape(width.shape)

    def apply(self, predictions, scale=None) -> tuple[np.ndarray, np.ndarray]:
        """The lower and the upper ends of the intervals.

        Args:
            predictions: Predictions, any shape.
            scale: As in `half_width`.
        """
        predictions = numbers("predictions", predictions)
        half = self.half_width(predictions, scale)
        return predictions - half, predictions + half


def conformal_intervals(
    labels,
    predictions,
    level: float = 0.9,
    bins: LabelBins | None = None,
    *,
    scale=None,
    region_samples: int = REGION_SAMPLES,
) -> ConformalIntervals:
    """Intervals around predictions that hold the label with a given probability (conformal).

    The half-width is a quantile of the absolute errors on validation data, which training has not
    seen. One half-width for all fits the frequent labels and misses the rare ones; with
    `bins`, each region of the *prediction* has its own, and the promise holds in each.

    Args:
        labels: Validation labels, shape `(samples,)` or `(samples, 1)`.
        predictions: Their predictions, by any model.
        level: The share of labels that the intervals are to hold, between 0 and 1.
        bins: `None` for one half-width for all predictions; or label bins, of which neighbors
            are merged into regions until each holds enough predictions.
        scale: Optional positive scale of each prediction, from a model that predicts how far
            off it is; half-widths are then multiples of it.
        region_samples: Fewest validation samples of a region. It is raised to what `level` needs:
            99 for a level of 0.99.

    Returns:
        A `ConformalIntervals`, whose `apply(predictions)` gives the ends.

    Example:

    >>> import keras_ranksim as kr, numpy as np
    >>> labels = np.arange(100.0)
    >>> predictions = np.where(labels < 50, labels + 1, labels + 8)
    >>> kr.conformal_intervals(labels, predictions).half_widths
    array([8.])
    >>> by_region = kr.conformal_intervals(labels, predictions, bins=kr.LabelBins([0, 55, 99]))
    >>> by_region.half_widths, by_region.samples
    (array([1., 8.]), array([50, 50]))

    Reference: [Bostrom and Johansson, COPA 2020](https://proceedings.mlr.press/v128/bostrom20a.html)
    """
    labels = one_per_sample("labels", labels)
    predictions = one_per_sample("predictions", predictions)
    same_length(labels=labels, predictions=predictions)
    if not is_number(level) or not 0 < level < 1:
        raise ValueError(f"`level` must be a number between 0 and 1. Received: level={level}")
    errors = np.abs(labels - predictions)
    if scale is not None:
        scale = numbers("scale", scale).ravel()
        same_length(labels=labels, scale=scale)
        if (scale <= 0).any():
            raise ValueError(
                f"`scale` must be above 0 everywhere. Received: a smallest value of {scale.min()}"
            )
        errors = errors / scale
    fewest = math.ceil(round(level / (1 - level), 9))
    if len(labels) < fewest:
        raise ValueError(
            f"`labels` must hold at least {fewest} validation samples for intervals of this level. "
            f"Received: {len(labels)} labels, level={level}"
        )
    least = max(fewest, positive_integer("region_samples", region_samples, "of validation data"))
    cuts = np.zeros(0) if bins is None else _cuts(predictions, as_bins(bins), least)
    region = np.searchsorted(cuts, predictions, side="right")
    samples = np.bincount(region, minlength=len(cuts) + 1)
    half_widths = [_quantile(errors[region == number], level) for number in range(len(samples))]
    return ConformalIntervals(level, np.array(half_widths), cuts, samples, scale is not None)


def _quantile(errors, level):
    """The conformal quantile: the smallest error that covers `level` of n + 1 errors."""
    place = math.ceil(round((len(errors) + 1) * level, 9))
    return np.sort(errors)[place - 1]


def _cuts(predictions, bins, least):
    """Edges between regions of enough predictions; a last one of too few joins its neighbor."""
    inner = bins.edges[1:-1]
    below = np.searchsorted(np.sort(predictions), inner, side="left")
    cuts, taken = [], 0
    for edge, count in zip(inner, below):
        if count - taken >= least and len(predictions) - count >= least:
            cuts.append(edge)
            taken = count
    return np.array(cuts, dtype="float64")
