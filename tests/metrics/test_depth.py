"""Metrics of depth maps against plain loops, streaming, weighted, by shot."""

import json
import math

import keras
import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.labels.shots import SHOTS

BINS = kr.LabelBins.uniform(0, 10, 0.1)
METRICS = {
    "rmse": kr.metrics.DepthRMSE,
    "abs_rel": kr.metrics.AbsoluteRelativeError,
    "log10": kr.metrics.Log10Error,
    "delta1": lambda: kr.metrics.DeltaAccuracy(1),
    "delta2": lambda: kr.metrics.DeltaAccuracy(2),
    "delta3": lambda: kr.metrics.DeltaAccuracy(3),
}


def by_loops(name, labels, predictions, weights):
    total = count = 0.0
    for label, prediction, weight in zip(labels.ravel(), predictions.ravel(), weights.ravel()):
        if label <= 0:
            continue
        positive = max(float(prediction), 1e-3)
        error = {
            "rmse": (prediction - label) ** 2,
            "abs_rel": abs(prediction - label) / label,
            "log10": abs(math.log10(positive) - math.log10(label)),
        }.get(name)
        if error is None:
            error = max(positive / label, label / positive) <= 1.25 ** int(name[-1])
        total, count = total + weight * error, count + weight
    mean = total / count
    return math.sqrt(mean) if name == "rmse" else mean


@pytest.fixture
def maps(random):
    labels = random.uniform(0.5, 9.5, size=(5, 6, 8, 1)).astype("float32")
    labels[random.random(labels.shape) < 0.1] = 0
    noise = random.normal(scale=1.5, size=labels.shape)
    return labels, (labels + noise).astype("float32"), random.random((5, 6, 8)).astype("float32")


@pytest.mark.parametrize("name", METRICS)
def test_metrics_over_batches_equal_plain_loops(name, maps):
    labels, predictions, weights = maps
    assert (predictions < 0).any()
    plain, weighted = METRICS[name](), METRICS[name]()
    for batch in (slice(0, 2), slice(2, 5)):
        plain.update_state(labels[batch], predictions[batch])
        weighted.update_state(labels[batch], predictions[batch], sample_weight=weights[batch])
    assert plain.name == name
    expected = by_loops(name, labels, predictions, np.ones_like(weights))
    np.testing.assert_allclose(plain.result(), expected, rtol=1e-4)
    expected = by_loops(name, labels, predictions, weights)
    np.testing.assert_allclose(weighted.result(), expected, rtol=1e-4)
    plain.reset_state()
    assert float(plain.result()) == 0


@pytest.mark.parametrize("name", METRICS)
def test_weights_may_be_one_an_image_or_have_a_last_axis(name, maps):
    labels, predictions, weights = maps
    for given, full in (
        (weights[:, 0, 0], np.broadcast_to(weights[:, :1, :1], weights.shape)),
        (weights[..., None], weights),
    ):
        metric = METRICS[name]()
        metric.update_state(labels, predictions, sample_weight=given)
        expected = by_loops(name, labels, predictions, full)
        np.testing.assert_allclose(metric.result(), expected, rtol=1e-4)


def test_labels_without_a_last_axis_are_understood(maps):
    labels, predictions, _ = maps
    metric = kr.metrics.DepthRMSE()
    metric.update_state(labels[..., 0], predictions)
    expected = by_loops("rmse", labels, predictions, np.ones_like(labels))
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-4)


def test_the_metrics_by_shot_equal_the_report(maps, random):
    labels, predictions, weights = maps
    mask = weights > 0.4
    train_counts = random.integers(0, 300, 100) * (random.random(100) < 0.9)
    limits = {"many_above": 150, "few_below": 60}
    report = kr.labels.depth_report(labels, predictions, train_counts, BINS, mask, **limits)
    assert (report["n"] > 0).all()
    for name, make in METRICS.items():
        for shot in SHOTS:
            metric = kr.metrics.ShotMetric(
                make(), shot, None, BINS, train_counts=train_counts, **limits
            )
            for batch in (slice(0, 1), slice(1, 5)):
                metric.update_state(labels[batch], predictions[batch], sample_weight=mask[batch])
            np.testing.assert_allclose(metric.result(), report.loc[shot, name], rtol=1e-4)
            assert metric.name == f"{shot}_{name}"


def test_a_shot_metric_takes_labels_or_counts():
    train_depths = [1.0] * 200 + [5.0] * 30
    for shot, expected in (("many", 1.0), ("medium", 3.0)):
        for arguments in (
            {"train_labels": train_depths},
            {"train_labels": None, "train_counts": BINS.count(train_depths)},
        ):
            metric = kr.metrics.ShotMetric("mae", shot, bins=BINS, **arguments)
            metric.update_state([[[[1.0], [5.0]]]], [[[[2.0], [8.0]]]])
            assert float(metric.result()) == expected
    for arguments in ((None, None), (train_depths, BINS.count(train_depths))):
        with pytest.raises(ValueError, match="Exactly one of `train_labels` and `train_counts`"):
            kr.metrics.ShotMetric("mae", "few", arguments[0], BINS, train_counts=arguments[1])
    with pytest.raises(ValueError, match="`train_counts`, `bins` must have the same length"):
        kr.metrics.ShotMetric("mae", "few", None, BINS, train_counts=[1, 2])
    with pytest.raises(ValueError, match="`few_below` must be at least 0 and at most `many_above`"):
        kr.metrics.ShotMetric("mae", "few", [1.0], BINS, many_above=3, few_below=5)


def test_weight_zero_leaves_a_shot_unseen():
    metric = kr.metrics.ShotMetric("mae", "few", [1.0], BINS)
    metric.update_state([[1.0]], [[3.0]], sample_weight=[0.0])
    assert np.isnan(float(metric.result()))


@pytest.mark.parametrize(
    "metric",
    [
        kr.metrics.DepthRMSE(name="root"),
        kr.metrics.AbsoluteRelativeError(),
        kr.metrics.Log10Error(),
        kr.metrics.DeltaAccuracy(power=2, base=1.5),
        kr.metrics.ShotMetric(
            kr.metrics.DeltaAccuracy(), "few", None, BINS, [3] * 100, many_above=9, few_below=4
        ),
    ],
    ids=lambda metric: metric.name,
)
def test_a_config_goes_through_json_and_computes_the_same(metric, maps):
    labels, predictions, _ = maps
    config = keras.saving.serialize_keras_object(metric)
    rebuilt = keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))
    assert keras.saving.serialize_keras_object(rebuilt) == config
    for one in (metric, rebuilt):
        one.update_state(labels, predictions)
    assert float(metric.result()) == float(rebuilt.result()) > 0


def test_the_base_of_a_delta_can_be_said():
    metric = kr.metrics.DeltaAccuracy(power=2, base=2.0)
    metric.update_state([[1.0], [1.0], [1.0]], [[3.9], [0.3], [4.1]])
    np.testing.assert_allclose(metric.result(), 2 / 3)
    with pytest.raises(ValueError, match="`power` must be a whole number of at least 1"):
        kr.metrics.DeltaAccuracy(power=0)
    with pytest.raises(ValueError, match="`base` must be a positive number"):
        kr.metrics.DeltaAccuracy(base=0)


def test_shapes_that_do_not_fit_are_told(maps):
    labels, predictions, weights = maps
    with pytest.raises(ValueError, match="Labels and predictions must have the same shape"):
        kr.metrics.DepthRMSE().update_state(labels, predictions[:, :3])
    message = r"`sample_weight` must hold one weight per sample, or one per pixel.*\(5, 6, 8"
    with pytest.raises(ValueError, match=message):
        kr.metrics.DepthRMSE().update_state(
            labels, predictions, sample_weight=weights[..., None, None]
        )
