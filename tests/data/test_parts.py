"""Splits of a user's rows."""

import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.data.parts import balanced_parts


@pytest.mark.parametrize("rows", [20, 40, 150, 1000])
def test_rows_with_a_bin_each_are_split_by_wider_bins(rows):
    labels = np.arange(rows) * 5.0
    bins = kr.LabelBins.uniform(0, 5 * rows, 5)
    parts = balanced_parts(labels, bins, None, 0, "The table")
    test = np.sort(labels[parts == "test"])
    assert min(30, 0.05 * rows) <= len(test) <= 0.25 * rows
    assert (parts == "val").sum() == len(test)
    assert test[-1] - test[0] > 0.4 * labels[-1]


def test_rows_enough_are_split_by_their_own_bins(random):
    labels = random.gamma(2, 10, 30_000)
    bins = kr.LabelBins.from_labels(labels)
    parts = balanced_parts(labels, bins, None, 3, "The table")
    np.testing.assert_array_equal(parts, kr.balanced_split(labels, bins, 30, seed=3))


def test_a_cap_of_the_user_is_kept():
    labels = np.repeat([1.0, 2.0], 50)
    parts = balanced_parts(labels, kr.LabelBins([1, 2, 3]), 2, 0, "The table")
    assert (parts == "test").sum() == 4
