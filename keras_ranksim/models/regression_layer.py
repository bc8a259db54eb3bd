"""The search for a model's regression layer."""

import keras

from keras_ranksim.keras_internals import layer_of
from keras_ranksim.layers.noise_scale import NoiseScale


def regression_layer(model: keras.Model) -> keras.layers.Layer:
    """The last layer with weights on the way to the output, at any depth; not a `NoiseScale`.

    Args:
        model: A functional or Sequential model with one output.

    Example:

    >>> import keras
    >>> from keras_ranksim.models.regression_layer import regression_layer
    >>> inputs = keras.Input((3,))
    >>> outputs = keras.layers.Rescaling(2.0)(keras.layers.Dense(1, name="head")(inputs))
    >>> regression_layer(keras.Model(inputs, outputs)).name
    'head'
    """
    if isinstance(model, keras.Sequential):
        return regression_layer(keras.Model(model.inputs, model.outputs))
    tensors = keras.tree.flatten(model.output)
    while len(tensors) == 1:
        layer = layer_of(tensors[0])
        if isinstance(layer, keras.Model):
            return regression_layer(layer)
        if layer.weights and not isinstance(layer, NoiseScale):
            return layer
        is_input = isinstance(layer, keras.layers.InputLayer)
        tensors = [] if is_input else keras.tree.flatten(layer.input)
    raise ValueError(
        "`regressor` must name the regression layer, since the model's output does not come "
        f"from a single layer with weights. Received: regressor=None, model '{model.name}'"
    )
