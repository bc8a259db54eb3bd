"""Sample weights by label: plain re-weighting and label distribution smoothing (LDS)."""

import numpy as np

from keras_ranksim.labels.bins import LabelBins, as_bins, warn_of_labels_outside
from keras_ranksim.ops.kernels import kernel_window, smooth
from keras_ranksim.validation import at_least_one, bounds, is_number, non_negative, numbers, one_of

# The power of the count that each inverts.
SCHEMES = {"inverse": 1.0, "sqrt_inverse": 0.5}
PADDINGS = ("zero", "symmetric")


def label_weights(
    labels,
    bins: LabelBins | None = None,
    scheme: str | float = "sqrt_inverse",
    kernel: str | None = None,
    kernel_size: int = 5,
    sigma: float = 2.0,
    count_clip: tuple[float, float] | None = None,
    padding: str = "zero",
) -> np.ndarray:
    """Weights that give rare labels more say, scaled to a mean of 1 over `labels`.

    Counts the labels of every bin, raises the counts to a power, optionally smooths them over
    neighboring bins (LDS), and inverts.

    Args:
        labels: Training labels, shape `(samples,)`, `(samples, 1)` or, for dense tasks,
            `(samples, height, width, 1)`.
        bins: The label bins; `None` takes `LabelBins.from_labels(labels)`.
        scheme: The power of the counts: a number of at least 0, `"inverse"` for 1 or
            `"sqrt_inverse"` for 0.5. At 0 rare labels weigh no more than frequent ones.
        kernel: `None` for plain re-weighting, or `"gaussian"`, `"triangular"`, `"laplacian"`.
        kernel_size: Window of the kernel in bins, odd.
        sigma: Width of the kernel in bins.
        count_clip: Optional `(smallest, largest)` count, before anything else. The age
            benchmarks use `(5, 1000)` with `"inverse"`.
        padding: What the kernel sees beyond the ends: `"zero"`, or `"symmetric"`, the mirror
            image at the first and last bin that holds labels, as the depth benchmark does.

    Returns:
        A float32 array, one weight per label: pass it as `sample_weight`.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 100, 10)
    >>> kr.label_weights([25, 25, 25, 25, 61], bins, scheme="inverse")
    array([0.625, 0.625, 0.625, 0.625, 2.5  ], dtype=float32)

    Reference: [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554)
    """
    labels = numbers("labels", labels)
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    at_least_one("labels", labels)
    if bins is None:
        bins = LabelBins.from_labels(labels)  # which may leave out labels far from the rest
    else:
        warn_of_labels_outside(as_bins(bins), labels, stacklevel=3)
    counts = bins.count(labels)
    weights = weights_of_counts(counts, scheme, kernel, kernel_size, sigma, count_clip, padding)
    return weights[bins.index(labels)].astype("float32")


def weights_of_counts(
    counts,
    scheme: str | float = "sqrt_inverse",
    kernel: str | None = None,
    kernel_size: int = 5,
    sigma: float = 2.0,
    count_clip: tuple[float, float] | None = None,
    padding: str = "zero",
) -> np.ndarray:
    """The weight of every bin, scaled to a mean of 1 over the labels that were counted.

    For labels too many to hold in memory, such as the pixels of all depth maps. A bin that
    smoothing leaves at zero takes the weight of the nearest one that it does not.

    Args:
        counts: How many labels every bin holds, as from `LabelBins.count`.
        scheme, kernel, kernel_size, sigma, count_clip, padding: As in `label_weights`.

    Returns:
        A float64 array, one weight per bin.

    Example:

    >>> from keras_ranksim.labels.weights import weights_of_counts
    >>> weights_of_counts([0, 4, 1], scheme="inverse")
    array([0.625, 0.625, 2.5  ])
    """
    counts = numbers("counts", counts, ndim=1)
    if (counts < 0).any() or not counts.any():
        raise ValueError(
            "`counts` must be at least 0 in every bin and above 0 in some. "
            f"Received: counts={counts.tolist()}"
        )
    density = density_of_counts(counts, scheme, kernel, kernel_size, sigma, count_clip, padding)
    weights = 1 / density[_nearest(np.flatnonzero(density > 0), len(density))]
    return weights / np.average(weights, weights=counts)


def _nearest(chosen, size):
    """The nearest of the ascending indices `chosen` for every index below `size`."""
    every = np.arange(size)
    after = np.searchsorted(chosen, every).clip(max=len(chosen) - 1)
    before = (after - 1).clip(min=0)
    is_nearer = np.abs(every - chosen[before]) <= np.abs(every - chosen[after])
    return chosen[np.where(is_nearer, before, after)]


def label_density(
    labels,
    bins: LabelBins,
    scheme: str | float = "sqrt_inverse",
    kernel: str | None = None,
    kernel_size: int = 5,
    sigma: float = 2.0,
    count_clip: tuple[float, float] | None = None,
    padding: str = "zero",
) -> np.ndarray:
    """What `label_weights` inverts: the (powered, smoothed) count of every bin.

    Args: as in `label_weights`.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 3, 1)
    >>> kr.labels.label_density([0, 0, 0, 0, 2], bins)
    array([2., 0., 1.])
    """
    counts = as_bins(bins).count(labels)
    return density_of_counts(counts, scheme, kernel, kernel_size, sigma, count_clip, padding)


def density_of_counts(
    counts,
    scheme: str | float = "sqrt_inverse",
    kernel: str | None = None,
    kernel_size: int = 5,
    sigma: float = 2.0,
    count_clip: tuple[float, float] | None = None,
    padding: str = "zero",
) -> np.ndarray:
    """`label_density` from the counts of the bins.

    Args: as in `weights_of_counts`.
    """
    power = power_of(scheme)
    one_of("padding", padding, PADDINGS)
    counts = np.asarray(counts, dtype="float64")
    if count_clip is not None:
        smallest, largest = bounds("count_clip", count_clip)
        if smallest < 0 or largest == 0:
            raise ValueError(
                "`count_clip` must be (lowest, highest) with lowest 0 or more and highest above 0. "
                f"Received: count_clip={count_clip}"
            )
        counts = np.clip(counts, smallest, largest)
    counts = np.where(counts > 0, counts**power, 0)  # 0 ** 0 is 1, but no label is no label
    if kernel is None:
        return counts
    window = kernel_window(kernel, kernel_size, sigma)
    window = window / window.max()
    if padding == "zero":
        return smooth(counts, window)
    return _smooth_between_ends(counts, window)


def power_of(scheme: str | float) -> float:
    """The power of the count whose inverse weighs: 0.5 for `"sqrt_inverse"`."""
    if is_number(scheme):
        return non_negative("scheme", scheme, "the power of the count")
    return SCHEMES[one_of("scheme", scheme, SCHEMES, "or a number of at least 0")]


def _smooth_between_ends(counts, window):
    filled = np.flatnonzero(counts)
    smoothed = np.zeros_like(counts)
    if len(filled):
        within = slice(filled[0], filled[-1] + 1)
        smoothed[within] = smooth(counts[within], window, "symmetric")
    return smoothed
