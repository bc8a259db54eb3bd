"""A small network that compares two vectors, for instance of two sentences."""

from collections.abc import Sequence

import keras
from keras import ops

from keras_ranksim.networks.mlp import dense_stack
from keras_ranksim.registration import registered
from keras_ranksim.validation import non_negative, positive_integer


def vector_pair(
    size: int,
    widths: Sequence[int] = (256, 256),
    dropout: float = 0.2,
) -> tuple[tuple, keras.KerasTensor]:
    """A backbone for pairs of vectors of unit length, such as those of `sentence_vectors`.

    Args:
        size: Length of each vector.
        widths: Units of every dense layer; the last one is the length of the embedding.
        dropout: Share of units dropped after every layer but the last.

    Returns:
        `(inputs, embedding)`: two inputs of shape `(size,)`, and the embedding.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> from keras_ranksim.networks.vector_pair import vector_pair
    >>> inputs, embedding = vector_pair(384)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    >>> embedding.shape
    (None, 256)
    """
    positive_integer("size", size, "length of each vector")
    inputs = tuple(keras.Input((size,), name=name) for name in ("vector_1", "vector_2"))
    pair = CompareVectors(name="pair")(*inputs)
    return inputs, dense_stack(pair, widths, dropout=dropout)


@registered
class CompareVectors(keras.layers.Layer):
    """From two vectors `u` and `v` of unit length to `[5 |u - v|, 20 u * v]`.

    In a unit vector of some 400 numbers a number is about 0.05: the factors bring differences
    and products to a size that a network learns from at once.

    Args:
        difference: Factor of the differences.
        product: Factor of the products.
        **kwargs: As in every Keras layer.

    Call arguments:
        first: Tensor of shape `(batch, size)`.
        second: Tensor of the same shape.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.networks.vector_pair import CompareVectors
    >>> CompareVectors()(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])).numpy()
    array([[5., 5., 0., 0.]], dtype=float32)
    """

    def __init__(self, difference: float = 5.0, product: float = 20.0, **kwargs):
        super().__init__(**kwargs)
        self.difference = non_negative("difference", difference, "the factor of the differences")
        self.product = non_negative("product", product, "the factor of the products")
        self.built = True

    def call(self, first, second):
        return ops.concatenate(
            [self.difference * ops.abs(first - second), self.product * first * second], axis=-1
        )

    def compute_output_shape(self, first_shape, second_shape):
        return (first_shape[0], 2 * first_shape[-1])

    def get_config(self):
        return {
            **super().get_config(),
            "difference": self.difference,
            "product": self.product,
        }
