"""How often each age occurs in the training set of the portraits: long-tailed, or a stress test."""

from collections.abc import Iterable

import numpy as np

from keras_ranksim.labels.splits import outside_ranges
from keras_ranksim.validation import one_of

OLDEST = 100

PROTOCOLS = ("long_tail", "extrapolation", "interpolation", "blind_spot")

_STRESS_AGES = (16, 85)

_HELD_OUT = {"long_tail": ((61, 66),), "blind_spot": ((47, 53),)}


def evaluated_ages(protocol: str) -> np.ndarray:
    """The ages in validation and test, all equally often."""
    one_of("protocol", protocol, PROTOCOLS)
    first, last = (0, OLDEST) if protocol == "long_tail" else _STRESS_AGES
    return np.arange(first, last + 1)


def held_out_ages(
    protocol: str, held_out: Iterable[tuple[float, float]] | None
) -> tuple[tuple[float, float], ...]:
    """Checks `held_out`; `None` takes the ranges of the protocol."""
    one_of("protocol", protocol, PROTOCOLS)
    if held_out is None:
        return _HELD_OUT.get(protocol, ())
    try:
        ranges = tuple((lowest + 0, highest + 0) for lowest, highest in held_out)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "`held_out` must be pairs (lowest age, highest age), for instance ((61, 66),). "
            f"Received: held_out={held_out!r}"
        ) from error
    return ranges


def age_density(protocol: str, held_out: Iterable[tuple[float, float]] = ()) -> np.ndarray:
    """Probability of each age from 0 to 100 in the training set.

    Args:
        protocol: `"long_tail"`: a peak at 32, a thin tail of children and a longer one of old
            people. `"extrapolation"`: a bell around 50, so that both ends are rare.
            `"interpolation"`: two bumps at 25 and 80 and almost nothing between.
            `"blind_spot"`: every age equally often. All but the first cover only 16 to 85.
        held_out: Closed ranges of ages that never occur.

    Returns:
        A float64 array of length 101 that sums to 1.

    Example:

    >>> from keras_ranksim.data.portraits.age_density import age_density
    >>> density = age_density("long_tail", held_out=[(61, 66)])
    >>> int(density.argmax()), float(density[63])
    (32, 0.0)

    Reference: the last three follow the protocols of Puetz et al., 2026.
    """
    one_of("protocol", protocol, PROTOCOLS)
    ages = np.arange(OLDEST + 1)
    if protocol == "long_tail":
        usual = _bell(ages, 32, np.where(ages < 32, 7.0, 9.0))
        density = usual + 0.2 * _bell(ages, 45, 25.0) + 0.01
    elif protocol == "extrapolation":
        density = _bell(ages, 50, 9.0)
    elif protocol == "interpolation":
        density = _bell(ages, 25, 5.0) + _bell(ages, 80, 5.0) + 0.002
    else:
        density = np.ones(len(ages))
    density = density * np.isin(ages, evaluated_ages(protocol)) * outside_ranges(ages, held_out)
    if density.sum() == 0:
        raise ValueError(
            "`held_out` must leave some ages to train on. "
            f"Received: held_out={tuple(held_out)} with protocol={protocol!r}"
        )
    return density / density.sum()


def _bell(ages, middle, spread):
    return np.exp(-0.5 * ((ages - middle) / spread) ** 2)
