"""A functional model that trains on rare labels."""

import keras

from keras_ranksim.models.imbalanced_training import ImbalancedTraining
from keras_ranksim.registration import registered


@registered
class ImbalancedRegressor(ImbalancedTraining, keras.Model):
    """A functional `keras.Model` for regression with rare labels.

    Build it from inputs and outputs, with `RankSimRegularizer` and
    `FeatureDistributionSmoothing` anywhere between, and use it as any Keras model: `compile`,
    `fit`, `evaluate`, `predict`, `save`. `ImbalancedTraining` says what `fit` does besides
    Keras' own; use it for subclassed and `Sequential` models.

    Args:
        inputs: As in `keras.Model`.
        outputs: As in `keras.Model`.

    Example:

    >>> import keras, keras_ranksim as kr, numpy as np
    >>> inputs = keras.Input((8,))
    >>> embedding = keras.layers.Dense(16, activation="relu")(inputs)
    >>> embedding = kr.layers.RankSimRegularizer()(embedding)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    >>> model.compile("adam", loss="mae")
    >>> x, y = np.random.rand(64, 8), np.random.rand(64)
    >>> history = model.fit(x, y, epochs=2, verbose=0)
    >>> len(history.history["loss"])
    2
    """
