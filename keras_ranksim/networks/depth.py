"""Encoder-decoder of the depth benchmark: an image becomes a feature map of half its size."""

from collections.abc import Callable, Sequence

import keras
from keras import ops

from keras_ranksim.networks.resnet import VARIANTS, resnet50_stages
from keras_ranksim.validation import one_of, positive_integer

# Mean and deviation of the images given, and the mean that Keras' weights were learned with.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
MEAN_OF_WEIGHTS = (123.68, 116.779, 103.939)
LAST_OF_STAGES = ("conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out")


def depth_network(
    input_shape: tuple[int, int, int] = (228, 304, 3),
    encoder: str | Callable = "v1.5",
    fusion_width: int = 16,
    encoder_weights: str | None = None,
) -> tuple:
    """The network of the depth benchmark, up to its penultimate feature map.

    The four stages of a ResNet-50 go two ways: a decoder enlarges the last stage step by step
    to half the size of the image, and a fusion enlarges all four to that size at once. Two
    convolutions refine both together. Add `depth_head()` for the depth map.

    Args:
        input_shape: `(height, width, channels)` of the images, in pixels.
        encoder: `"v1.5"` or `"v1"`, the variant of `resnet50`, or a function from the input
            tensor to four feature maps, the first a quarter of the image in size and each
            next one half the one before: a narrow one makes a narrow network.
        fusion_width: Channels that the fusion takes from each stage.
        encoder_weights: What the encoder starts from: `None` for random numbers, or for `"v1"`
            `"imagenet"`, which Keras downloads, or the path of a weights file of
            `keras.applications.ResNet50` without its top. The published runs start from
            ImageNet. Images are scaled by the mean and deviation of ImageNet either way.

    Returns:
        `(inputs, embedding)`, functional tensors of shapes `(batch, *input_shape)` and
        `(batch, height / 2, width / 2, features)`; features are 128 with ResNet-50.

    Example:

    >>> import keras
    >>> from keras_ranksim.networks.depth import depth_head
    >>> from keras_ranksim.networks.depth import depth_network
    >>> def small_encoder(image):
    ...     stages, features = [], keras.layers.AveragePooling2D(2)(image)
    ...     for width in (8, 16, 32, 64):
    ...         features = keras.layers.Conv2D(width, 3, strides=2, padding="same")(features)
    ...         stages.append(features)
    ...     return stages
    >>> inputs, embedding = depth_network((48, 64, 3), small_encoder, fusion_width=4)
    >>> depth = depth_head()(embedding)
    >>> depth.shape
    (None, 24, 32, 1)

    Reference: [Hu et al., WACV 2019](https://arxiv.org/abs/1803.08673)
    """
    inputs = keras.Input(input_shape, name="image")
    return inputs, depth_decoder(_stages(inputs, encoder, encoder_weights), fusion_width)


def depth_decoder(stages: Sequence, fusion_width: int = 16):
    """From the stages of an encoder to the penultimate feature map of `depth_network`.

    Args:
        stages: Four feature maps, largest first; each is enlarged to the size of the one
            before it, the first to twice its own.
        fusion_width: As in `depth_network`.

    Returns:
        A feature map twice the size of the first stage, of `4 * fusion_width` plus a 32nd of
        the last stage's channels.

    Example:

    >>> import keras
    >>> from keras_ranksim.networks.depth import depth_decoder
    >>> sizes = [(12, 16, 8), (6, 8, 16), (3, 4, 32), (2, 2, 64)]
    >>> depth_decoder([keras.Input(size) for size in sizes], fusion_width=4).shape
    (None, 24, 32, 18)
    """
    positive_integer("fusion_width", fusion_width, "channels taken from each stage")
    stages = list(stages)
    if len(stages) != 4 or any(len(stage.shape) != 4 for stage in stages):
        raise ValueError(
            "The encoder must give four feature maps, (batch, height, width, channels). "
            f"Received: {[tuple(stage.shape) for stage in stages]}"
        )
    decoded = _decode(stages)
    fused = _fuse(stages, _size(decoded), fusion_width)
    features = ops.concatenate([decoded, fused], axis=-1)
    for number in (1, 2):
        features = _convolve(features, features.shape[-1], 5, f"refinement{number}", relu=True)
    return features


def depth_head() -> keras.layers.Layer:
    """The regression layer of the depth benchmark, a convolution to one channel.

    Example:

    >>> from keras_ranksim.networks.depth import depth_head
    >>> depth_head().kernel_size
    (5, 5)
    """
    return keras.layers.Conv2D(1, 5, padding="same", name="depth")


def _stages(inputs, encoder, weights):
    if not callable(encoder):
        one_of("encoder", encoder, VARIANTS)
    if weights is not None and encoder != "v1":
        raise ValueError(
            "`encoder_weights` must be None unless `encoder` is 'v1', the form of ResNet-50 that "
            f"Keras has weights for. Received: encoder_weights={weights!r}, encoder={encoder!r}"
        )
    if callable(encoder):
        return encoder(inputs)
    if encoder == "v1.5":
        return resnet50_stages(inputs)
    images = inputs
    if weights is not None:
        # Those weights were learned on blue, green and red from 0 to 255, less their means.
        scale = [255 * deviation for deviation in DEVIATION]
        offset = [255 * mean - learned for mean, learned in zip(MEAN, MEAN_OF_WEIGHTS)]
        images = ops.flip(keras.layers.Rescaling(scale, offset)(inputs), axis=-1)
    model = keras.applications.ResNet50(include_top=False, weights=weights, input_tensor=images)
    return [model.get_layer(name).output for name in LAST_OF_STAGES]


def _decode(stages):
    width = max(stages[-1].shape[-1] // 2, 1)
    features = _convolve(stages[-1], width, 1, "decoder0", relu=True)
    height, width_of_first = _size(stages[0])
    sizes = [_size(stage) for stage in stages[2::-1]] + [(2 * height, 2 * width_of_first)]
    for number, size in enumerate(sizes, start=1):
        width = max(width // 2, 1)
        features = _up_project(features, width, size, f"decoder{number}")
    return features


def _fuse(stages, size, width):
    enlarged = [
        _up_project(stage, width, size, f"fusion{number}")
        for number, stage in enumerate(stages, start=1)
    ]
    return _convolve(ops.concatenate(enlarged, axis=-1), 4 * width, 5, "fusion", relu=True)


def _up_project(features, width, size, name):
    enlarged = ops.image.resize(features, size, interpolation="bilinear")
    branch = _convolve(enlarged, width, 5, f"{name}_branch1", relu=True)
    branch = _convolve(branch, width, 3, f"{name}_branch2")
    shortcut = _convolve(enlarged, width, 5, f"{name}_shortcut")
    return keras.layers.ReLU(name=f"{name}_relu")(branch + shortcut)


def _convolve(features, width, kernel, name, relu=False):
    features = keras.layers.Conv2D(
        width,
        kernel,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_convolution",
    )(features)
    features = keras.layers.BatchNormalization(
        momentum=0.9, epsilon=1e-5, name=f"{name}_normalization"
    )(features)
    return keras.layers.ReLU(name=f"{name}_relu")(features) if relu else features


def _size(features):
    return tuple(features.shape[1:3])
