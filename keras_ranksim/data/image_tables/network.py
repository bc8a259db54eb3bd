"""The network for a table of images, and the recipe that suits it."""

from __future__ import annotations

import functools
import warnings

import numpy as np

from keras_ranksim.data.label_scale import scaled_recipe
from keras_ranksim.networks.keras_application import NAMES, keras_application
from keras_ranksim.networks.small_resnet import small_resnet
from keras_ranksim.validation import one_of

SMALL_SIDE = 112
SMALL, LARGE = (24, 48, 96, 192), (16, 24, 48, 96, 192)
# Images seen in a training, and the least and the most epochs.
FROM_RANDOM, FROM_PRETRAINED = (200_000, 10, 60), (60_000, 4, 30)


def image_network(backbone: str | None, size: tuple[int, int], weights: str | None) -> tuple:
    """The function that makes the network, and the weights it starts from.

    Pretrained weights that cannot be downloaded give random ones, with a warning.

    Args:
        backbone: Name of a backbone of `keras.applications`, or `None` for the small network.
        size: `(height, width)` of the images.
        weights: As in `keras_application`.
    """
    shape = (*size, 3)
    if backbone is None:
        widths = SMALL if max(size) <= SMALL_SIDE else LARGE
        return functools.partial(small_resnet, shape, widths), None
    one_of("backbone", backbone, NAMES)
    try:
        keras_application(backbone, shape, weights)
    except Exception as error:
        # The one kind of error that Keras raises when it cannot download.
        if "URL fetch failure" not in str(error):
            raise
        warnings.warn(
            f"The pretrained weights of {backbone} cannot be downloaded, so training starts from "
            "random ones. Connect to the internet once, or pass a file as `weights`. "
            f"({str(error).split(': ', 1)[-1].removeprefix('None -- ')})",
            stacklevel=3,
        )
        weights = None
    return functools.partial(keras_application, backbone, shape, weights), weights


def image_recipe(images: int, pretrained: bool, augment: bool, scale: float, bins):
    """More epochs for fewer images; small steps from pretrained weights.

    Args:
        images: Number of training images.
        pretrained: Whether the network starts from pretrained weights.
        augment: Whether training images are mirrored and shifted, as several views must be.
        scale, bins: As in `scaled_recipe`.
    """
    seen, fewest, most = FROM_PRETRAINED if pretrained else FROM_RANDOM
    epochs = int(np.clip(round(seen / images), fewest, most))
    return scaled_recipe(
        scale,
        bins,
        epochs=epochs,
        batch_size=32 if pretrained else 64,
        learning_rate=2e-4 if pretrained else 2e-3,
        milestones=tuple(round(share * epochs) for share in (0.5, 0.7, 0.8, 0.9)),
        decay=0.3,
        conr_views=2 if augment else 1,
    )
