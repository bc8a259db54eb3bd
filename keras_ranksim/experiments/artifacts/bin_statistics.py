"""Feature statistics of label bins."""

from __future__ import annotations

import numpy as np

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.ops.feature_statistics import mean_and_variance


class BinStatistics:
    """Mean and variance of the features of every label bin, collected batch by batch.

    Args:
        bins: The label bins.

    Example:

    >>> import keras_ranksim as kr
    >>> from keras_ranksim.experiments.artifacts.bin_statistics import BinStatistics
    >>> statistics = BinStatistics(kr.LabelBins([0, 1, 2]))
    >>> statistics.update([[1.0, 5.0], [3.0, 5.0]], labels=[0.2, 0.7])
    >>> statistics.mean[0].tolist(), statistics.variance[0].tolist()
    ([2.0, 5.0], [2.0, 0.0])
    >>> statistics.count.tolist()
    [2.0, 0.0]
    """

    def __init__(self, bins: LabelBins):
        self.bins = as_bins(bins)
        self._sums = None

    def update(self, features, labels) -> None:
        """Adds a batch: features `(batch, features)` and labels `(batch,)` or `(batch, 1)`."""
        index = self.bins.index(np.ravel(np.asarray(labels)))
        rows = np.asarray(features, dtype="float64")
        finite = np.isfinite(rows).all(axis=1)
        members = ((np.arange(len(self.bins))[:, None] == index) & finite).astype("float64")
        rows = np.where(finite[:, None], rows, 0)
        sums = [members.sum(axis=1), members @ rows, members @ rows**2]
        self._sums = sums if self._sums is None else [a + b for a, b in zip(self._sums, sums)]

    @property
    def count(self) -> np.ndarray:
        """Samples of every bin."""
        return self._of_batches()[0]

    @property
    def mean(self) -> np.ndarray:
        """Mean of every bin, shape `(bins, features)`, NaN for empty bins."""
        return self._where_seen(mean_and_variance(*self._of_batches())[0])

    @property
    def variance(self) -> np.ndarray:
        """Unbiased variance of every bin, NaN for bins of fewer than two samples."""
        return self._where_seen(mean_and_variance(*self._of_batches())[1], least=2)

    def _of_batches(self):
        if self._sums is None:
            raise ValueError("Statistics need at least one batch: call update() first.")
        return self._sums

    def _where_seen(self, statistic, least=1):
        return np.where((self.count >= least)[:, None], statistic, np.nan)
