"""Dist Loss, against sorted lists; batches of any size, weights, replicas."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from gradients import numpy, value_and_gradient

import keras_ranksim as kr
from keras_ranksim.labels.quantiles import label_quantiles

RANDOM = np.random.default_rng(6)
TRAIN_LABELS = RANDOM.exponential(10, 500).round()
X = RANDOM.normal(size=(24, 6)).astype("float32")
Y = RANDOM.integers(0, 30, size=(24, 1)).astype("float32")
WEIGHT = RANDOM.uniform(0.5, 2, size=24).astype("float32")


def loss_by_definition(labels, predictions, weights, weight, size):
    """The samples one by one, in ascending order of their predictions."""
    levels = [(i + 0.5) / len(labels) for i in range(len(labels))]
    quantiles = label_quantiles(TRAIN_LABELS, levels, bandwidth=0.5)
    total = 0.0
    for place, i in enumerate(sorted(range(len(labels)), key=lambda i: predictions[i])):
        own, spread = predictions[i] - labels[i], predictions[i] - quantiles[place]
        total += weights[i] * (size(own) + weight * size(spread))
    return total / len(labels)


@pytest.mark.parametrize("samples", [1, 2, 7, 24])
@pytest.mark.parametrize("error", ["absolute", "squared"])
def test_the_loss_equals_the_definition(error, samples):
    labels, predictions = Y[:samples], 9 * X[:samples, :1]
    loss = kr.losses.DistLoss(TRAIN_LABELS, 0.7, error, bandwidth=0.5)
    expected = loss_by_definition(
        labels[:, 0],
        predictions[:, 0],
        WEIGHT,
        0.7,
        abs if error == "absolute" else lambda error: error**2,
    )
    value = numpy(loss(labels, predictions, WEIGHT[:samples]))
    np.testing.assert_allclose(value, expected, rtol=1e-3)


def test_each_prediction_is_pulled_to_its_own_quantile():
    loss = kr.losses.DistLoss([0.0, 10.0, 20.0], bandwidth=0.01, reduction="sum")
    predictions = np.array([[9.0], [-4.0], [21.0]], "float32")
    _, gradient = value_and_gradient(lambda p: loss(predictions - 50, p), predictions)
    np.testing.assert_array_equal(gradient, [[1 - 1], [1 - 1], [1 + 1]])


def test_equal_predictions_share_the_mean_of_their_places():
    loss = kr.losses.DistLoss([0.0, 10.0, 20.0], bandwidth=0.01, reduction=None)
    predictions = np.full((3, 1), 4.0)
    np.testing.assert_allclose(loss(predictions, predictions), [6.0] * 3, atol=0.1)


def test_more_samples_than_stored_quantiles_have_quantiles_of_their_own():
    labels = np.linspace(0, 1, 3001)[:, None]
    loss = kr.losses.DistLoss(labels, bandwidth=1e-4)
    assert float(loss(labels, labels)) < 1e-3


def test_pixels_are_samples():
    loss = kr.losses.DistLoss(TRAIN_LABELS)
    maps = [array.reshape(2, 3, 4, 1) for array in (Y, 9 * X[:, :1])]
    np.testing.assert_allclose(loss(*maps), loss(Y, 9 * X[:, :1]), rtol=1e-6)


def regressor(**options):
    keras.utils.set_random_seed(3)
    inputs = keras.Input((6,))
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1, name="head")(inputs))
    loss = kr.losses.DistLoss(TRAIN_LABELS, error="squared", **options)
    model.compile(keras.optimizers.SGD(0.001), loss=loss)
    return model


MODES = [{}] if keras.config.backend() == "torch" else [{}, {"jit_compile": True}]


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_the_last_batch_may_be_of_any_size(mode):
    losses = {}
    for size in (24, 23, 10):
        model = regressor()
        model.compile("sgd", model.loss, **mode)
        losses[size] = model.fit(X, Y, batch_size=size, epochs=2, verbose=0).history["loss"]
    assert np.isfinite(list(losses.values())).all()


def test_a_saved_loss_is_the_same_in_a_loaded_model(tmp_path):
    model = regressor(bandwidth=0.5)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    expected = model.evaluate(X, Y, verbose=0)
    np.testing.assert_allclose(again.evaluate(X, Y, verbose=0), expected, rtol=1e-6)


def test_it_may_be_the_loss_of_the_second_stage():
    model = regressor()
    model.compile("sgd", loss="mse")
    model.fit(X, Y, verbose=0)
    loss = kr.losses.DistLoss(TRAIN_LABELS)
    kr.retrain_regressor(model, X, Y, sample_weight=WEIGHT, loss=loss, verbose=0)
    assert model.loss is loss


@pytest.mark.parametrize("across_replicas", [True, False])
def test_two_replicas_sort_the_predictions_of_both(two_replicas, across_replicas):
    data = tf.data.Dataset.from_tensor_slices((X, Y, WEIGHT)).batch(24)
    alone = regressor()
    history = alone.fit(data, epochs=2, verbose=0).history["loss"]
    with two_replicas.scope():
        together = regressor(across_replicas=across_replicas)
    found = together.fit(data, epochs=2, verbose=0).history["loss"]
    if not across_replicas:
        assert abs(found[0] / history[0] - 1) > 1e-3
        return
    np.testing.assert_allclose(found, history, rtol=1e-5)
    for one, other in zip(alone.get_weights(), together.get_weights()):
        np.testing.assert_allclose(other, one, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weight": -1}, r"`weight` must be a number of at least 0.*weight=-1"),
        ({"error": "cubic"}, r"`error` must be one of 'absolute', 'squared'.*'cubic'"),
        ({"bandwidth": 0}, r"`bandwidth` must be a positive number.*bandwidth=0"),
        ({"train_labels": []}, r"`labels` must hold at least one label"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.losses.DistLoss(**{"train_labels": [1.0, 2.0], **arguments})


def test_labels_of_several_dimensions_are_told():
    with pytest.raises(ValueError, match="DistLoss needs one label per sample"):
        kr.losses.DistLoss([1.0])(np.ones((4, 3)), np.ones((4, 3)))
