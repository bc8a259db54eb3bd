"""Bins chosen from the labels alone."""

import numpy as np
import pytest

import keras_ranksim as kr


def width_of(bins):
    widths = np.diff(bins.edges)
    np.testing.assert_allclose(widths, widths[0])
    return widths[0]


@pytest.mark.parametrize("samples", [40, 2000, 300_000])
@pytest.mark.parametrize("scale", [1e-6, 0.03, 1.0, 7.0, 1e3, 4.4e5])
def test_labels_of_any_scale_give_ten_to_a_hundred_nice_bins(scale, samples):
    labels = scale * np.random.default_rng(0).gamma(3, 1, samples)
    bins = kr.LabelBins.from_labels(labels)
    first_digit = float(f"{width_of(bins):.3e}".split("e")[0])
    assert first_digit in (1, 2, 5)
    assert 10 <= len(bins) <= 102
    assert bins.edges[0] <= labels.min()


@pytest.mark.parametrize(
    ("samples", "width"), [(300, 10), (1000, 10), (8000, 5), (8700, 2), (125_000, 2), (10**6, 1)]
)
def test_more_labels_get_narrower_bins(samples, width):
    """Here the interquartile range is 50, so the rule says 100 / cbrt(samples)."""
    assert width_of(kr.LabelBins.from_labels(np.linspace(0, 100, samples))) == width


@pytest.mark.parametrize(
    ("labels", "first", "last", "count"),
    [
        ([0, 3, 100], 0, 101, 101),
        ([1, 29, 5], 1, 30, 29),
        ([0.2, 0.4, 5.0, 3.2], 0.2, 5.2, 25),
        ([0.1 + 0.2, 0.3, 0.5, 1.3], 0.3, 1.5, 6),
        ([0, 1], 0, 2, 2),
        ([-1500, 2000, 500, 8000], -1500, 8500, 20),
        (list(range(121)), 0, 120, 12),
        (list(range(120)), 0, 120, 120),
        ([[3.0], [4.0]], 3, 5, 2),
    ],
)
def test_labels_on_a_grid_get_one_bin_per_step(labels, first, last, count):
    bins = kr.LabelBins.from_labels(labels)
    assert (bins.edges[0], bins.edges[-1], len(bins)) == (first, last, count)


def test_a_few_labels_far_out_do_not_stretch_the_bins(random):
    labels = np.append(random.normal(100, 10, 2000), [1e9, -1e9])
    for bins in (kr.LabelBins.from_labels(labels), kr.LabelBins.from_labels(labels, count=20)):
        assert bins.edges[0] > 0
        assert bins.edges[-1] < 200
        assert bins.count(labels)[-1] >= 1


def test_labels_mostly_zero_still_get_bins():
    assert len(kr.LabelBins.from_labels([0.0] * 1000 + [3.7, 912.25])) == 92


def test_a_number_of_bins_may_be_asked_for():
    bins = kr.LabelBins.from_labels([18, 19, 25, 68], count=5)
    assert bins.edges.tolist() == [18, 28, 38, 48, 58, 68]


def test_weights_choose_their_bins(random):
    labels = random.gamma(3, 1, 500)
    chosen = kr.label_weights(labels, kernel="gaussian")
    given = kr.label_weights(labels, kr.LabelBins.from_labels(labels), kernel="gaussian")
    np.testing.assert_array_equal(chosen, given)
    assert kr.label_weights([1, 1, 1, 1, 3], scheme="inverse").tolist() == [0.625] * 4 + [2.5]


@pytest.mark.parametrize(
    ("labels", "count", "message"),
    [
        ([3, 3, 3], None, "`labels` must hold at least two labels that differ in float32"),
        ([], None, "`labels` must hold at least two labels that differ in float32"),
        ([1.0, float("nan")], None, "`labels` must hold finite numbers"),
        (1e6 + np.arange(500) / 499, None, "differ by more than the rounding of float32"),
        ([1, 2], 0, "`count` must be a whole number of at least 1"),
    ],
)
def test_mistakes_raise(labels, count, message):
    with pytest.raises(ValueError, match=message):
        kr.LabelBins.from_labels(labels, count)
