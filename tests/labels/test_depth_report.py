"""Depth errors by shot as a table; shots and weights from counts."""

import math

import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.labels.depth_report import depth_shot_limits
from keras_ranksim.labels.shots import shots_of_counts
from keras_ranksim.labels.weights import density_of_counts, weights_of_counts
from keras_ranksim.ops.kernels import kernel_window

BINS = kr.LabelBins.uniform(0, 10, 0.1)


@pytest.fixture
def maps(random):
    labels = random.uniform(0.5, 9.5, size=(3, 4, 6)).astype("float32")
    predictions = labels * random.uniform(0.6, 1.6, size=labels.shape).astype("float32")
    return labels, predictions


@pytest.fixture
def train_counts(random):
    return random.integers(0, 3, 100) * random.integers(0, 500, 100)


def test_every_number_equals_plain_arithmetic(maps, train_counts):
    labels, predictions = maps
    limits = {"many_above": 200, "few_below": 100}
    report = kr.labels.depth_report(labels, predictions, train_counts, BINS, **limits)
    assert list(report.index) == ["all", "many", "medium", "few", "zero"]
    rows = {name: [] for name in report.index}
    for label, prediction in zip(labels.ravel().tolist(), predictions.ravel().tolist()):
        count = train_counts[min(int(np.float32(label) * np.float32(10)), 99)]
        shot = "many" if count > 200 else "medium" if count >= 100 else "few" if count else "zero"
        for name in ("all", shot):
            rows[name].append((label, prediction))
    for name, pairs in rows.items():
        n = len(pairs)
        assert report.loc[name, "n"] == n > 0
        ratios = [max(p / y, y / p) for y, p in pairs]
        expected = {
            "rmse": math.sqrt(sum((p - y) ** 2 for y, p in pairs) / n),
            "abs_rel": sum(abs(p - y) / y for y, p in pairs) / n,
            "log10": sum(abs(math.log10(p) - math.log10(y)) for y, p in pairs) / n,
            "mae": sum(abs(p - y) for y, p in pairs) / n,
            **{f"delta{k}": sum(r <= 1.25**k for r in ratios) / n for k in (1, 2, 3)},
        }
        for column, value in expected.items():
            np.testing.assert_allclose(report.loc[name, column], value, rtol=1e-6)


def test_pixels_outside_the_mask_or_without_measurement_do_not_count(maps, train_counts, random):
    labels, predictions = maps
    mask = random.random(labels.shape) < 0.5
    labels[0, 0] = 0
    report = kr.labels.depth_report(labels, predictions, train_counts, BINS, mask=mask)
    kept = mask & (labels > 0)
    np.testing.assert_allclose(
        report.loc["all", "mae"], np.abs(predictions - labels)[kept].mean(), rtol=1e-6
    )
    assert report.loc["all", "n"] == kept.sum()
    with_axis = kr.labels.depth_report(
        labels[..., None], predictions[..., None], train_counts, BINS, mask=mask[..., None] * 1.0
    )
    assert with_axis.equals(report)


def test_coarse_predictions_are_enlarged_with_corners_on_corners():
    coarse = [[[1.0, 3.0], [5.0, 7.0]]]
    labels = np.ones((1, 3, 3))
    labels[0] = [[1, 2, 3], [3, 4, 5], [5, 6, 7]]
    report = kr.labels.depth_report(labels, coarse, BINS.count([1.0]), BINS)
    np.testing.assert_allclose(report.loc["all", "rmse"], 0, atol=1e-12)


def test_a_negative_prediction_is_wrong_and_finite():
    report = kr.labels.depth_report([[[2.0]]], [[[-2.0]]], BINS.count([2.0]), BINS)
    assert report.loc["all", ["delta1", "delta2", "delta3"]].tolist() == [0, 0, 0]
    np.testing.assert_allclose(report.loc["all", "log10"], math.log10(2000))


def test_an_empty_shot_has_no_errors(maps):
    report = kr.labels.depth_report(*maps, np.full(100, 50), BINS)
    assert report.loc["few", "n"] == 0
    assert report.loc["few"].drop("n").isna().all()


def test_the_shares_give_the_published_shots_at_any_resolution():
    counts = np.full(100, 34_000_000)
    counts[:4] = 28_335_524, 25_848_691, 11_515_700, 9_663_019
    counts[4] += 3_513_286_656 - counts.sum()
    for scaled in (counts, counts / 4):
        limits = depth_shot_limits(scaled)
        shot = shots_of_counts(scaled, *limits)
        assert shot[:4].tolist() == ["many", "medium", "medium", "few"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": np.ones((2, 3))}, r"`labels` must hold depth maps.*shape \(2, 3\)"),
        ({"predictions": np.ones((2, 4, 4, 3))}, r"`predictions` must hold depth maps.*4, 4, 3\)"),
        ({"predictions": np.ones((3, 4, 4))}, "`labels`, `predictions` must have the same length"),
        ({"predictions": np.full((2, 4, 4), np.nan)}, "`predictions` must hold finite numbers"),
        ({"train_counts": [1, 2]}, "`train_counts`, `bins` must have the same length"),
        ({"mask": np.ones((2, 4, 5))}, r"`mask` must have the shape of `labels`.*\(2, 4, 5\)"),
        ({"bins": 100}, "`bins` must be a keras_ranksim.LabelBins"),
        ({"few_below": 1e9}, "`few_below` must be at least 0 and at most `many_above`"),
    ],
)
def test_wrong_arguments_are_told(changes, message):
    arguments = {
        "labels": np.ones((2, 4, 4)),
        "predictions": np.ones((2, 4, 4)),
        "train_counts": np.ones(100),
        "bins": BINS,
    }
    with pytest.raises(ValueError, match=message):
        kr.labels.depth_report(**{**arguments, **changes})


@pytest.mark.parametrize("scheme", ["inverse", "sqrt_inverse"])
@pytest.mark.parametrize("kernel", [None, "gaussian"])
@pytest.mark.parametrize("padding", ["zero", "symmetric"])
def test_weights_of_counts_are_the_weights_of_the_labels(scheme, kernel, padding, random):
    labels = random.choice(np.arange(7, 60), p=np.arange(53, 0, -1) / 1431, size=3000) / 10 + 0.05
    settings = {"scheme": scheme, "kernel": kernel, "padding": padding}
    table = weights_of_counts(BINS.count(labels), **settings)
    np.testing.assert_allclose(
        table[BINS.index(labels)], kr.label_weights(labels, BINS, **settings), rtol=1e-5
    )


def test_the_mirror_stands_at_the_first_and_last_filled_bin():
    counts = np.array([0, 0, 4, 8, 2, 0, 6, 0])
    window = kernel_window("triangular", 3)
    mirrored = np.array([4, 4, 8, 2, 0, 6, 6])
    expected = [
        sum(weight * mirrored[i + offset] for offset, weight in enumerate(window)) for i in range(5)
    ]
    density = density_of_counts(
        counts, "inverse", kernel="triangular", kernel_size=3, padding="symmetric"
    )
    np.testing.assert_allclose(density, [0, 0, *expected, 0])
    weights = weights_of_counts(
        counts, "inverse", kernel="triangular", kernel_size=3, padding="symmetric"
    )
    assert weights[0] == weights[1] == weights[2]
    assert weights[7] == weights[6]
    np.testing.assert_allclose(np.average(weights, weights=counts), 1)


def test_bins_without_a_label_weigh_as_the_nearest_that_has_some():
    weights = weights_of_counts([0, 4, 0, 0, 1, 0], scheme="inverse")
    np.testing.assert_allclose(weights * 2.5, np.array([1, 1, 1, 4, 4, 4]) * 2.5 * weights[0])
    np.testing.assert_allclose(4 * weights[1], weights[4])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"counts": [0, 0]}, "`counts` must be at least 0 in every bin and above 0 in some"),
        ({"counts": [3, -1]}, "`counts` must be at least 0 in every bin and above 0 in some"),
        ({"counts": [[3]]}, r"`counts` must have 1 dimension\(s\)"),
        ({"scheme": "cubic"}, "`scheme` must be one of 'inverse', 'sqrt_inverse'"),
        ({"padding": "edge"}, "`padding` must be one of 'zero', 'symmetric'"),
        ({"count_clip": (0, 0)}, "`count_clip` must be .* Received: count_clip="),
    ],
)
def test_wrong_settings_of_weights_are_told(changes, message):
    with pytest.raises(ValueError, match=message):
        weights_of_counts(**{"counts": [3, 1], **changes})
