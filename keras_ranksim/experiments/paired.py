"""Paired statistics: the difference of two methods over the same seeds, with its interval."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

LEVEL = 0.95
STEPS = 100_000


class Difference(NamedTuple):
    """A mean difference over seeds and its interval, NaN if there are fewer than two seeds.

    It is NaN, too, if seeds make no difference to both.

    Args:
        mean: The mean of the differences.
        low, high: The ends of the 95% interval.
        seeds: How many seeds both methods have.
    """

    mean: float
    low: float
    high: float
    seeds: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


def paired_difference(values, base_values, level: float = LEVEL) -> Difference:
    """The mean of `values - base_values`, pair by pair, with its interval (paired t).

    What a seed does to both methods cancels, so that the interval is often narrower than
    the two deviations suggest.

    Args:
        values: One value per seed.
        base_values: Those of the base, in the same order of seeds. Pairs with a NaN are left out.
        level: The level of the interval.

    Returns:
        A `Difference`.

    Example:

    >>> from keras_ranksim.experiments.paired import paired_difference
    >>> found = paired_difference([9.0, 7.5, 8.2], [10.0, 8.4, 9.3])
    >>> [round(float(number), 2) for number in found]
    [-1.0, -1.25, -0.75, 3.0]
    """
    pairs = np.stack([np.asarray(one, dtype="float64") for one in (values, base_values)])
    pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
    differences = pairs[0] - pairs[1]
    count, nan = len(differences), float("nan")
    if count == 0:
        return Difference(nan, nan, nan, 0)
    mean = float(differences.mean())
    # Seeds do nothing to methods without randomness: one difference, not several.
    if count == 1 or (mean != 0 and not np.ptp(pairs, axis=1).any()):
        return Difference(mean, nan, nan, count)
    half = t_quantile((1 + level) / 2, count - 1) * differences.std(ddof=1) / np.sqrt(count)
    return Difference(mean, float(mean - half), float(mean + half), count)


@functools.cache
def t_quantile(probability: float, freedom: int) -> float:
    """The quantile of Student's t distribution, for a probability above a half.

    With `t = sqrt(freedom) tan(angle)` the density becomes a power of the cosine, which is
    summed in small steps.

    Args:
        probability: Above 0.5 and below 1.
        freedom: Degrees of freedom.
    """
    angles = np.linspace(0, np.pi / 2, STEPS + 1)
    density = np.cos((angles[1:] + angles[:-1]) / 2) ** (freedom - 1)
    below = np.concatenate([[0], np.cumsum(density)])
    angle = np.interp(2 * probability - 1, below / below[-1], angles)
    return float(np.sqrt(freedom) * np.tan(angle))
