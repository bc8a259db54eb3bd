"""The search for a model's regression layer."""

import keras

from keras_ranksim.keras_internals import inputs_of, layer_of
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
    tensors = getattr(model, "outputs", None) or []  # a subclassed model has none
    while len(tensors) == 1:
        layer = layer_of(tensors[0])
        if isinstance(layer, keras.Model):
            return regression_layer(layer)
        # Operations, such as a product with a number, have no weights at all.
        if getattr(layer, "weights", ()) and not isinstance(layer, NoiseScale):
            return layer
        tensors = inputs_of(tensors[0])
    raise ValueError(
        "`regressor` must name the regression layer, since the model's output does not come "
        f"from a single layer with weights. Received: regressor=None, model '{model.name}'"
    )
