"""A regularizer of embeddings on feature maps."""

import contextlib
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import keras_ranksim as kr
from keras_ranksim.scope.label_scope import current_scope, labels_for


class Recorder(keras.layers.Layer):
    """Keeps what it is given, and leaves terms for the end of the step as ConR does."""

    def call(self, features, labels=None, training=None):
        self.features, self.labels = features, labels_for(self, labels)
        if current_scope() is not None:
            self.weight = current_scope().sample_weight
            current_scope().add_loss(lambda predictions: 10 * ops.sum(predictions))
            current_scope().add_loss(ops.convert_to_tensor(0.5))
        return features


@pytest.fixture
def maps(random):
    features = random.normal(size=(4, 3, 5, 6)).astype("float32")
    labels = random.uniform(1, 9, size=(4, 3, 5, 1)).astype("float32")
    weights = random.choice([0.0, 1.0, 3.0], size=(4, 3, 5)).astype("float32")
    return features, labels, weights


def means_by_loops(values, weights):
    return [
        [np.mean([v for v, w in zip(one.ravel(), weight.ravel()) if w > 0])]
        for one, weight in zip(values, weights)
    ]


def test_the_regularizer_sees_pooled_features_and_mean_labels_and_weights(maps, random):
    features, labels, weights = maps
    predictions = random.normal(size=labels.shape).astype("float32")
    recorder = Recorder()
    layer = kr.layers.PerImage(recorder)
    with kr.label_scope(labels, weights) as scope:
        output = layer(features, training=True)
    np.testing.assert_array_equal(output, features)
    np.testing.assert_allclose(recorder.features, features.mean(axis=(1, 2)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(recorder.labels, means_by_loops(labels, weights), rtol=1e-5)
    np.testing.assert_allclose(recorder.weight, weights.mean(axis=(1, 2)), rtol=1e-5)
    expected = 10 * np.sum(means_by_loops(predictions, weights)) + 0.5
    np.testing.assert_allclose(
        scope.total_loss(ops.convert_to_tensor(predictions)), expected, rtol=1e-4
    )


def test_without_weights_a_pixel_every_pixel_counts(maps):
    features, labels, weights = maps
    for given in (None, weights[:, 0, 0]):
        recorder = Recorder()
        with kr.label_scope(labels[..., 0], given):
            kr.layers.PerImage(recorder)(features, training=True)
        np.testing.assert_allclose(recorder.labels, labels.mean(axis=(1, 2)), rtol=1e-5)
        assert recorder.weight is given


def test_ranksim_is_that_of_the_pooled_features(maps):
    features, labels, _ = maps
    layer = kr.layers.PerImage(kr.layers.RankSimRegularizer(gamma=2.0, lambda_=3.0))
    pooled, mean = features.mean(axis=(1, 2)), labels.mean(axis=(1, 2))
    expected = float(kr.ops.ranksim_loss(pooled, mean, gamma=2.0, lambda_=3.0))
    layer(features, labels, training=True)
    np.testing.assert_allclose(layer.losses, [expected], rtol=1e-5)
    layer(features, labels, training=False)
    assert not layer.losses
    layer.trainable = False
    layer(features, training=True)
    assert not layer.losses


def test_conr_is_that_of_pooled_features_and_mean_predictions(maps, random):
    features, labels, weights = maps
    predictions = (labels + random.normal(size=labels.shape)).astype("float32")
    settings = {"window": 1.0, "temperature": 0.2, "pushing_power": 0.2, "pushing": "linear"}
    layer = kr.layers.PerImage(kr.layers.ConRRegularizer(beta=0.5, **settings))
    with kr.label_scope(labels, weights) as scope:
        layer(features, training=True)
    expected = 0.5 * kr.ops.conr_loss(
        features.mean(axis=(1, 2)),
        np.array(means_by_loops(labels, weights), "float32"),
        np.array(means_by_loops(predictions, weights), "float32"),
        weights.mean(axis=(1, 2)),
        **settings,
    )
    assert float(expected) > 0
    total = scope.total_loss(ops.convert_to_tensor(predictions))
    np.testing.assert_allclose(total, expected, rtol=1e-4)


def test_conr_without_a_scope_says_what_it_needs(maps):
    features, labels, _ = maps
    layer = kr.layers.PerImage(kr.layers.ConRRegularizer())
    with pytest.raises(ValueError, match="needs the predictions of the batch"):
        layer(features, labels, training=True)


def test_two_replicas_add_what_one_adds(maps, random, two_replicas):
    _, labels, weights = maps
    images = random.normal(size=(4, 3, 5, 2)).astype("float32")
    data = tf.data.Dataset.from_tensors((images, labels, weights)).unbatch().batch(4)

    def trained(scope):
        with scope:
            keras.utils.set_random_seed(3)
            inputs = keras.Input((3, 5, 2))
            embedding = keras.layers.Conv2D(6, 1)(inputs)
            for regularizer in (
                kr.layers.RankSimRegularizer(gamma=1.0),
                kr.layers.ConRRegularizer(beta=0.5),
            ):
                embedding = kr.layers.PerImage(regularizer)(embedding)
            model = kr.ImbalancedRegressor(inputs, keras.layers.Conv2D(1, 1)(embedding))
            model.compile(keras.optimizers.SGD(0.01), loss="mse")
        history = model.fit(data, verbose=0).history
        return history["loss"][0], model.get_weights()

    loss, one = trained(contextlib.nullcontext())
    loss_of_two, two = trained(two_replicas.scope())
    np.testing.assert_allclose(loss_of_two, loss, rtol=1e-4)
    for mine, its in zip(one, two):
        np.testing.assert_allclose(its, mine, rtol=1e-4, atol=1e-6)


def test_ranksim_ranks_what_was_there_before_calibration(maps):
    features, labels, _ = maps
    fds = kr.layers.FeatureDistributionSmoothing(kr.LabelBins.uniform(0, 10, 2))
    fds.finalize_state()
    fds(features, labels, training=True)
    fds.finalize_state()
    ranksim = kr.layers.RankSimRegularizer()
    layer = kr.layers.PerImage(ranksim)
    calibrated = fds(ops.convert_to_tensor(features), labels, training=True)
    layer(calibrated, labels, training=True)
    expected = float(kr.ops.ranksim_loss(features.mean((1, 2)), labels.mean((1, 2)), 0.01, 100.0))
    np.testing.assert_allclose(layer.losses, [expected], rtol=1e-5)


def test_a_model_trains_with_it_and_adds_its_loss(maps, random):
    _, labels, weights = maps
    images = random.normal(size=(4, 3, 5, 2)).astype("float32")
    losses = {}
    for gamma in (0.0, 5.0):
        keras.utils.set_random_seed(3)
        inputs = keras.Input((3, 5, 2))
        embedding = keras.layers.Conv2D(6, 1)(inputs)
        regularizer = kr.layers.RankSimRegularizer(gamma=gamma)
        embedding = kr.layers.PerImage(regularizer)(embedding)
        model = kr.ImbalancedRegressor(inputs, keras.layers.Conv2D(1, 1)(embedding))
        model.compile("sgd", loss="mse", run_eagerly=True)
        history = model.fit(images, labels, sample_weight=weights, verbose=0)
        losses[gamma] = history.history["loss"][0]
    assert losses[5.0] > losses[0.0] + 0.01


def test_without_labels_the_three_ways_are_named(maps):
    with pytest.raises(ValueError, match=r"PerImage 'per_image.*' needs the labels of the batch"):
        kr.layers.PerImage(kr.layers.RankSimRegularizer())(maps[0], training=True)


def test_a_config_goes_through_json_and_rebuilds_the_same_layer():
    layer = kr.layers.PerImage(kr.layers.RankSimRegularizer(gamma=0.3), name="pooled")
    config = keras.saving.serialize_keras_object(layer)
    rebuilt = keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))
    assert keras.saving.serialize_keras_object(rebuilt) == config
    assert rebuilt.regularizer.gamma == 0.3


def test_wrong_arguments_are_told():
    with pytest.raises(ValueError, match="`regularizer` must be a regularizer layer.*ranksim"):
        kr.layers.PerImage("ranksim")
    with pytest.raises(ValueError, match=r"needs feature maps.*Received: .*\(4, 6\)"):
        kr.layers.PerImage(kr.layers.RankSimRegularizer())(np.ones((4, 6)))
