"""Many, medium, few, zero: how often the training set holds a label like this one."""

import numpy as np

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.validation import at_least_one

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
        (20 to 100), `"few"` (1 to 19) or `"zero"`, which labels beyond all bins and all training
        labels are, too.

    Example:

    >>> import keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(0, 100, 10)
    >>> train_labels = [35] * 200 + [55] * 40 + [75] * 3
    >>> kr.shots(train_labels, [31, 59, 70, 90], bins).tolist()
    ['many', 'medium', 'few', 'zero']
    """
    return shots_of_labels(labels, train_labels, as_bins(bins))


def shots_of_labels(labels, train_labels, bins, limits=(MANY_ABOVE, FEW_BELOW)) -> np.ndarray:
    """`shots` with other limits, `(many_above, few_below)`."""
    labels = np.asarray(labels)
    train_labels = at_least_one("train_labels", np.asarray(train_labels))
    shot = shots_of_counts(bins.count(train_labels), *limits)[bins.index(labels)]
    beyond = (labels < train_labels.min()) | (labels > train_labels.max())
    return np.where(bins.is_outside(labels) & beyond, SHOTS[-1], shot)


def shots_of_counts(
    counts, many_above: float = MANY_ABOVE, few_below: float = FEW_BELOW
) -> np.ndarray:
    """The shot of every bin, given its number of training samples.

    Args:
        counts: Training samples (dense tasks: pixels) of every bin.
        many_above: A bin with more is `"many"`.
        few_below: A bin with fewer, but not none, is `"few"`; what lies between is `"medium"`.

    Returns:
        An array of strings, one per bin.

    Example:

    >>> from keras_ranksim.labels.shots import shots_of_counts
    >>> shots_of_counts([101, 100, 20, 19, 0]).tolist()
    ['many', 'medium', 'medium', 'few', 'zero']
    """
    if not 0 <= few_below <= many_above:
        raise ValueError(
            "`few_below` must be at least 0 and at most `many_above`. "
            f"Received: few_below={few_below}, many_above={many_above}"
        )
    counts = np.asarray(counts)
    conditions = [counts > many_above, counts >= few_below, counts > 0]
    shot = np.select(conditions, SHOTS[:-1], default=SHOTS[-1])
    return np.where(counts > 0, shot, SHOTS[-1])
