"""Conformal intervals: the promised coverage, one region or several, by definition."""

import numpy as np
import pytest

import keras_ranksim as kr

BINS = kr.LabelBins.uniform(0, 100, 10)


def half_width_by_definition(errors, level):
    """The smallest error e such that enough of the n + 1 errors, the new one last, are <= e."""
    n = len(errors)
    for candidate in sorted(errors):
        if sum(error <= candidate for error in errors) >= (n + 1) * level - 1e-9:
            return candidate
    return float("inf")


def skewed(random, count):
    """Predictions that are right for low labels and far off for high ones."""
    labels = np.minimum(random.exponential(15, count), 99)
    return labels, labels + random.normal(size=count) * (1 + labels / 5)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("count", [19, 20, 29, 101])
def test_the_half_width_is_the_quantile_by_definition(random, level, count):
    labels, predictions = skewed(random, count)
    found = kr.conformal_intervals(labels, predictions, level)
    expected = half_width_by_definition(np.abs(labels - predictions).tolist(), level)
    assert found.half_widths.tolist() == [expected]
    assert found.samples.tolist() == [count]


def test_new_labels_are_held_as_often_as_promised(random):
    held = []
    for _ in range(300):
        labels, predictions = skewed(random, 120)
        intervals = kr.conformal_intervals(labels[:60], predictions[:60], 0.8)
        low, high = intervals.apply(predictions[60:])
        held.append(((low <= labels[60:]) & (labels[60:] <= high)).mean())
    assert 0.8 <= np.mean(held) <= 0.82


def test_every_region_of_the_prediction_has_the_coverage_that_one_width_gives_on_average(random):
    labels, predictions = skewed(random, 4000)
    new_labels, new_predictions = skewed(random, 4000)
    one = kr.conformal_intervals(labels, predictions)
    regions = kr.conformal_intervals(labels, predictions, bins=BINS)
    assert (np.diff(regions.half_widths) > 0).sum() >= 4
    coverage = {}
    for name, intervals in (("one", one), ("regions", regions)):
        low, high = intervals.apply(new_predictions)
        within = (low <= new_labels) & (new_labels <= high)
        numbers = regions.region(new_predictions)
        coverage[name] = [within[numbers == i].mean() for i in range(len(regions.half_widths))]
    assert min(coverage["one"]) < 0.6
    assert min(coverage["regions"]) > 0.8


def test_regions_are_bins_merged_until_each_has_enough_predictions(random):
    predictions = np.repeat([5.0, 15.0, 25.0, 45.0, 95.0], [40, 10, 25, 31, 8])
    intervals = kr.conformal_intervals(predictions + 1, predictions, bins=BINS)
    assert intervals.cuts.tolist() == [10, 30]
    assert intervals.samples.tolist() == [40, 35, 39]
    assert intervals.region([-3, 9.9, 10, 29, 30, 400]).tolist() == [0, 0, 1, 1, 2, 2]
    small = kr.conformal_intervals(predictions + 1, predictions, bins=BINS, region_samples=8)
    assert small.samples.tolist() == [40, 10, 25, 31, 8] or small.samples.min() >= 9
    whole = kr.conformal_intervals(predictions + 1, predictions, level=0.99, bins=BINS)
    assert whole.samples.tolist() == [114]  # a level of 0.99 needs 99 samples in a region


def test_a_scale_stretches_the_intervals(random):
    labels, _ = skewed(random, 2000)
    scale = 1 + labels / 5
    predictions = labels + random.normal(size=2000) * scale
    intervals = kr.conformal_intervals(labels, predictions, scale=scale)
    np.testing.assert_allclose(intervals.half_widths, 1.645, atol=0.15)
    low, high = intervals.apply([10.0, 20.0], scale=[1.0, 3.0])
    np.testing.assert_allclose((high - low)[1] / (high - low)[0], 3)


def test_a_column_of_predictions_takes_a_row_of_scales():
    intervals = kr.conformal_intervals(np.arange(20.0), np.zeros(20), scale=np.ones(20))
    low, high = intervals.apply(np.zeros((3, 1)), scale=[1.0, 2.0, 4.0])
    np.testing.assert_array_equal((high - low) / (high - low)[0], [[1], [2], [4]])
    for wrong in ([1.0, 2.0], [1.0, 2.0, 0.0]):
        with pytest.raises(ValueError, match="`scale` must hold a positive number for every"):
            intervals.apply(np.zeros(3), scale=wrong)


def test_the_report_counts_by_shot():
    shot = np.array(["many", "many", "few", "zero"])
    report = kr.labels.interval_report([1, 2, 3, 4], [0, 3, 1, 4], [2, 4, 5, 8], shot)
    assert report["n"].tolist() == [4, 2, 0, 1, 1]
    np.testing.assert_array_equal(report["coverage"], [0.75, 0.5, np.nan, 1, 1])
    np.testing.assert_array_equal(report["width"], [11 / 4, 1.5, np.nan, 4, 4])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"level": 1}, "`level` must be a number between 0 and 1. Received: level=1"),
        ({"level": 0.95}, "`labels` must hold at least 19 validation samples.*10 labels"),
        ({"predictions": [1]}, "`labels`, `predictions` must have the same length"),
        ({"bins": [0, 1]}, "`bins` must be a keras_ranksim.LabelBins"),
        ({"scale": np.zeros(10)}, "`scale` must be above 0 everywhere.*smallest value of 0.0"),
        ({"region_samples": 0}, "`region_samples` must be a whole number of at least 1"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    values = {"labels": np.arange(10.0), "predictions": np.arange(10.0), **arguments}
    with pytest.raises(ValueError, match=message):
        kr.conformal_intervals(**values)


def test_a_scale_belongs_to_both_or_to_neither():
    intervals = kr.conformal_intervals(np.arange(20.0), np.arange(20.0))
    with pytest.raises(ValueError, match="`scale` must be given if.*made without"):
        intervals.apply([1.0], scale=[1.0])
