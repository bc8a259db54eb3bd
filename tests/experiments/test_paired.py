"""Paired differences and their intervals, against scipy and written-out arithmetic."""

import numpy as np
import pytest
from scipy import stats

from keras_ranksim.experiments.paired import paired_difference, t_quantile


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 30, 500])
@pytest.mark.parametrize("probability", [0.6, 0.95, 0.975, 0.995])
def test_quantiles_of_t_equal_those_of_scipy(freedom, probability):
    expected = stats.t.ppf(probability, freedom)
    np.testing.assert_allclose(t_quantile(probability, freedom), expected, rtol=1e-6)


def test_the_interval_is_that_of_the_paired_test(random):
    values, base = random.normal(size=7), random.normal(size=7)
    found = paired_difference(values, base)
    expected = stats.ttest_rel(values, base).confidence_interval(0.95)
    np.testing.assert_allclose([found.low, found.high], expected, rtol=1e-6)
    np.testing.assert_allclose(found.mean, np.mean(values) - np.mean(base))
    assert found.seeds == 7


def test_five_seeds_written_out():
    found = paired_difference([3, 5, 4, 6, 2], [1, 1, 1, 1, 1])
    half = 2.776445 * np.sqrt(2.5) / np.sqrt(5)  # of differences 2, 4, 3, 5, 1
    np.testing.assert_allclose([found.mean, found.low, found.high], [3, 3 - half, 3 + half], 1e-6)
    assert found.excludes_zero


def test_intervals_hold_the_true_difference_as_often_as_they_say(random):
    held = [
        found.low <= -1 <= found.high
        for found in (
            paired_difference(seeds + random.normal(-1, 0.3, 4), seeds)
            for seeds in random.normal(50, 9, (2000, 4))
        )
    ]
    np.testing.assert_allclose(np.mean(held), 0.95, atol=0.015)


def test_one_seed_or_none_has_no_interval():
    one = paired_difference([2.0, np.nan], [5.0, 1.0])
    assert (one.mean, one.seeds, one.excludes_zero) == (-3.0, 1, False)
    assert np.isnan([one.low, one.high]).all()
    nothing = paired_difference([], [])
    assert nothing.seeds == 0
    assert np.isnan(nothing.mean)


def test_equal_differences_have_an_interval_of_no_width():
    found = paired_difference([1.0, 2.0], [2.0, 3.0])
    assert (found.low, found.high) == (-1.0, -1.0)


def test_methods_without_randomness_have_one_difference_and_no_interval():
    found = paired_difference([1.1, 1.1, 1.1], [2.0, 2.0, 2.0])
    assert (found.mean, found.seeds, found.excludes_zero) == (pytest.approx(-0.9), 3, False)
    assert np.isnan([found.low, found.high]).all()
    same = paired_difference([2.0, 2.0], [2.0, 2.0])  # one run in two rows
    assert (same.low, same.high) == (0.0, 0.0)


def test_a_difference_is_written_without_exponents():
    from keras_ranksim.experiments.table import difference_text

    row = {"difference": -134.2, "low": -151.0, "high": 0.123}
    assert difference_text(row) == "-134 [-151, +0.12]"
    assert difference_text({"difference": -99.7}) == "-100"
