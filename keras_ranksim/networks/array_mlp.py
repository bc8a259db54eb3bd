"""A multilayer perceptron over arrays, which standardizes its inputs itself."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from keras_ranksim.networks.mlp import dense_stack


def array_mlp(
    train_x, widths: Sequence[int] = (256, 256, 128), activation="relu", dropout: float = 0.1
) -> tuple:
    """Standardized arrays side by side, then dense layers up to the embedding.

    Mean and variance are constants of the model, so that it takes arrays as they are, also after
    it was saved and loaded.

    Args:
        train_x: The training inputs, whose mean and variance are taken for each entry of the last
            axis: an array, or a tuple or dictionary of arrays.
        widths, activation, dropout: As in `mlp`.

    Returns:
        `(inputs, embedding)`: functional inputs in the structure of `train_x`, and a tensor of
        shape `(batch, widths[-1])`.

    Example:

    >>> import keras, numpy as np, keras_ranksim as kr
    >>> from keras_ranksim.networks.array_mlp import array_mlp
    >>> train_x = {"text": np.ones((50, 384)), "age": np.arange(50.0)[:, None]}
    >>> inputs, embedding = array_mlp(train_x, widths=(64, 32))
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    >>> model.predict(train_x, verbose=0).shape
    (50, 1)
    """
    if isinstance(train_x, dict):
        inputs = {name: keras.Input(np.shape(x)[1:], name=name) for name, x in train_x.items()}
    else:
        inputs = keras.tree.map_structure(lambda x: keras.Input(np.shape(x)[1:]), train_x)
    pairs = zip(keras.tree.flatten(inputs), keras.tree.flatten(train_x))
    vectors = [_standardized(tensor, np.asarray(array)) for tensor, array in pairs]
    joined = vectors[0] if len(vectors) == 1 else layers.Concatenate()(vectors)
    return inputs, dense_stack(joined, widths, activation, dropout)


def _standardized(tensor, array):
    """One vector per sample, each of its numbers standardized; constants become 0."""
    axes = tuple(range(array.ndim - 1))
    mean, variance = (function(array, axes, dtype="float64") for function in (np.mean, np.var))
    # Rounding gives even the variance of equal numbers a value above 0.
    constant = array.min(axis=axes) == array.max(axis=axes)
    variance = np.where(constant, 1.0, variance)
    tensor = layers.Normalization(mean=mean.tolist(), variance=variance.tolist())(tensor)
    return tensor if array.ndim == 2 else layers.Flatten()(tensor)
