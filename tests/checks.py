"""What tests of several layers and models check in the same way."""

import keras
import numpy as np
import tensorflow as tf

# Ways to compile a model here.
MODES = [{}] if keras.config.backend() == "torch" else [{}, {"jit_compile": True}]


def check_that_replicas_learn_what_one_learns(two_replicas, regressor, arrays):
    """Trains alone and in two replicas."""
    data = tf.data.Dataset.from_tensor_slices(arrays).batch(12)
    alone = regressor()
    history = alone.fit(data, epochs=2, verbose=0).history
    with two_replicas.scope():
        together = regressor()
    np.testing.assert_allclose(
        together.fit(data, epochs=2, verbose=0).history["loss"], history["loss"], rtol=1e-5
    )
    for one, other in zip(alone.trainable_weights, together.trainable_weights):
        np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (other, one)), atol=1e-5)


def check_that_weights_stay_finite(model, batches):
    """Trains on one batch after the other, each from the same weights and a fresh optimizer."""
    model.optimizer.build(model.trainable_variables)
    weights = model.get_weights()
    state = [keras.ops.convert_to_numpy(variable) for variable in model.optimizer.variables]
    for name, batch in batches.items():
        x, y = (np.asarray(array, dtype="float32") for array in batch)
        model.set_weights(weights)
        for variable, value in zip(model.optimizer.variables, state):
            variable.assign(value)
        assert np.isfinite(model.fit(x, y, epochs=3, verbose=0).history["loss"]).all(), name
        assert all(np.isfinite(w).all() for w in model.get_weights()), name
