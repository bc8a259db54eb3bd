"""Image files to tensors: decoded, resized, cropped and mirrored at random, scaled."""

import tensorflow as tf

from keras_ranksim.data.image_files import BIT_DEPTH_AT, PNG_START, decode_image_bytes
from keras_ranksim.scope import Views

PADDING = 16
# How whole files start and end.
JPEG = (b"\xff\xd8\xff", b"\xff\xd9")
PNG = (PNG_START, b"IEND\xaeB`\x82")


def decode_image(path, contents, size: tuple[int, int]):
    """Decodes and resizes one image file, in a TensorFlow graph.

    Args:
        path: Scalar string tensor, the name of the file for errors.
        contents: Scalar string tensor, its bytes: JPEG, PNG, BMP or GIF, gray or in color.
        size: `(height, width)` of the result.

    Returns:
        A uint8 tensor of shape `(*size, 3)`. A truncated file, or one that is not an image,
        raises an error that names it.
    """
    # A file damaged inside fails in one of these ops, whose name is part of TensorFlow's message.
    name = "DecodeImage_find_the_file_with_check_images"
    image = tf.cond(
        _is_whole(contents, JPEG),
        lambda: tf.io.decode_jpeg(contents, 3, name=name),
        lambda: tf.cond(
            _is_whole(contents, PNG),
            lambda: tf.io.decode_png(contents, 3, name=name),
            lambda: tf.numpy_function(decode_image_bytes, [path, contents], tf.uint8),
        ),
    )
    image.set_shape((None, None, 3))
    image = tf.cond(
        tf.reduce_all(tf.shape(image)[:2] == size),
        lambda: image,
        lambda: _resize(image, size),
    )
    image.set_shape((*size, 3))
    return image


def has_sixteen_bits(contents):
    """Whether an image file is a PNG with 16 bits per channel; `decode_image` keeps 8."""
    is_png = tf.strings.substr(contents, 0, len(PNG_START)) == PNG_START
    # An empty string where the file is too short.
    place = tf.minimum(BIT_DEPTH_AT, tf.strings.length(contents))
    depth = tf.strings.substr(contents, place, 1)
    return tf.logical_and(is_png, depth == b"\x10")


def random_views(image, seed, views: int = 1, padding: int = PADDING) -> tuple:
    """Views of one image: a random window of the padded image, mirrored half of the time.

    Args:
        image: Tensor of shape `(height, width, channels)`.
        seed: Integer tensor of shape `(2,)`, the seed of this sample in this epoch.
        views: How many, drawn independently.
        padding: Pixels of zeros around the image before the window is drawn.

    Returns:
        A tuple of tensors of the shape and type of `image`.

    Example:

    >>> import tensorflow as tf
    >>> from keras_ranksim.data.images import random_views
    >>> first, second = random_views(tf.ones((224, 224, 3)), seed=[0, 7], views=2)
    >>> first.shape, bool(tf.reduce_all(first == second))
    (TensorShape([224, 224, 3]), False)
    """
    draws = tf.random.stateless_uniform((views, 3), seed, None, None, dtype="uint32")
    # The lowest bits decide the mirror, the others the window: no draw is used twice.
    windows = tf.cast((draws[:, :2] // 2) % (2 * padding + 1), "int32") - padding
    mirrored = draws[:, 2] % 2 == 1
    return tuple(
        _mirror(_shift(image, windows[view, 0], windows[view, 1]), mirrored[view])
        for view in range(views)
    )


def scale_image(image):
    """Scales uint8 pixels to float32 in [-1, 1]."""
    return tf.cast(image, "float32") * (1 / 127.5) - 1


def training_image(image, seed, views: int = 1):
    """The `x` of one training sample: augmented and scaled.

    Args:
        image: A uint8 image.
        seed: The seed of this sample in this epoch.
        views: 1 for one augmented view; 2 for `Views` of two independent ones; 3 for two
            augmented ones and, third, the image as evaluation sees it.

    Returns:
        A float32 tensor, or `keras_ranksim.Views` of them.
    """
    if views == 1:
        return scale_image(random_views(image, seed)[0])
    plain = (image,) if views == 3 else ()
    return Views(*(scale_image(view) for view in (*random_views(image, seed, 2), *plain)))


def _is_whole(contents, start_and_end):
    start, end = start_and_end
    last = tf.maximum(tf.strings.length(contents) - len(end), 0)
    starts = tf.strings.substr(contents, 0, len(start)) == start
    return tf.logical_and(starts, tf.strings.substr(contents, last, len(end)) == end)


def _resize(image, size):
    """A uint8 image at another size `(height, width)`, anti-aliased."""
    for length in size:
        image = tf.transpose(_resize_height(image, length), (1, 0, 2))
    return tf.cast(tf.round(image), "uint8")


def _resize_height(image, height):
    """The anti-aliased bilinear resizing of `tf.image.resize` and PIL, along one axis."""
    # Seen as one column of many channels, the op runs along memory: the pixels of
    # tf.image.resize(antialias=True) to the bit, in two thirds of its time.
    column = tf.reshape(image, (1, tf.shape(image)[0], 1, -1))
    scale = tf.stack([height / tf.shape(image)[0], 1.0])
    resized = tf.raw_ops.ScaleAndTranslate(
        images=column,
        size=(height, 1),
        scale=tf.cast(scale, "float32"),
        translation=(0.0, 0.0),
        kernel_type="triangle",
        antialias=True,
    )
    return tf.reshape(resized, (height, -1, 3))


def _shift(image, down, right):
    """The window of the zero-padded image at this offset."""
    height, width = image.shape[0], image.shape[1]
    top, left = tf.maximum(down, 0), tf.maximum(right, 0)
    shared = tf.slice(image, (top, left, 0), (height - tf.abs(down), width - tf.abs(right), -1))
    shifted = tf.pad(shared, [[top - down, top], [left - right, left], [0, 0]])
    shifted.set_shape(image.shape)
    return shifted


def _mirror(image, mirrored):
    return tf.cond(mirrored, lambda: tf.reverse(image, [1]), lambda: image)
