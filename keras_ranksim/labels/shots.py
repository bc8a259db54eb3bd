"""Many, medium, few, zero: how often the training set holds a label like this one."""

import numpy as np

from keras_ranksim.labels.bins import LabelBins, as_bins

SHOTS = ("many", "medium", "few", "zero")
MANY_ABOVE = 100
FEW_BELOW = 20


def shots(train_labels, labels, bins: LabelBins) -> np.ndarray:
    """The shot of every label, by how many training labels share its bin.

    Args:
        train_labels: The training labels.
        labels: The labels to tell apart, any shape.
        bins: The label bins.

    Returns:
        An array of strings of the shape of `labels`: `"many"` (more than 100), `"medium"`
        (20 to 100), `"few"` (1 to 19) or `"zero"`.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 100, 10)
    >>> train_labels = [35] * 200 + [55] * 40 + [75] * 3
    >>> kr.shots(train_labels, [31, 59, 70, 90], bins).tolist()
    ['many', 'medium', 'few', 'zero']
    """
    bins = as_bins(bins)
    return shots_of_counts(bins.count(train_labels))[bins.index(np.asarray(labels))]


def shots_of_counts(counts) -> np.ndarray:
    """The shot of every bin, given its number of training samples.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.labels.shots_of_counts([101, 100, 20, 19, 0]).tolist()
    ['many', 'medium', 'medium', 'few', 'zero']
    """
    counts = np.asarray(counts)
    conditions = [counts > MANY_ABOVE, counts >= FEW_BELOW, counts > 0]
    return np.select(conditions, SHOTS[:-1], default=SHOTS[-1])
