"""Quantiles of a smooth density of the labels, against the definition."""

import numpy as np
import pytest
from scipy import optimize, stats

from keras_ranksim.labels.quantiles import label_quantiles

LEVELS = np.array([0.001, 0.05, 0.5, 0.75, 0.999])


@pytest.mark.parametrize("bandwidth", [0.5, 5.0, None])
def test_the_given_share_of_the_density_lies_below_a_quantile(random, bandwidth):
    labels = np.concatenate([random.integers(20, 60, 300), [95, 99]])
    used = 1.06 * labels.std() * len(labels) ** -0.2 if bandwidth is None else bandwidth

    def above(x, level):
        return stats.norm.cdf((x - labels) / used).mean() - level

    expected = [optimize.brentq(above, -99, 199, args=(level,)) for level in LEVELS]
    quantiles = label_quantiles(labels, LEVELS, bandwidth=bandwidth)
    np.testing.assert_allclose(quantiles, expected, atol=0.02 * used)


def test_counts_stand_for_labels():
    counted = label_quantiles([1.0, 2.0, 9.0], LEVELS, counts=[5, 2, 1])
    listed = label_quantiles([1.0] * 5 + [2.0] * 2 + [9.0], LEVELS)
    np.testing.assert_allclose(counted, listed, rtol=1e-12)


def test_one_label_is_every_quantile():
    np.testing.assert_array_equal(label_quantiles([4.0, 4.0], LEVELS), [4.0] * 5)


def test_a_wide_range_of_labels_stays_small():
    labels = [*np.linspace(0, 1, 1000), 1e9]
    quantiles = label_quantiles(labels, LEVELS, bandwidth=0.1)
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles) >= 0).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], 0.5), "`labels` must hold at least one label"),
        (([1], 1.5), r"`levels` must lie between 0 and 1.*1.5"),
        (([np.nan], 0.5), "`labels` must hold finite numbers"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        label_quantiles(*arguments)


def test_a_bandwidth_of_zero_is_told():
    with pytest.raises(ValueError, match="`bandwidth` must be a positive number"):
        label_quantiles([1, 2], 0.5, bandwidth=0)
