"""A small convolutional network for small pictures."""

import keras
from keras import layers

from keras_ranksim.validation import numbers, positive_integer


def small_cnn(
    image_shape: tuple[int, int, int] = (64, 64, 3),
    filters: tuple[int, ...] = (24, 48, 96, 128),
    name: str = "small_cnn",
):
    """Blocks of convolution, batch normalization and ReLU, then the mean over the picture.

    Every block but the last halves height and width, by a stride, which keeps an epoch of
    4,000 pictures of 64 pixels within seconds on two CPU cores.

    Args:
        image_shape: Height, width and channels of a picture.
        filters: Channels of every block; the last is the length of the embedding.
        name: Prefix of the layers' names.

    Returns:
        `(inputs, embedding)`: the functional input and the penultimate embedding.

    Example:

    >>> from keras_ranksim.networks import small_cnn
    >>> inputs, embedding = small_cnn()
    >>> embedding.shape
    (None, 128)
    """
    image_shape = _whole_numbers("image_shape", image_shape)
    filters = _whole_numbers("filters", filters)
    if len(image_shape) != 3:
        raise ValueError(
            f"`image_shape` must be (height, width, channels). Received: image_shape={image_shape}"
        )
    x = inputs = keras.Input(image_shape, name=f"{name}_pictures")
    for number, channels in enumerate(filters, start=1):
        x = layers.Conv2D(
            channels,
            kernel_size=3,
            strides=1 if number == len(filters) else 2,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_conv{number}",
        )(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"{name}_norm{number}")(x)
        x = layers.ReLU(name=f"{name}_relu{number}")(x)
    return inputs, layers.GlobalAveragePooling2D(name=f"{name}_embedding")(x)


def _whole_numbers(name, values):
    if len(numbers(name, values, ndim=1)) == 0:
        raise ValueError(f"`{name}` must not be empty. Received: {name}=()")
    return tuple(positive_integer(name, value, "every entry of it") for value in values)
