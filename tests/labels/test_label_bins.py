"""Bins of labels."""

import numpy as np
import pytest
from keras import ops

import keras_ranksim as kr


def test_labels_outside_go_to_the_end_bins():
    bins = kr.LabelBins.uniform(3, 100, 1)
    assert bins.index([-1, 3, 99.5, 100, 500]).tolist() == [0, 0, 96, 96, 96]


def test_decimal_labels_lie_in_the_bin_of_their_name():
    """0.3 lies below 3 * 0.1 in float64, and 0.1 * 3 above 0.3."""
    bins = kr.LabelBins.uniform(0, 5, 0.1)
    tenths = np.arange(50)
    for labels in (tenths / 10, tenths * 0.1, (tenths / 10).astype("float32")):
        np.testing.assert_array_equal(bins.index(labels), tenths)
        np.testing.assert_array_equal(bins.index(ops.convert_to_tensor(labels, "float32")), tenths)


def test_tensors_and_arrays_are_binned_alike_in_any_shape(random):
    bins = kr.LabelBins([0, 1, 5, 25, 125])
    labels = random.uniform(-10, 200, size=(6, 4, 1)).astype("float32")
    expected = np.clip(np.digitize(labels, [0, 1, 5, 25, 125]) - 1, 0, 3)
    np.testing.assert_array_equal(bins.index(labels), expected)
    np.testing.assert_array_equal(bins.index(ops.convert_to_tensor(labels)), expected)


def test_uniform_bins_cover_the_range_when_the_width_does_not_divide_it():
    assert kr.LabelBins.uniform(0, 1, 0.3).edges.tolist() == [0, 0.3, 0.6, 0.9, 1]


def test_uniform_bins_begin_exactly_where_they_are_told():
    for start in (0.1234567891, 17.0000003, 1e-7):
        assert kr.LabelBins.uniform(start, start + 50, 5.0).edges[0] == start


def test_counts_add_up(random):
    labels = random.integers(0, 50, size=1000)
    counts = kr.LabelBins.uniform(0, 50, 1).count(labels)
    assert counts.tolist() == [int((labels == age).sum()) for age in range(50)]


def test_bins_with_equal_edges_are_equal():
    assert len({kr.LabelBins([0.0, 1.0]), kr.LabelBins([-0.0, 1.0])}) == 1
    assert kr.LabelBins([0, 1, 2]) == kr.LabelBins.uniform(0, 2, 1)
    assert kr.LabelBins([0, 1, 2]) != kr.LabelBins([0, 1, 3])
    assert len({kr.LabelBins([0, 1]), kr.LabelBins([0.0, 1.0])}) == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kr.LabelBins([1]), r"`edges` must be at least two numbers.*1 edges, \[1\]"),
        (lambda: kr.LabelBins([0, 2, 1]), r"`edges` must be .* ascending"),
        (lambda: kr.LabelBins([0, np.nan]), r"`edges` must hold finite numbers.*1 NaN"),
        (lambda: kr.LabelBins.uniform(5, 5, 1), r"`stop` must be above `start`"),
        (lambda: kr.LabelBins.uniform(0, 5, 0), r"`width` must be a positive number.*width=0"),
        (lambda: kr.LabelBins([0, 1]).index(["a"]), r"`labels` must hold numbers"),
        (
            lambda: kr.LabelBins([0, 1]).count([0, np.inf, np.nan]),
            r"2 NaN or infinite of 3.*index 1",
        ),
        (lambda: kr.shots([1], [1], bins=[0, 1]), r"`bins` must be a keras_ranksim.LabelBins"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
