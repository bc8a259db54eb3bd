"""ResNet-50, in the form of the papers and in that of `keras.applications`."""

import keras
from keras import layers

from keras_ranksim.validation import one_of

VARIANTS = ("v1.5", "v1")
STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
EXPANSION = 4


def resnet50(input_shape=(224, 224, 3), variant: str = "v1.5") -> tuple:
    """ResNet-50 from scratch, up to its averaged feature map.

    The papers train `"v1.5"`: a stage reduces its resolution in the 3x3 convolution, no
    convolution has a bias, BatchNorm has epsilon 1e-5 and momentum 0.9. `"v1"` is
    `keras.applications.ResNet50`: the first 1x1 reduces, convolutions have biases, epsilon is
    1.001e-5 and momentum 0.99, so its moving statistics need ten times the steps.

    Args:
        input_shape: `(height, width, channels)`, at least 32 pixels a side.
        variant: `"v1.5"` or `"v1"`.

    Returns:
        `(inputs, embedding)`, Keras tensors of shape `(batch, *input_shape)` and
        `(batch, 2048)`.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> inputs, embedding = kr.networks.resnet50((64, 64, 3))
    >>> embedding.shape
    (None, 2048)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))

    Reference: [He et al., CVPR 2016](https://arxiv.org/abs/1512.03385)
    """
    one_of("variant", variant, VARIANTS)
    input_shape = tuple(input_shape)
    if len(input_shape) != 3 or any(side is not None and side < 32 for side in input_shape[:2]):
        raise ValueError(
            "`input_shape` must be (height, width, channels) with sides of at least 32. "
            f"Received: input_shape={input_shape}"
        )
    if variant == "v1":
        model = keras.applications.ResNet50(
            weights=None, include_top=False, pooling="avg", input_shape=input_shape
        )
        return model.inputs[0], model.outputs[0]
    inputs = keras.Input(input_shape)
    return inputs, layers.GlobalAveragePooling2D()(resnet50_stages(inputs)[-1])


def resnet50_stages(images) -> list:
    """The feature maps after each of the four stages of ResNet-50 v1.5, for dense tasks.

    Args:
        images: Keras tensor of shape `(batch, height, width, channels)`.

    Returns:
        Four Keras tensors of 256, 512, 1024 and 2048 channels, a 4th to a 32nd of the images
        in height and width.

    Example:

    >>> import keras
    >>> from keras_ranksim.networks.resnet import resnet50_stages
    >>> [stage.shape[1:] for stage in resnet50_stages(keras.Input((64, 96, 3)))]
    [(16, 24, 256), (8, 12, 512), (4, 6, 1024), (2, 3, 2048)]
    """
    x = _convolution(images, 64, 7, strides=2)
    x = layers.ReLU()(x)
    # Features are not negative here, so zeros around them never win the maximum.
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    stages = []
    for stage, (width, blocks) in enumerate(STAGES):
        for block in range(blocks):
            x = _bottleneck(x, width, strides=2 if stage > 0 and block == 0 else 1)
        stages.append(x)
    return stages


def _bottleneck(x, width, strides):
    shortcut = x
    if x.shape[-1] != EXPANSION * width:
        shortcut = _convolution(x, EXPANSION * width, 1, strides)
    x = layers.ReLU()(_convolution(x, width, 1))
    x = layers.ReLU()(_convolution(x, width, 3, strides))
    x = _convolution(x, EXPANSION * width, 1)
    return layers.ReLU()(layers.Add()([x, shortcut]))


def _convolution(x, filters, size, strides=1):
    """A convolution without bias and its BatchNorm, padded equally on all sides."""
    if size > 1 and strides > 1:
        # Keras' "same" pads a strided convolution more on the far sides.
        x = layers.ZeroPadding2D(size // 2)(x)
    x = layers.Conv2D(
        filters,
        size,
        strides,
        padding="same" if strides == 1 else "valid",
        use_bias=False,
        kernel_initializer=keras.initializers.VarianceScaling(
            scale=2.0, mode="fan_out", distribution="untruncated_normal"
        ),
    )(x)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
