"""Every layer of a model, however deep. The private names of Keras that this takes are here."""

import keras


def all_layers(layer: keras.layers.Layer) -> list:
    """The layers inside a model or layer, at any depth, without itself.

    `model.layers` lists only those of the first level.

    Example:

    >>> import keras
    >>> from keras_ranksim.models.all_layers import all_layers
    >>> inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="head")])
    >>> [layer.name for layer in all_layers(keras.Sequential([inner])) if layer.weights][-1]
    'head'
    """
    return list(layer._flatten_layers(include_self=False))


def layer_of(tensor) -> keras.layers.Layer:
    """The layer that a symbolic tensor of a functional model comes from."""
    return tensor._keras_history.operation
