"""Edges of bins chosen from the labels alone."""

import math
from decimal import Decimal

import numpy as np

from keras_ranksim.validation import in_range_of_float32, numbers, positive_integer

MOST_STEPS = 120
FEWEST, MOST = 10, 100
NICE = (1, 2, 5)
OUTERMOST = 0.005


def edges_for_labels(labels, count: int | None = None) -> list[float]:
    """The edges of `LabelBins.from_labels`; see there for the rule.

    Args:
        labels: Labels, any shape, at least two of them different.
        count: Number of bins; `None` follows the rule.

    Example:

    >>> from keras_ranksim.labels.edges import edges_for_labels
    >>> edges_for_labels([1.5, 2.0, 3.5])
    [1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
    """
    labels = in_range_of_float32("labels", numbers("labels", labels)).ravel()
    distinct = np.unique(labels.astype("float32"))
    if len(distinct) < 2:
        raise ValueError(
            "`labels` must hold at least two labels that differ in float32. "
            f"Received: {labels.size} times {distinct[:1].tolist()}"
        )
    if count is not None:
        count = positive_integer("count", count, "bins")
        return np.linspace(*_range_without_far_labels(labels), count + 1).tolist()
    edges = _edges_of_steps(distinct) if len(distinct) <= MOST_STEPS else None
    edges = edges or _edges_of_nice_width(labels)
    if (np.diff(np.float32(edges)) <= 0).any():
        raise ValueError(
            "`labels` must differ by more than the rounding of float32, in which bins and models "
            "compare them: subtract a number near the smallest from all of them. "
            f"Received: labels from {labels.min():g} to {labels.max():g}"
        )
    return edges


def _edges_of_steps(distinct):
    # The shortest decimal of a float32 is what the user wrote: 17.3, not 17.299999.
    values = [Decimal(str(value)).normalize() for value in distinct]
    places = max(0, *(-value.as_tuple().exponent for value in values))
    whole = [int(value.scaleb(places)) for value in values]
    span = whole[-1] - whole[0]
    few_units = places == 0 and span < MOST_STEPS
    step = 1 if few_units else math.gcd(*(value - whole[0] for value in whole))
    if span >= step * MOST_STEPS:
        return None
    edges = range(whole[0], whole[-1] + step + 1, step)
    return [float(Decimal(edge).scaleb(-places)) for edge in edges]


def _edges_of_nice_width(labels):
    lowest, highest = _range_without_far_labels(labels)
    narrowest, widest = (highest - lowest) / MOST, (highest - lowest) / FEWEST
    factor, exponent = _nice_width(narrowest, min(_width_by_spread(labels), widest))
    width = factor * 10.0**exponent
    if labels.max() - labels.min() <= 2 * MOST * width:
        lowest, highest = labels.min(), labels.max()
    first = math.floor(round(lowest / width, 6))
    last = max(math.ceil(round(highest / width, 6)), first + 1)
    # Written as decimals, edges are 0.3 and not 0.30000000000000004, at any scale.
    return [float(f"{factor * number}e{exponent}") for number in range(first, last + 1)]


def _width_by_spread(labels):
    """The width of Freedman and Diaconis; 0 if half of the labels are equal."""
    lower, upper = np.quantile(labels, [0.25, 0.75])
    return 2 * (upper - lower) / np.cbrt(len(labels))


def _nice_width(narrowest, wanted):
    """The largest nice width of at most `wanted`, or the smallest of at least `narrowest`."""
    start = math.floor(math.log10(narrowest))
    nice = [(factor, start + decade) for decade in range(3) for factor in NICE]
    allowed = [pair for pair in nice if _value(pair) >= narrowest * (1 - 1e-9)]
    return max((pair for pair in allowed if _value(pair) <= wanted), key=_value, default=allowed[0])


def _value(pair):
    return pair[0] * 10.0 ** pair[1]


def _range_without_far_labels(labels):
    low, high = np.quantile(labels, [OUTERMOST, 1 - OUTERMOST])
    if low == high:
        return labels.min(), labels.max()
    margin = high - low
    return max(labels.min(), low - margin), min(labels.max(), high + margin)
