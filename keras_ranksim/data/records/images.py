"""Images in records: encoded without loss, decoded, made into what a network takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_ranksim.data.image_files import decode_or_name
from keras_ranksim.data.images import resize, scale_image, training_input
from keras_ranksim.data.portraits import batches as portraits

CHANNELS = (1, 3, 4)


def file_bytes(path: str, check: bool) -> bytes:
    """The bytes of an image file as they are; raises, naming it, if they are no whole image."""
    contents = Path(path).read_bytes()
    if check:
        decode_or_name(str(path).encode(), contents)
    return contents


def png_bytes(image) -> bytes:
    """A uint8 image `(height, width, channels)` as a PNG, which loses nothing."""
    with tf.device("CPU:0"):
        return tf.io.encode_png(image).numpy()


def image_array(name: str, images):
    """Returns uint8 images as one array, or says what is wrong with them."""
    images = images if tf.is_tensor(images) else np.asarray(images)
    shape = tuple(images.shape)
    if images.dtype != "uint8" or len(shape) != 4 or shape[-1] not in CHANNELS:
        raise ValueError(
            f"{name} must be paths of files or a uint8 array of shape (samples, height, width, "
            f"channels) with 1, 3 or 4 channels. Received: {images.dtype!s} of shape {shape}"
        )
    return images


def decode(contents, shape: tuple[int, int, int]):
    """A uint8 image of this shape out of an encoded one of any size."""
    image = tf.io.decode_image(contents, channels=shape[2], expand_animations=False)
    image.set_shape((None, None, shape[2]))
    image = tf.cond(
        tf.reduce_all(tf.shape(image)[:2] == shape[:2]),
        lambda: image,
        lambda: resize(image, shape[:2]),
    )
    image.set_shape(shape)
    return image


def _as_faces(image, seed, views):
    return scale_image(image) if seed is None else training_input(image, seed, views)


def _as_portraits(image, seed, views):
    if seed is None:
        return scale_image(image)
    return tf.nest.map_structure(
        lambda batch: batch[0], portraits.training_input(image[None], seed[None], views)
    )


def _as_plain_portraits(image, seed, views):
    return scale_image(image) if views == 1 else _as_portraits(image, seed, views)


def _plain(image, seed, views):
    if views != 1:
        raise ValueError(
            "`views` must be 1 for records whose benchmark has no augmentation; pass `prepare` "
            f"to read_records. Received: views={views}"
        )
    return scale_image(image)


# What a manifest may name: functions from a uint8 image, its seed (none in evaluation) and the
# number of views to the x of one sample.
PREPARATIONS = {
    "faces": _as_faces,
    "portraits": _as_portraits,
    "plain portraits": _as_plain_portraits,
    "plain": _plain,
}
