"""SERA, against the area by definition and an interpolation by scipy."""

import itertools

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline, PchipInterpolator

import keras_ranksim as kr

SKEWED = np.concatenate([np.arange(1.0, 21), [45, 60, 61]])
BOTH = np.concatenate([[-90, -70], np.linspace(-10, 10, 41) ** 3 / 100, [55]])


def area_by_definition(labels, predictions, train_labels):
    """The trapezoids of the papers' software, in steps of a thousandth."""
    relevant = kr.labels.relevance(labels, train_labels)
    errors = [
        sum((p - y) ** 2 for y, p, phi in zip(labels, predictions, relevant) if phi >= t)
        for t in np.linspace(0, 1, 1001)
    ]
    return sum((a + b) / 2 / 1000 for a, b in itertools.pairwise(errors))


@pytest.mark.parametrize("train_labels", [SKEWED, BOTH])
def test_the_area_is_that_of_its_definition(random, train_labels):
    labels = random.choice(train_labels, 60) + random.normal(size=60)
    predictions = labels + random.normal(size=60)
    expected = area_by_definition(labels, predictions, train_labels)
    np.testing.assert_allclose(kr.sera(labels, predictions, train_labels), expected, rtol=2e-3)


def test_relevance_is_the_monotone_cubic_through_the_control_points():
    """Between control points it is the Hermite cubic of slope 0 at each of them."""
    labels = np.linspace(-100, 60, 400)
    q1, median, q3 = np.percentile(BOTH, [25, 50, 75])
    fence = 1.5 * (q3 - q1)
    low = min(y for y in BOTH if y >= q1 - fence)
    high = max(y for y in BOTH if y <= q3 + fence)
    cubic = CubicHermiteSpline([low, median, high], [1, 0, 1], [0, 0, 0])
    expected = np.where((labels < low) | (labels > high), 1, cubic(labels))
    np.testing.assert_allclose(kr.labels.relevance(labels, BOTH), expected, atol=1e-12)
    # PCHIP sets the slope at the median, an extremum of the data, to 0 by itself.
    assert PchipInterpolator([low, median, high], [1, 0, 1]).derivative()(median) == 0


def test_a_side_without_outliers_has_no_relevance():
    relevant = kr.labels.relevance(np.arange(-5.0, 80), SKEWED)
    median = np.median(SKEWED)
    assert not relevant[np.arange(-5.0, 80) <= median].any()
    assert (relevant[np.arange(-5.0, 80) >= 20] == 1).all()


def test_labels_without_extremes_have_no_area():
    assert np.isnan(kr.sera([1, 2], [1, 2], np.arange(50)))
    assert np.isnan(kr.sera([], [], SKEWED))


def test_most_labels_may_be_equal():
    train_labels = [5.0] * 90 + [9.0]
    np.testing.assert_array_equal(kr.labels.relevance([4, 5, 5.1, 9], train_labels), [0, 0, 1, 1])


def test_the_report_has_a_column_of_it_whose_shots_add_up(random):
    bins = kr.LabelBins.uniform(0, 70, 10)
    labels, predictions = random.uniform(0, 70, 80), random.uniform(0, 70, 80)
    report = kr.shot_report(labels, predictions, SKEWED, bins, sera=True)
    assert report.columns[-1] == "sera"
    assert report.loc["all", "sera"] == kr.sera(labels, predictions, SKEWED)
    shots = report["sera"].drop("all")
    assert shots.isna().any()  # no label is many-shot
    np.testing.assert_allclose(shots.sum(), report.loc["all", "sera"])


def test_lengths_that_differ_are_named():
    with pytest.raises(ValueError, match="same length. Received: labels of length 2, predictions"):
        kr.sera([1, 2], [1], SKEWED)
    with pytest.raises(ValueError, match="`train_labels` must hold at least one label"):
        kr.sera([1], [1], [])
