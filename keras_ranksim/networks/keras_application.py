"""Any backbone of `keras.applications`, by name."""

import inspect
import sys

import keras

from keras_ranksim.validation import one_of

NAMES = sorted(
    name
    for name, function in vars(keras.applications).items()
    if inspect.isfunction(function) and name[0].isupper()
)


def keras_application(
    name: str = "EfficientNetV2B0", image_shape=(224, 224, 3), weights: str | None = "imagenet"
) -> tuple:
    """A backbone of `keras.applications` up to its averaged feature map.

    It takes images scaled to [-1, 1], as this library's pipelines yield them, and brings them to
    the scale that the backbone was trained with.

    Args:
        name: Its name, for instance `"EfficientNetV2B0"`, `"ResNet50"` or `"ConvNeXtTiny"`.
        image_shape: `(height, width, 3)`.
        weights: `"imagenet"` for pretrained weights, which Keras downloads once; a file of weights;
            or `None` for random ones.

    Returns:
        `(inputs, embedding)`, functional tensors of shapes `(batch, *image_shape)` and
        `(batch, channels)`.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> from keras_ranksim.networks.keras_application import keras_application
    >>> inputs, embedding = keras_application(
    ...     "MobileNetV3Small", (64, 64, 3), weights=None
    ... )
    >>> embedding.shape
    (None, 576)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    """
    make = getattr(keras.applications, one_of("name", name, NAMES))
    backbone = make(
        include_top=False, weights=weights, pooling="avg", input_shape=tuple(image_shape)
    )
    inputs = keras.Input(tuple(image_shape))
    pixels = keras.layers.Rescaling(127.5, 127.5)(inputs)
    # The function that belongs to a backbone is in its module.
    prepared = sys.modules[make.__module__].preprocess_input(pixels)
    return inputs, backbone(prepared)
