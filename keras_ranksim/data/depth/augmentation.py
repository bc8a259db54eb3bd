"""Resizing, flipping, rotating and cropping, the same for an image and its depth map."""

import math

import tensorflow as tf

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
LUMA = (0.299, 0.587, 0.114)
# How far, and along which axes (in columns), the colors of ImageNet vary.
COLOR_SPREAD = (0.2175, 0.0188, 0.0045)
COLOR_AXES = (
    (-0.5675, 0.7192, 0.4009),
    (-0.5808, -0.0045, -0.8140),
    (-0.5836, -0.6948, 0.4203),
)


def crop_image(image, shorter_side: int, size: tuple[int, int], angle=0.0, flip=False):
    """The middle of an image resized to `shorter_side`, turned and mirrored first.

    Args:
        image: Tensor of shape `(height, width, channels)`.
        shorter_side: Length in pixels that the shorter side is resized to.
        size: `(height, width)` of the crop.
        angle: Angle in radians by which the image is turned about its center.
        flip: Whether to mirror it, left to right.

    Returns:
        A float32 tensor of shape `(*size, channels)`. Beyond its border, a rotated image continues
        as its reflection.

    Example:

    >>> import tensorflow as tf
    >>> from keras_ranksim.data.depth.augmentation import crop_image
    >>> crop_image(tf.ones((48, 64, 3)), shorter_side=24, size=(20, 28)).shape
    TensorShape([20, 28, 3])
    """
    height, width = resized_size(image, shorter_side)
    resized = tf.image.resize(image, (height, width), antialias=True)
    return _sample(resized, (height, width), size, size, angle, flip, "BILINEAR")


def crop_depth(
    depth,
    shorter_side: int,
    size: tuple[int, int],
    depth_size: tuple[int, int],
    angle=0.0,
    flip=False,
):
    """The part of a depth map that `crop_image` keeps of its image, with `depth_size` pixels.

    Pixels are sampled at the nearest neighbor: no depth is invented between a chair and the wall
    behind it.

    Args:
        depth: Tensor of shape `(height, width, 1)`.
        shorter_side, size, angle, flip: As in `crop_image`.
        depth_size: `(height, width)` of the result.

    Returns:
        A float32 tensor of shape `(*depth_size, 1)`.
    """
    frame = resized_size(depth, shorter_side)
    return _sample(depth, frame, size, depth_size, angle, flip, "NEAREST")


def random_turn(seed, degrees: float):
    """A random angle in radians, up to `degrees` either way, and a random flip."""
    seeds = tf.random.experimental.stateless_split(seed, 2)
    largest = math.radians(degrees)
    angle = tf.random.stateless_uniform((), seeds[0], -largest, largest)
    return angle, tf.random.stateless_uniform((), seeds[1]) < 0.5


def jitter_colors(image, seed, strength: float = 0.4, lighting: float = 0.1):
    """Random lighting, then random brightness, contrast and saturation in random order.

    Args:
        image: RGB tensor in [0, 1], shape `(height, width, 3)`.
        seed: Seed of this sample, int64 of shape `(2,)`.
        strength: Largest share by which an image is moved toward (or away from) black, its mean
            gray and its gray version.
        lighting: Standard deviation of the noise along the principal axes of colors.

    Returns:
        A tensor of the same shape, not clipped.
    """
    seeds = tf.random.experimental.stateless_split(seed, 3)
    noise = tf.random.stateless_normal((3,), seeds[0], stddev=lighting)
    image = image + tf.linalg.matvec(COLOR_AXES, noise * COLOR_SPREAD)
    shares = tf.random.stateless_uniform((3,), seeds[1], -strength, strength)
    order = tf.random.experimental.stateless_shuffle(tf.range(3), seeds[2])
    for place in range(3):
        kind = order[place]
        image = image + tf.gather(shares, kind) * (_target(image, kind) - image)
    return image


def normalize_colors(image):
    """RGB in [0, 1] scaled by the mean and standard deviation of ImageNet."""
    return (image - IMAGENET_MEAN) / IMAGENET_DEVIATION


def resized_size(image, shorter_side: int):
    """`(height, width)` of an image whose shorter side is resized to `shorter_side`."""
    size = tf.shape(image)[:2]
    return tf.unstack(size * shorter_side // tf.reduce_min(size))


def _target(image, kind):
    """Black for brightness (0), the mean gray for contrast (1), the gray image for saturation."""
    gray = tf.tensordot(image, tf.constant(LUMA), axes=1)[..., None]
    return tf.gather([0.0, 1.0, 0.0], kind) * tf.reduce_mean(gray) + (
        tf.gather([0.0, 0.0, 1.0], kind) * gray
    )


def _sample(image, frame, crop, size, angle, flip, interpolation):
    """Samples `size` pixels from the central `crop` of an image resized to `frame`."""
    source = tf.cast(tf.shape(image)[:2], "float32")
    scale = source / tf.cast(tf.stack(frame), "float32")
    step_y, step_x = crop[0] / size[0], crop[1] / size[1]
    step_x = tf.where(flip, -step_x, step_x)
    angle = tf.cast(angle, "float32")
    cosine, sine = tf.cos(angle), tf.sin(angle)
    a0, a1 = scale[1] * cosine * step_x, -scale[1] * sine * step_y
    b0, b1 = scale[0] * sine * step_x, scale[0] * cosine * step_y
    # The center of the result, in pixel indices, comes from the center of the source.
    middle_y, middle_x = (size[0] - 1) / 2, (size[1] - 1) / 2
    a2 = (source[1] - 1) / 2 - a0 * middle_x - a1 * middle_y
    b2 = (source[0] - 1) / 2 - b0 * middle_x - b1 * middle_y
    sampled = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(image, "float32")[None],
        transforms=[[a0, a1, a2, b0, b1, b2, 0.0, 0.0]],
        output_shape=size,
        fill_value=0.0,
        interpolation=interpolation,
        fill_mode="REFLECT",
    )[0]
    return tf.ensure_shape(sampled, (*size, image.shape[-1]))
