"""Sample weights from a smooth density of the labels: DenseWeight, which needs no bins."""

import numpy as np

from keras_ranksim.labels.kernel_density import counts_of, kernel_density, silverman
from keras_ranksim.validation import at_least_one, in_range_of_float32, non_negative, numbers

SMALLEST_WEIGHT = 1e-6


def dense_weights(labels, alpha: float = 1.0, *, counts=None) -> np.ndarray:
    """Weights that fall with the density of the label, scaled to a mean of 1 (DenseWeight).

    The weight is `max(1 - alpha * density, 1e-6)`, where the density of all labels, from a
    Gaussian kernel of Silverman's bandwidth, is divided by its maximum. No bins are needed, and
    the unit of the labels does not matter.

    Args:
        labels: Training labels, shape `(samples,)`, `(samples, 1)` or, for dense tasks,
            `(samples, height, width, 1)`.
        alpha: How much density counts: 0 gives every label the same weight, and above 1 the
            most frequent labels are all but ignored.
        counts: How often each label occurs; `None` for once.

    Returns:
        A float32 array, one weight per label: pass it as `sample_weight`.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.dense_weights([1.0, 1.1, 1.2, 1.3, 9.0]).round(2)
    array([0.01, 0.  , 0.  , 0.01, 4.97], dtype=float32)

    Reference: [Steininger et al., Machine Learning 2021](https://doi.org/10.1007/s10994-021-06023-5)
    """
    labels = in_range_of_float32("labels", numbers("labels", labels))
    alpha = non_negative("alpha", alpha, "how much density counts")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    at_least_one("labels", labels)
    counts = counts_of(labels, counts).reshape(labels.shape)
    weights = np.maximum(1 - alpha * relative_density(labels, counts), SMALLEST_WEIGHT)
    return (weights / np.average(weights, weights=counts)).astype("float32")


def relative_density(labels: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The density of the labels at each of them, divided by its maximum over the whole line.

    Args:
        labels: Labels, any shape.
        counts: How often each occurs, the same shape.
    """
    bandwidth = silverman(labels, counts)
    if bandwidth == 0:
        return np.ones(labels.shape)
    grid, density = kernel_density(labels, counts, bandwidth)
    return np.interp(labels, grid, density / density.max())
