"""A smooth density of labels: a Gaussian kernel, evaluated on a grid."""

import numpy as np

from keras_ranksim.validation import numbers, same_length

CELLS_PER_BANDWIDTH = 32
MOST_CELLS = 2**20
REACH = 6  # bandwidths from which a label adds nothing to the density


def counts_of(labels: np.ndarray, counts=None) -> np.ndarray:
    """How often each label occurs, checked.

    Args:
        labels: Labels, any shape.
        counts: How often each occurs, as many numbers; `None` for once.

    Returns:
        A float64 array of shape `(labels.size,)`.
    """
    if counts is None:
        return np.ones(labels.size)
    counts = numbers("counts", counts).ravel()
    same_length(labels=labels.ravel(), counts=counts)
    if (counts < 0).any() or not counts.any():
        raise ValueError(
            "`counts` must be at least 0 for every label and above 0 for some. "
            f"Received: counts from {counts.min():g} to {counts.max():g}"
        )
    return counts


def silverman(labels: np.ndarray, counts: np.ndarray) -> float:
    """The bandwidth of Silverman's rule, `1.06 * deviation * samples ** (-1 / 5)`.

    Args:
        labels: Labels, any shape.
        counts: How often each occurs, the same shape.
    """
    mean = np.average(labels, weights=counts)
    deviation = np.sqrt(np.average((labels - mean) ** 2, weights=counts))
    return float(1.06 * deviation * counts.sum() ** (-1 / 5))


def kernel_density(
    labels: np.ndarray, counts: np.ndarray, bandwidth: float
) -> tuple[np.ndarray, np.ndarray]:
    """The density of labels, not normalized, on a grid that reaches beyond them.

    With 32 cells per bandwidth, time and memory stay linear in the labels.

    Args:
        labels, counts: As in `silverman`.
        bandwidth: Deviation of the kernel, above 0.

    Returns:
        The ascending points of the grid, and the density at each.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.labels.kernel_density import kernel_density
    >>> grid, density = kernel_density(np.array([1.0, 1.0, 5.0]), np.ones(3), bandwidth=0.5)
    >>> np.interp([1.0, 5.0], grid, density / density.max()).round(3)
    array([1. , 0.5])
    """
    first, last = labels.min() - REACH * bandwidth, labels.max() + REACH * bandwidth
    cell = max(bandwidth / CELLS_PER_BANDWIDTH, (last - first) / MOST_CELLS)
    grid = first + cell * np.arange(int((last - first) / cell) + 2)
    # Each label is shared by the two cells around it, in proportion to its distance from them.
    place, counts = (labels.ravel() - first) / cell, counts.ravel()
    left = place.astype(int)
    right_share = (place - left) * counts
    mass = np.bincount(left, counts - right_share, len(grid))
    mass += np.bincount(left + 1, right_share, len(grid))
    reach = int(REACH * bandwidth / cell)
    window = np.exp(-0.5 * (np.arange(-reach, reach + 1) * cell / bandwidth) ** 2)
    return grid, np.convolve(mass, window)[reach : reach + len(grid)]
