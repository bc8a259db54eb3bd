"""The distribution of training labels as a mixture of Gaussians."""

import numpy as np

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.validation import at_least_one, numbers, positive_integer

STEPS = 200
SMALLEST_SHARE = 1e-3


def fit_mixture(labels, components: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fits a mixture of Gaussians to scalar labels by expectation maximization.

    It starts from evenly spaced means, so it needs no seed. No component becomes narrower than a
    thousandth of the range of the labels.

    Args:
        labels: Training labels.
        components: Number of Gaussians; fewer when there are fewer distinct labels.

    Returns:
        Shares, means and variances, three float64 arrays of the components.

    Example:

    >>> from keras_ranksim.labels.mixture import fit_mixture
    >>> shares, means, variances = fit_mixture([0, 1, 2] * 20 + [50, 51, 52], 2)
    >>> shares.round(3).tolist(), means.round(1).tolist()
    ([0.952, 0.048], [1.0, 51.0])
    """
    labels = numbers("labels", labels).ravel()
    positive_integer("components", components, "Gaussians of the mixture")
    at_least_one("labels", labels)
    # scikit-learn's GaussianMixture is not used: it fits samples, not counts (a second instead of
    # 0.02 for 190,000 ages), and its k-means start spends components on single whole numbers.
    values, counts = np.unique(labels, return_counts=True)
    counts = counts / counts.sum()
    components = min(components, len(values))
    smallest = max((SMALLEST_SHARE * (values[-1] - values[0])) ** 2, 1e-12)
    edges = np.linspace(0, 1, 2 * components + 1)[1::2]
    means = values[0] + (values[-1] - values[0]) * edges
    variances = np.full(components, max(values.var() / components**2, smallest))
    shares = np.full(components, 1 / components)
    for _ in range(STEPS):
        log_density = (
            np.log(np.maximum(shares, 1e-300))
            - 0.5 * np.log(2 * np.pi * variances)
            - 0.5 * (values[:, None] - means) ** 2 / variances
        )
        log_density -= log_density.max(axis=1, keepdims=True)
        belongs = np.exp(log_density)
        belongs *= (counts / belongs.sum(axis=1))[:, None]
        shares = belongs.sum(axis=0)
        held = np.maximum(shares, 1e-12)
        means = np.where(shares > 1e-12, (belongs * values[:, None]).sum(axis=0) / held, means)
        spread = (belongs * (values[:, None] - means) ** 2).sum(axis=0) / held
        variances = np.maximum(spread, smallest)
    return shares / shares.sum(), means, variances


def mixture_of_bins(labels, bins: LabelBins) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same for the histogram of the labels: a point at the middle of every bin.

    Example:

    >>> import keras_ranksim as kr
    >>> from keras_ranksim.labels.mixture import mixture_of_bins
    >>> shares, means, _ = mixture_of_bins([1, 1, 1, 5], kr.LabelBins([0, 4, 8]))
    >>> shares.tolist(), means.tolist()
    ([0.75, 0.25], [2.0, 6.0])
    """
    counts = as_bins(bins).count(labels)
    if not counts.any():
        raise ValueError("`labels` must hold at least one label. Received: an empty array")
    held = counts > 0
    return counts[held] / counts.sum(), bins.centers[held], np.zeros(int(held.sum()))
