"""A small residual network for small images."""

from collections.abc import Sequence

import keras
from keras import layers

from keras_ranksim.validation import positive_integer


def small_resnet(
    image_shape: Sequence[int] = (64, 64, 3), widths: Sequence[int] = (24, 48, 96, 192)
) -> tuple:
    """A strided convolution and residual blocks, up to the averaged feature map.

    The convolution and every block halve height and width. At 64 pixels, an epoch of 20,000 images
    takes about half a minute on two CPU cores.

    Args:
        image_shape: `(height, width, channels)` of an image.
        widths: Channels of the first convolution, then of each block; the last is the length of
            the embedding.

    Returns:
        `(inputs, embedding)`, functional tensors of shapes `(batch, *image_shape)` and
        `(batch, widths[-1])`.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> inputs, embedding = kr.networks.small_resnet((64, 48, 3))
    >>> embedding.shape
    (None, 192)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))

    Reference: [He et al., CVPR 2016](https://arxiv.org/abs/1512.03385)
    """
    if len(image_shape) != 3:
        raise ValueError(
            f"`image_shape` must be (height, width, channels). Received: image_shape={image_shape}"
        )
    image_shape = [positive_integer("image_shape", side, "every entry") for side in image_shape]
    widths = [positive_integer("widths", width, "channels of a block") for width in widths]
    if not widths:
        raise ValueError("`widths` must name at least one width. Received: widths=()")
    inputs = keras.Input(image_shape)
    x = layers.ReLU()(_convolution(inputs, widths[0], 3, strides=2))
    for width in widths[1:]:
        x = _block(x, width)
    return inputs, layers.GlobalAveragePooling2D()(x)


def _block(x, width):
    """Two convolutions at half the resolution, added to the averaged and projected input."""
    shortcut = _convolution(layers.AveragePooling2D(2, padding="same")(x), width, 1)
    x = layers.ReLU()(_convolution(x, width, 3, strides=2))
    x = _convolution(x, width, 3)
    return layers.ReLU()(layers.Add()([x, shortcut]))


def _convolution(x, filters, size, strides=1):
    x = layers.Conv2D(
        filters, size, strides, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(x)
    # The default momentum of 0.99 takes longer to forget the first steps than such a training.
    return layers.BatchNormalization(momentum=0.9)(x)
