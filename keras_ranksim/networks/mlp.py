"""A multilayer perceptron for tables."""

from collections.abc import Sequence

import keras

from keras_ranksim.validation import positive_integer


def mlp(
    input_size: int,
    widths: Sequence[int] = (128, 128, 128),
    activation="relu",
    dropout: float = 0.0,
) -> tuple:
    """A stack of dense layers over a vector, ending at the embedding.

    Args:
        input_size: Length of the input vector.
        widths: Units of every layer; the last one is the length of the embedding.
        activation: Activation of every layer, as in `keras.layers.Dense`.
        dropout: Share of units dropped after every layer but the last: the embedding is what
            regularizers compare and feature statistics are taken of, so it stays whole.

    Returns:
        `(inputs, embedding)`, functional tensors of shapes `(batch, input_size)` and
        `(batch, widths[-1])`.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> inputs, embedding = kr.networks.mlp(10, widths=(64, 32))
    >>> embedding = kr.layers.RankSimRegularizer()(embedding)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    >>> model.input_shape, embedding.shape
    ((None, 10), (None, 32))
    """
    positive_integer("input_size", input_size, "length of the input vector")
    inputs = keras.Input((input_size,))
    return inputs, dense_stack(inputs, widths, activation, dropout)


def dense_stack(features, widths: Sequence[int], activation="relu", dropout: float = 0.0):
    """The layers of `mlp` on a tensor.

    Args:
        features: Keras tensor of shape `(batch, input_size)`.
        widths, activation, dropout: As in `mlp`.

    Returns:
        The embedding, of shape `(batch, widths[-1])`.
    """
    widths = [positive_integer("widths", width, "units of a layer") for width in widths]
    if not widths:
        raise ValueError("`widths` must name at least one layer. Received: widths=()")
    if not 0 <= dropout < 1:
        raise ValueError(f"`dropout` must be at least 0 and below 1. Received: dropout={dropout}")
    for number, width in enumerate(widths, start=1):
        features = keras.layers.Dense(width, activation=activation, name=f"mlp_{number}")(features)
        if dropout and number < len(widths):
            features = keras.layers.Dropout(dropout, name=f"mlp_dropout_{number}")(features)
    return features
