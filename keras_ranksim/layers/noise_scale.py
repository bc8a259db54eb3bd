"""The noise of predictions as something to learn, for Balanced MSE."""

import math

import keras
from keras import ops

from keras_ranksim.registration import registered
from keras_ranksim.scope.label_scope import current_scope
from keras_ranksim.validation import positive


@registered
class NoiseScale(keras.layers.Layer):
    """An identity on the predictions that learns their noise scale for `BalancedMSE`.

    Put it last in an `ImbalancedRegressor` that is compiled with
    `BalancedMSE(noise="learnt")`.

    Args:
        initial: Noise scale to start from, in units of the label, above 0.
        rate: How many times faster than other weights it is learnt, above 0. An optimiser such
            as Adam moves a weight by its learning rate at a step, which is slow for a scale that
            starts far from the errors that a trained model makes.
        **kwargs: As in every Keras layer.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> inputs = keras.Input((8,))
    >>> outputs = kr.layers.NoiseScale(initial=5.0)(keras.layers.Dense(1)(inputs))
    >>> model = kr.ImbalancedRegressor(inputs, outputs)
    >>> model.compile("adam", loss=kr.losses.BalancedMSE(noise="learnt"))
    """

    def __init__(self, initial: float = 1.0, rate: float = 10.0, **kwargs):
        super().__init__(**{"autocast": False, **kwargs})
        self.initial = positive("initial", initial, "the noise scale to start from")
        self.rate = positive("rate", rate, "the speed at which it is learnt")
        self.supports_masking = True

    def build(self, input_shape):
        self.log_noise = self.add_weight(
            name="log_noise",
            shape=(),
            dtype="float32",
            initializer=keras.initializers.Constant(math.log(self.initial) / self.rate),
            trainable=True,
            autocast=False,
        )

    def call(self, predictions):
        if current_scope() is not None:
            current_scope().noise = ops.exp(self.rate * self.log_noise)
        return predictions

    @property
    def noise(self) -> float:
        """The noise scale learnt so far."""
        return float(ops.exp(self.rate * self.log_noise))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "initial": self.initial, "rate": self.rate}
