"""Focal-R: a regression loss that turns its attention to large errors."""

import keras
from keras import ops

from keras_ranksim.registration import registered
from keras_ranksim.shapes import align_labels
from keras_ranksim.validation import non_negative, one_of, positive

ERRORS = {"absolute": ops.abs, "squared": ops.square}
ACTIVATIONS = {"sigmoid": lambda x: 2 * ops.sigmoid(x) - 1, "tanh": ops.tanh}


@registered
class FocalR(keras.losses.Loss):
    """The focal regression loss `error * activation(beta * |e|) ** gamma`.

    Small errors are scaled toward zero, large ones keep their size.

    Args:
        error: `"absolute"` or `"squared"`.
        beta: How soon an error counts as large, above 0. The papers use 0.2 for ages and 20
            for text similarity on labels in [0, 1].
        gamma: Strength of the focus, at least 0.
        activation: `"sigmoid"`, that is `2 * sigmoid(x) - 1`, or `"tanh"`.
        reduction: As in every Keras loss.
        name: Name of the loss.

    Example:

    >>> import keras_ranksim as kr
    >>> loss = kr.losses.FocalR(error="absolute", beta=0.2)
    >>> round(float(loss([[30.0], [60.0]], [[31.0], [40.0]])), 4)
    9.6901

    Reference: [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554)
    """

    def __init__(
        self,
        error: str = "absolute",
        beta: float = 0.2,
        gamma: float = 1.0,
        activation: str = "sigmoid",
        reduction: str = "sum_over_batch_size",
        name: str = "focal_r",
        **kwargs,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.error = one_of("error", error, ERRORS)
        self.activation = one_of("activation", activation, ACTIVATIONS)
        self.beta = positive("beta", beta, "how soon an error counts as large")
        self.gamma = non_negative("gamma", gamma, "the strength of the focus")

    def call(self, y_true, y_pred):
        labels, predictions = align_labels(y_true, y_pred)
        error = predictions - labels
        focus = ACTIVATIONS[self.activation](self.beta * ops.abs(error))
        focus = ops.power(ops.maximum(focus, keras.config.epsilon()), self.gamma)
        return ops.mean(ERRORS[self.error](error) * focus, axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "error": self.error,
            "beta": self.beta,
            "gamma": self.gamma,
            "activation": self.activation,
        }
