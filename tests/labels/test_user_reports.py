"""What reports say of labels and predictions that are out of the ordinary."""

import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.labels.report import run_report

BINS = kr.LabelBins.uniform(0, 101, 1)
TRAIN = [100] * 200 + [5] * 300 + [0] * 200


def test_labels_beyond_all_bins_and_all_training_labels_are_zero_shot():
    report = run_report(np.array([5000.0, -300.0, 5.0]), np.zeros(3), np.array(TRAIN), BINS)
    assert report["n"].tolist() == [3, 1, 0, 0, 2, 2]
    assert report.index[-1] == "extrapolation"
    assert kr.shots(TRAIN, [[5000.0], [100.5]], BINS).tolist() == [["zero"], ["many"]]
    far = kr.shots([*TRAIN, 9000.0], [5000.0], BINS)
    assert far.tolist() == ["many"], "such a label was trained on, in the last bin"


@pytest.mark.parametrize("count", [3, 10, 12, 30])
def test_constants_have_no_correlation(count):
    for labels, predictions in ((17.3, np.linspace(0.1, 0.7, count)), (np.arange(count), 0.1)):
        report = kr.shot_report(
            np.broadcast_to(labels, count), np.broadcast_to(predictions, count), TRAIN, BINS
        )
        assert report.loc["all", ["pearson", "spearman"]].isna().all()


def test_labels_of_several_columns_are_refused(random):
    labels = random.random((5, 2))
    calls = (
        lambda: kr.shot_report(labels, labels, TRAIN, BINS),
        lambda: kr.sera(labels, labels, TRAIN),
        lambda: kr.conformal_intervals(labels, labels),
    )
    for call in calls:
        with pytest.raises(ValueError, match=r"one number per sample.*labels of shape \(5, 2\)"):
            call()
    with pytest.raises(ValueError, match=r"`shot_limits` must be \(many_above, few_below\)"):
        kr.shot_report([1.0], [1.0], TRAIN, BINS, shot_limits=100)


def test_the_geometric_mean_of_tiny_errors_is_below_their_mean():
    report = kr.shot_report([1e-11, 2e-11], [1.1e-11, 2.2e-11], TRAIN, BINS)
    assert report.loc["all", "gm"] == pytest.approx(np.sqrt(1e-12 * 2e-12))
    assert kr.shot_report([5.0], [5.0], TRAIN, BINS).loc["all", "gm"] < 1.1e-10


@pytest.mark.parametrize("parts", [3, 6, 7, 24, 30, 60, 365])
def test_labels_on_a_grid_start_their_bins(parts):
    bins = kr.LabelBins.uniform(0, 1, 1 / parts)
    grid = [place / parts for place in range(parts)]
    assert np.asarray(bins.index(grid)).tolist() == list(range(parts))


def test_ranges_may_come_from_an_iterator():
    kept = kr.outside_ranges([10, 45, 59, 60], ranges=zip([45], [59]))
    assert kept.tolist() == [True, False, False, True]


def test_an_empty_training_set_is_named():
    with pytest.raises(ValueError, match="`train_labels` must hold at least one label"):
        kr.shots([], [1.0], kr.LabelBins([0, 1, 2]))


def test_the_metric_of_a_shot_agrees_with_the_report_beyond_the_bins():
    bins, train_labels = kr.LabelBins.uniform(0, 10, 1), [9.5] * 200 + [5] * 3
    labels, predictions = [12.0, 9.5], [10.0, 9.5]
    report = kr.shot_report(labels, predictions, train_labels, bins)
    for shot in ("many", "zero"):
        metric = kr.metrics.ShotMetric("mae", shot, train_labels, bins)
        metric = type(metric).from_config(metric.get_config())
        metric.update_state(np.array(labels)[:, None], np.array(predictions)[:, None])
        assert float(metric.result()) == report.loc[shot, "mae"]
