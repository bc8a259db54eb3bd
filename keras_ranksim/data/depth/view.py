"""The part of an image and of its depth map that the network sees."""

import dataclasses
import os
from collections.abc import Iterable

import tensorflow as tf

from keras_ranksim.data.depth.augmentation import crop_depth, crop_image
from keras_ranksim.data.depth.maps import decode_depth_map
from keras_ranksim.data.image_files import decode_image_bytes
from keras_ranksim.validation import positive, positive_integer


@dataclasses.dataclass(frozen=True)
class DepthView:
    """The part of an image and its depth map that the network sees, and how both are read.

    Args:
        shorter_side: Length to which the shorter side is resized before the crop.
        image_size: `(height, width)` of the crop, the network's input.
        depth_size: `(height, width)` of its depth map, the network's output; `None` takes half of
            `image_size`.
        eight_bit_range, sixteen_bit_units: As in `decode_depth_map`.

    Example:

    >>> import keras_ranksim as kr
    >>> kr.data.DepthView(image_size=(114, 152), shorter_side=120).depth_size
    (57, 76)
    """

    shorter_side: int = 240
    image_size: tuple[int, int] = (228, 304)
    depth_size: tuple[int, int] | None = None
    eight_bit_range: float = 10.0
    sixteen_bit_units: float = 1000.0

    def __post_init__(self):
        positive_integer("shorter_side", self.shorter_side, "pixels")
        positive("eight_bit_range", self.eight_bit_range, "the meters that 255 stands for")
        positive("sixteen_bit_units", self.sixteen_bit_units, "units per meter")
        image_size = _size("image_size", self.image_size)
        half = tuple(side // 2 for side in image_size)
        depth_size = half if self.depth_size is None else _size("depth_size", self.depth_size)
        object.__setattr__(self, "image_size", image_size)
        object.__setattr__(self, "depth_size", depth_size)

    def image(self, name, contents, angle=0.0, flip=False):
        """The view of an image file, RGB in [0, 1], turned and mirrored.

        Args:
            name: The name of the file for errors, for instance its path.
            contents: Its bytes.
            angle, flip: As in `crop_image`.
        """
        image = tf.numpy_function(self.decode_image, [name, contents], tf.uint8)
        image = tf.ensure_shape(image, (None, None, 3))
        return crop_image(image, self.shorter_side, self.image_size, angle, flip) / 255

    def depth(self, name, contents, angle=0.0, flip=False):
        """The view of the file of a depth map, in meters; arguments as in `image`."""
        depth = tf.numpy_function(self.decode_depth, [name, contents], tf.float32)
        depth = tf.ensure_shape(depth, (None, None, 1))
        sizes = (self.image_size, self.depth_size)
        return crop_depth(depth, self.shorter_side, *sizes, angle, flip)

    def read_depth(self, path):
        """The view of the depth map at `path`, neither turned nor mirrored."""
        return self.depth(path, tf.io.read_file(path))

    def decode_image(self, name: bytes, contents: bytes):
        """The whole image as a uint8 array; an error names it if it is broken or too small."""
        return self._large_enough(name, decode_image_bytes(name, contents))

    def decode_depth(self, name: bytes, contents: bytes):
        """The whole depth map in meters; errors as in `decode_image`."""
        scales = (self.eight_bit_range, self.sixteen_bit_units)
        return self._large_enough(name, decode_depth_map(name, contents, *scales))

    def _large_enough(self, name, image):
        height, width = image.shape[:2]
        resized = [side * self.shorter_side // min(height, width) for side in (height, width)]
        if resized[0] < self.image_size[0] or resized[1] < self.image_size[1]:
            raise ValueError(
                f"`image_size` {self.image_size} must fit into every image, its shorter side "
                f"resized to {self.shorter_side}. Received: '{os.fsdecode(name)}' of {height} x "
                f"{width} pixels, resized to {resized[0]} x {resized[1]}"
            )
        return image


def _size(name, size):
    sides = tuple(size) if isinstance(size, Iterable) else ()
    if len(sides) != 2:
        raise ValueError(f"`{name}` must be (height, width) in pixels. Received: {name}={size}")
    return tuple(positive_integer(name, side, "pixels") for side in sides)
