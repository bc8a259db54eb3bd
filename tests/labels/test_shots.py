"""Shots, the shot report, and splits."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import keras_ranksim as kr

BINS = kr.LabelBins.uniform(0, 121, 1)


def test_the_report_equals_the_published_one(golden):
    arrays = golden("shots")
    report = kr.shot_report(arrays["labels"], arrays["predictions"], arrays["train_labels"], BINS)
    for row, key in (("all", "overall"), ("many", "many"), ("medium", "medium"), ("few", "few")):
        np.testing.assert_allclose(report.loc[row, ["mse", "mae", "gm"]], arrays[key], rtol=1e-4)


def test_correlations_equal_those_of_scipy(golden):
    arrays = golden("shots")
    labels, predictions = arrays["labels"], arrays["predictions"]
    report = kr.shot_report(labels, predictions, arrays["train_labels"], BINS)
    few = kr.shots(arrays["train_labels"], labels, BINS) == "few"
    for row, chosen in (("all", slice(None)), ("few", few)):
        pair = labels[chosen], predictions[chosen]
        np.testing.assert_allclose(report.loc[row, "pearson"], stats.pearsonr(*pair)[0])
        np.testing.assert_allclose(report.loc[row, "spearman"], stats.spearmanr(*pair)[0])


def test_the_report_has_a_row_a_shot_and_nan_where_there_is_nothing():
    report = kr.shot_report([[5.0], [6.0]], [[5.0], [5.0]], [5] * 101, BINS)
    assert isinstance(report, pd.DataFrame)
    assert report.index.tolist() == ["all", "many", "medium", "few", "zero"]
    assert report.columns.tolist() == ["n", "mse", "mae", "gm", "pearson", "spearman"]
    assert report["n"].tolist() == [2, 1, 0, 0, 1]
    assert report.loc["medium"].drop("n").isna().all()
    assert np.isnan(report.loc["all", "pearson"])


def test_exact_predictions_count_as_the_smallest_error():
    report = kr.shot_report([5.0], [5.0], [5], BINS)
    np.testing.assert_allclose(report.loc["all", "gm"], 1e-10)


def test_lengths_that_differ_are_told():
    with pytest.raises(ValueError, match=r"same length. Received: labels of length 2, pred"):
        kr.shot_report([1, 2], [1], [1], BINS)


def test_a_balanced_split_takes_a_third_of_each_bin_at_most_thirty(random):
    labels = np.repeat(np.arange(5), [1, 8, 90, 91, 500])
    split = kr.balanced_split(labels, kr.LabelBins.uniform(0, 5, 1))
    for age, expected in enumerate([0, 2, 30, 30, 30]):
        assert (split[labels == age] == "val").sum() == expected
        assert (split[labels == age] == "test").sum() == expected


def test_a_balanced_split_repeats_from_its_seed(random):
    labels = random.integers(0, 20, size=400)
    bins = kr.LabelBins.uniform(0, 20, 1)
    np.testing.assert_array_equal(
        kr.balanced_split(labels, bins, seed=1), kr.balanced_split(labels, bins, seed=1)
    )
    assert (kr.balanced_split(labels, bins, seed=1) != kr.balanced_split(labels, bins)).any()


def test_the_balanced_split_has_the_sizes_of_the_published_one(shared_data):
    frame = pd.read_csv(shared_data / "agedb-dir" / "agedb.csv")
    split = kr.balanced_split(frame["age"], BINS)
    ours = pd.crosstab(frame["age"], split)
    published = pd.crosstab(frame["age"], frame["split"])
    pd.testing.assert_frame_equal(ours, published[ours.columns], check_names=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fraction": 0.6}, r"`fraction` must be above 0 and at most 0.5.*0.6"),
        ({"max_per_bin": 0}, r"`max_per_bin` must be a whole number of at least 1"),
    ],
)
def test_wrong_splits_are_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.balanced_split([1, 2], BINS, **arguments)


def test_ranges_are_held_out_closed():
    kept = kr.outside_ranges(np.arange(100), [(0, 14), (45, 59), (85, 99)])
    assert np.flatnonzero(kept).tolist() == [*range(15, 45), *range(60, 85)]
    with pytest.raises(ValueError, match=r"`ranges` must be \(lowest, highest\).*\(9, 1\)"):
        kr.outside_ranges([1], [(9, 1)])
    with pytest.raises(ValueError, match=r"`ranges` must hold pairs .*ranges=\(45, 59\)"):
        kr.outside_ranges([1], (45, 59))
