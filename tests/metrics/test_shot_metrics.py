"""Streaming metrics by shot, in `fit`, over batches and replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.labels.shots import SHOTS

BINS = kr.LabelBins.uniform(0, 100, 10)
TRAIN_LABELS = [35] * 200 + [55] * 40 + [75] * 3


@pytest.fixture
def samples(random):
    labels = random.choice([35.0, 55.0, 75.0, 95.0], size=(50, 1)).astype("float32")
    return labels, (labels + random.normal(size=(50, 1))).astype("float32")


def metrics():
    made = [
        kr.metrics.ShotMetric(metric, shot, TRAIN_LABELS, BINS)
        for metric in ("mae", "mse")
        for shot in SHOTS
    ]
    gm = kr.metrics.GeometricMeanError
    return [*made, gm(), *(kr.metrics.ShotMetric(gm(), s, TRAIN_LABELS, BINS) for s in ("few",))]


def test_metrics_over_batches_equal_the_report(samples):
    labels, predictions = samples
    report = kr.shot_report(labels, predictions, TRAIN_LABELS, BINS)
    for metric in metrics():
        for batch in np.array_split(np.arange(50), 4):
            metric.update_state(labels[batch], predictions[batch])
        row, column = metric.name.split("_") if "_" in metric.name else ("all", metric.name)
        np.testing.assert_allclose(metric.result(), report.loc[row, column], rtol=1e-5)
        metric.reset_state()
        empty = float(metric.result())
        assert np.isnan(empty) or metric.name == "gm"


def test_an_empty_shot_is_nan_not_zero():
    metric = kr.metrics.ShotMetric("mae", "few", TRAIN_LABELS, BINS)
    metric.update_state([[35.0]], [[30.0]])
    assert np.isnan(float(metric.result()))


def test_sample_weights_count_within_the_shot():
    metric = kr.metrics.ShotMetric("mae", "many", TRAIN_LABELS, BINS)
    metric.update_state([35.0, 35.0, 75.0], [[36.0], [39.0], [0.0]], sample_weight=[3, 1, 9])
    np.testing.assert_allclose(metric.result(), (3 * 1 + 1 * 4) / 4)


def test_metrics_work_on_dense_labels(random):
    labels = random.choice([35.0, 75.0], size=(2, 3, 4, 1)).astype("float32")
    predictions = labels + np.where(labels == 75, 2, 1).astype("float32")
    metric = kr.metrics.ShotMetric("mae", "few", TRAIN_LABELS, BINS)
    metric.update_state(labels, predictions)
    np.testing.assert_allclose(metric.result(), 2)


def test_fit_shows_few_shot_errors_each_epoch_under_replicas(two_replicas, samples):
    labels, _ = samples
    with two_replicas.scope():
        inputs = keras.Input((1,))
        model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(inputs))
        model.compile("sgd", loss="mae", metrics=metrics())
    data = tf.data.Dataset.from_tensor_slices((labels / 100, labels)).batch(10)
    history = model.fit(data, validation_data=data, epochs=2, verbose=0).history
    predictions = model.predict(labels / 100, verbose=0)
    report = kr.shot_report(labels, predictions, TRAIN_LABELS, BINS)
    for shot in SHOTS:
        assert len(history[f"{shot}_mae"]) == 2
        np.testing.assert_allclose(
            history[f"val_{shot}_mae"][-1], report.loc[shot, "mae"], rtol=1e-4
        )


def test_mistakes_are_told():
    with pytest.raises(ValueError, match="`metric` must be a keras.metrics.Metric or its name"):
        kr.metrics.ShotMetric(lambda labels, predictions: 0.0, "few", TRAIN_LABELS, BINS)
    with pytest.raises(ValueError, match=r"`shot` must be one of 'many', .*'zero'.*'rare'"):
        kr.metrics.ShotMetric("mae", "rare", TRAIN_LABELS, BINS)
    with pytest.raises(
        ValueError, match=r"one label per sample. Received: labels of shape \(4, 2\)"
    ):
        kr.metrics.ShotMetric("mae", "few", TRAIN_LABELS, BINS).update_state(
            np.zeros((4, 2)), np.zeros((4, 2))
        )


def test_labels_keep_their_bin_when_predictions_are_in_half_precision():
    bins = kr.LabelBins.uniform(0, 4000, 1)
    metric = kr.metrics.ShotMetric("mae", "few", [2049], bins)
    metric.update_state([[2049.0]], keras.ops.convert_to_tensor([[2048.0]], "float16"))
    np.testing.assert_allclose(metric.result(), 1.0)
    gm = kr.metrics.GeometricMeanError()
    gm.update_state([[301.0]], keras.ops.convert_to_tensor([[300.0]], "bfloat16"))
    np.testing.assert_allclose(gm.result(), 1.0)


def test_one_metric_object_may_serve_several_shots():
    mae = keras.metrics.MeanAbsoluteError()
    many, few = (kr.metrics.ShotMetric(mae, s, TRAIN_LABELS, BINS) for s in ("many", "few"))
    many.update_state([[35.0], [75.0]], [[36.0], [80.0]])
    few.update_state([[35.0], [75.0]], [[36.0], [80.0]])
    assert (float(many.result()), float(few.result())) == (1.0, 5.0)


def test_a_prediction_of_another_shot_may_be_nan():
    bins = kr.LabelBins.uniform(0, 100, 10)
    metric = kr.metrics.ShotMetric("mae", "few", [35] * 200 + [75] * 3, bins)
    metric.update_state([[35.0], [75.0]], [[float("nan")], [70.0]])
    assert float(metric.result()) == 5.0
