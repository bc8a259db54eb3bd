"""What tests of layers that compare all pairs of a batch share."""

import keras
import numpy as np
import tensorflow as tf

import keras_ranksim as kr

# Ways to compile a model here.
MODES = [{}] if keras.config.backend() == "torch" else [{}, {"jit_compile": True}]


def check_that_replicas_learn_what_one_learns(two_replicas, regressor, with_all, arrays):
    """Trains alone and in two replicas, on request with FDS and RankSim in the model too."""

    def made():
        bins = kr.LabelBins.uniform(0, 8, 1)
        fds = kr.layers.FeatureDistributionSmoothing(bins)
        return regressor(*with_all * [fds, kr.layers.RankSimRegularizer(0.05, 2.0, seed=1)])

    data = tf.data.Dataset.from_tensor_slices(arrays).batch(12)
    alone = made()
    history = alone.fit(data, epochs=2, verbose=0).history
    with two_replicas.scope():
        together = made()
    np.testing.assert_allclose(
        together.fit(data, epochs=2, verbose=0).history["loss"], history["loss"], rtol=1e-5
    )
    for one, other in zip(alone.trainable_weights, together.trainable_weights):
        np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (other, one)), atol=1e-5)


def check_that_weights_stay_finite(model, mode, x, y):
    """Trains on one batch."""
    model.compile("sgd", loss="mse", **mode)
    assert np.isfinite(model.fit(x, y, epochs=2, verbose=0).history["loss"]).all()
    assert all(np.isfinite(w).all() for w in model.get_weights())
