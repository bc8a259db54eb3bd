"""Quantiles of a smooth density of the labels."""

import numpy as np

from keras_ranksim.labels.kernel_density import counts_of, kernel_density, silverman
from keras_ranksim.validation import at_least_one, numbers, positive


def label_quantiles(labels, levels, *, bandwidth: float | None = None, counts=None) -> np.ndarray:
    """The labels below which given shares of a smooth density of all labels lie.

    The density has a Gaussian kernel, see `kernel_density`.

    Args:
        labels: Labels, any shape.
        levels: Shares between 0 and 1.
        bandwidth: Deviation of the kernel in units of the label; `None` for Silverman's rule,
            `1.06 * deviation * samples ** (-1 / 5)`.
        counts: How often each label occurs; `None` for once.

    Returns:
        A float64 array of the shape of `levels`.

    Example:

    >>> from keras_ranksim.labels.quantiles import label_quantiles
    >>> label_quantiles([10, 20, 20, 20, 60], [0.1, 0.5, 0.9], bandwidth=1.0).round(1)
    array([10., 20., 60.])
    """
    labels = numbers("labels", labels).ravel()
    levels = numbers("levels", levels)
    at_least_one("labels", labels)
    if (levels < 0).any() or (levels > 1).any():
        raise ValueError(f"`levels` must lie between 0 and 1. Received: levels={levels}")
    counts = counts_of(labels, counts)
    if bandwidth is None:
        bandwidth = silverman(labels, counts)
    else:
        positive("bandwidth", bandwidth, "the deviation of the kernel")
    if bandwidth == 0:
        return np.full(levels.shape, labels[0])
    grid, density = kernel_density(labels, counts, bandwidth)
    below = np.cumsum(density) - density / 2
    return np.interp(levels, below / density.sum(), grid)
