"""A small imbalanced problem and a model with every layer, shared by the tests of models."""

import keras
import numpy as np
import tensorflow as tf

import keras_ranksim as kr

BINS = kr.LabelBins.uniform(0, 40, 1)


def data(samples=96, batch=32):
    random = np.random.default_rng(0)
    x = random.normal(size=(samples, 6)).astype("float32")
    y = random.integers(0, 40, size=(samples, 1)).astype("float32")
    weight = random.uniform(0.5, 2, size=samples).astype("float32")
    return tf.data.Dataset.from_tensor_slices((x, y, weight)).batch(batch)


def layers(names):
    made = {
        "fds": lambda: kr.layers.FeatureDistributionSmoothing(BINS, name="fds"),
        "ranksim": lambda: kr.layers.RankSimRegularizer(0.5, 2.0, seed=1, name="ranksim"),
        "rnc": lambda: kr.layers.RankNContrastRegularizer(0.5, name="rnc"),
        "conr": lambda: kr.layers.ConRRegularizer(0.5, window=3.0, name="conr"),
    }
    return [made[name]() for name in names]


def regressor(*names, optimizer=None, policy=None, dropout=0.0, **compile_arguments):
    keras.utils.set_random_seed(3)
    inputs = keras.Input((6,))
    x = keras.layers.Dense(16, activation="relu", dtype=policy)(inputs)
    for layer in layers(names):
        x = layer(x)
    outputs = keras.layers.Dense(1, dtype="float32", name="head")(x)
    model = kr.ImbalancedRegressor(inputs, outputs)
    optimizer = optimizer or keras.optimizers.SGD(0.01, momentum=0.9)
    model.compile(optimizer, loss="mse", **{"metrics": ["mae"], **compile_arguments})
    return model


def weights_of(model):
    return [keras.ops.convert_to_numpy(w) for w in model.trainable_weights]


def statistics_of(model):
    fds = model.get_layer("fds")
    return [
        keras.ops.convert_to_numpy(w)
        for w in (
            fds.running_mean,
            fds.running_variance,
            fds.smoothed_mean,
            fds.smoothed_variance,
            fds.samples_seen,
            fds.epochs_folded,
            fds.epoch_count,
            fds.epoch_sum,
            fds.epoch_sum_of_squares,
        )
    ]


def assert_all_close(ones, others, **tolerance):
    assert len(ones) == len(others)
    for one, other in zip(ones, others):
        np.testing.assert_allclose(other, one, **tolerance)
