"""SERA, the squared error-relevance area: the measure of the resampling community."""

import numpy as np

from keras_ranksim.validation import at_least_one, numbers, one_per_sample, same_length

WHISKER = 1.5  # interquartile ranges


def sera(labels, predictions, train_labels) -> float:
    """The squared error-relevance area: squared errors summed, each times its relevance.

    It is the area under the curve of the squared error of all samples whose relevance is at least
    t, for t from 0 to 1; the sum is that area exactly. Lower is better. It grows with the number
    of samples and has the squared unit of the label.

    Args:
        labels: True labels, shape `(samples,)` or `(samples, 1)`.
        predictions: Predicted labels, the same number of them.
        train_labels: The training labels, which decide what is relevant; see `relevance`.

    Returns:
        The area; NaN without samples, or if no label is relevant.

    Example:

    >>> import keras_ranksim as kr
    >>> train_labels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 40]
    >>> kr.sera([5, 30], [9, 28], train_labels)  # the 5 is not relevant
    4.0

    Reference: [Ribeiro and Moniz, Machine Learning 2020](https://doi.org/10.1007/s10994-020-05900-9)
    """
    labels = one_per_sample("labels", labels)
    predictions = one_per_sample("predictions", predictions)
    same_length(labels=labels, predictions=predictions)
    if len(labels) == 0:
        return float("nan")
    return float(np.sum(relevance(labels, train_labels) * (predictions - labels) ** 2))


def relevance(labels, train_labels) -> np.ndarray:
    """How much each label matters by the box plot of the training labels, from 0 to 1.

    It is 0 at the median and 1 from the adjacent values on, the last training labels within 1.5
    interquartile ranges of the quartiles. In between it is the monotone cubic (PCHIP) that is
    flat at both ends. A side on which no training label lies beyond the adjacent value has no
    extremes, and relevance 0.

    Args:
        labels: Labels, any shape.
        train_labels: The training labels.

    Returns:
        An array of the shape of `labels`; NaN if neither side has extremes.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.labels.relevance([1, 5.5, 7.25, 9, 40], [1, 2, 3, 4, 5, 6, 7, 8, 9, 40])
    array([0. , 0. , 0.5, 1. , 1. ])
    """
    labels = numbers("labels", labels)
    train_labels = numbers("train_labels", train_labels).ravel()
    at_least_one("train_labels", train_labels)
    first, median, third = np.quantile(train_labels, [0.25, 0.5, 0.75])
    reach = WHISKER * (third - first)
    inside = train_labels[(train_labels >= first - reach) & (train_labels <= third + reach)]
    relevant, found = np.zeros(labels.shape), False
    for adjacent, sign in ((inside.min(), -1), (inside.max(), 1)):
        if (sign * train_labels > sign * adjacent).any():
            found = True
            relevant += _rise(sign * (labels - median), sign * (adjacent - median))
    return relevant if found else np.full(labels.shape, np.nan)


def _rise(distance, end):
    """The cubic from 0 at 0 to 1 at `end`, flat at both, and constant beyond them."""
    if end <= 0:  # half of the training labels or more are equal
        return (distance > 0).astype("float64")
    t = np.clip(distance / end, 0, 1)
    return t**2 * (3 - 2 * t)
