"""What replicas share: losses of other layers, batches of uneven size, the option of none."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from small import BINS, assert_all_close, weights_of

import keras_ranksim as kr
from keras_ranksim.distribute.replicas import share_of_rows

RANDOM = np.random.default_rng(8)
X = RANDOM.normal(size=(47, 6)).astype("float32")
Y = RANDOM.integers(0, 20, size=(47, 1)).astype("float32")
LAYERS = {
    "ranksim": lambda **options: kr.layers.RankSimRegularizer(0.5, 2.0, seed=1, **options),
    "conr": lambda **options: kr.layers.ConRRegularizer(2.0, window=2.0, **options),
    "rnc": lambda **options: kr.layers.RankNContrastRegularizer(**options),
    "fds": lambda: kr.layers.FeatureDistributionSmoothing(BINS),
}
LOSSES = {
    "mse": lambda **options: "mse",
    "balanced": lambda **options: kr.losses.BalancedMSE(noise=2.0, **options),
}


def regressor(*names, loss="mse", activity=None, **options):
    keras.utils.set_random_seed(3)
    inputs = keras.Input((6,))
    embedding = keras.layers.Dense(8, activity_regularizer=activity)(inputs)
    for name in names:
        embedding = LAYERS[name](**options)(embedding)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    model.compile(keras.optimizers.SGD(0.001), loss=LOSSES[loss](**options))
    return model


def batches(samples, batch):
    return tf.data.Dataset.from_tensor_slices((X[:samples], Y[:samples])).batch(batch)


def both(strategy, data, *names, **arguments):
    """The losses and weights of one device and of the replicas."""
    alone = regressor(*names, **arguments)
    history = alone.fit(data, epochs=2, verbose=0).history["loss"]
    with strategy.scope():
        together = regressor(*names, **arguments)
    history_together = together.fit(data, epochs=2, verbose=0).history["loss"]
    return (history, weights_of(alone)), (history_together, weights_of(together))


@pytest.mark.parametrize(
    ("names", "loss"),
    [(("ranksim",), "mse"), (("conr",), "mse"), (("fds",), "mse"), ((), "balanced")],
    ids=str,
)
def test_replicas_leave_the_losses_of_other_layers_to_their_own(two_replicas, names, loss):
    """Keras keeps one list of `add_loss` terms for all replicas: who waits in the forward pass,
    or in a loss, finds those of another replica in it. This one is far above all others."""
    activity = keras.regularizers.L2(5.0)
    data = batches(32, 32)
    alone, together = both(two_replicas, data, *names, loss=loss, activity=activity)
    np.testing.assert_allclose(together[0], alone[0], rtol=1e-5)
    assert_all_close(alone[1], together[1], atol=1e-6)


@pytest.mark.parametrize("names", [("ranksim",), ("conr",), ("rnc",), ("fds", "ranksim")], ids=str)
def test_batches_that_replicas_cannot_share_evenly_count_whole(two_replicas, names):
    """12 and 11 samples, and 1 and none. The regression loss, whose mean over an uneven replica
    Keras weighs as any other's, is silent here: what is learned comes from the regularizer."""

    def trained(scope):
        with scope:
            model = regressor(*names)
            model.compile(keras.optimizers.SGD(0.05), loss=lambda y, p: 0 * p)
        model.fit(batches(47, 23), verbose=0)
        return weights_of(model)

    alone, together = trained(contextlib.nullcontext()), trained(two_replicas.scope())
    assert np.abs(alone[0] - weights_of(regressor(*names))[0]).max() > 1e-4
    assert_all_close(alone, together, atol=1e-6)


@pytest.mark.parametrize(
    ("names", "loss"),
    [(("ranksim",), "mse"), (("conr",), "mse"), (("rnc",), "mse"), ((), "balanced")],
    ids=str,
)
def test_replicas_may_keep_to_their_own_samples(two_replicas, names, loss):
    """The loss is then the mean of what each half of the batch gives alone."""
    options = {"across_replicas": False}
    halves = [
        regressor(*names, loss=loss).train_on_batch(X[rows], Y[rows])
        for rows in (slice(0, 16), slice(16, 32))
    ]
    alone, together = both(two_replicas, batches(32, 32), *names, loss=loss, **options)
    np.testing.assert_allclose(together[0][0], np.mean(halves), rtol=1e-5)
    assert abs(together[0][0] / alone[0][0] - 1) > 1e-3


def test_a_plain_model_under_replicas_may_keep_to_their_own_samples(two_replicas):
    layer = kr.layers.RankSimRegularizer(across_replicas=False)
    two_replicas.run(lambda: layer(tf.ones((4, 3)), tf.range(4.0), training=True))
    assert layer.losses


def test_views_are_contrasted_across_replicas(two_replicas):
    views = kr.Views(X[:32], X[:32] + 0.1), Y[:32]
    data = tf.data.Dataset.from_tensor_slices(views).batch(32)
    alone, together = both(two_replicas, data, "conr")
    np.testing.assert_allclose(together[0], alone[0], rtol=1e-5)
    assert_all_close(alone[1], together[1], atol=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8])
def test_the_replicas_shares_of_rows_make_up_the_whole(two_replicas, count):
    bounds = two_replicas.run(lambda: share_of_rows(count))
    first, last = (two_replicas.experimental_local_results(bound) for bound in bounds)
    assert (int(first[0]), int(last[1])) == (0, count)
    assert int(last[0]) == int(first[1]) == (count + 1) // 2
