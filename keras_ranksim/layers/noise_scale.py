"""The noise scale of predictions, learned together with the model, for Balanced MSE."""

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
    `BalancedMSE(noise="learned")`.

    Args:
        initial: Noise scale to start from, in units of the label, above 0.
        rate: How many times faster than other weights it is learned, above 0. An optimizer such
            as Adam moves a weight by its learning rate per step, which is slow for a scale that
            starts far from the errors of a trained model. SGD, which does not normalize gradients,
            needs a rate of 1 and a small step.
        **kwargs: As in every Keras layer.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> inputs = keras.Input((8,))
    >>> outputs = kr.layers.NoiseScale(initial=5.0)(keras.layers.Dense(1)(inputs))
    >>> model = kr.ImbalancedRegressor(inputs, outputs)
    >>> model.compile("adam", loss=kr.losses.BalancedMSE(noise="learned"))
    """

    def __init__(self, initial: float = 1.0, rate: float = 10.0, **kwargs):
        super().__init__(**{"autocast": False, **kwargs})
        self.initial = positive("initial", initial, "the noise scale to start from")
        self.rate = positive("rate", rate, "the speed at which it is learned")
        self.supports_masking = True
        self.build(None)  # so that an optimizer of PyTorch made before the first call has it

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
            current_scope().noise = self.scale()
        return predictions

    def scale(self):
        """The noise scale as a tensor, through which it is learned."""
        return ops.exp(self.rate * self.log_noise)

    @property
    def noise(self) -> float:
        """The noise scale learned so far."""
        return ops.convert_to_numpy(self.scale()).item()

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "initial": self.initial, "rate": self.rate}
