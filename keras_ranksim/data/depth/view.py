"""What of an image and of its depth map reaches the network."""

import dataclasses
import os

import tensorflow as tf

from keras_ranksim.data.depth.augmentation import crop_depth, crop_image
from keras_ranksim.data.depth.maps import decode_depth_map
from keras_ranksim.data.image_files import decode_or_name


@dataclasses.dataclass(frozen=True)
class DepthView:
    """Reads images and depth maps and cuts the same view out of both.

    Files that are broken, or too small for the view, raise an error that names them.

    Args:
        shorter_side: What the shorter side is resized to before the crop.
        image_size: `(height, width)` of the crop.
        depth_size: `(height, width)` of its depth map.
        eight_bit_range, sixteen_bit_units: As in `decode_depth_map`.
    """

    shorter_side: int = 240
    image_size: tuple[int, int] = (228, 304)
    depth_size: tuple[int, int] = (114, 152)
    eight_bit_range: float = 10.0
    sixteen_bit_units: float = 1000.0

    def read_image(self, path, angle=0.0, flip=False):
        """The view of the image at `path`, RGB in [0, 1], turned and mirrored as asked."""
        image = tf.numpy_function(self._decode_image, [path, tf.io.read_file(path)], tf.uint8)
        image = tf.ensure_shape(image, (None, None, 3))
        return crop_image(image, self.shorter_side, self.image_size, angle, flip) / 255

    def read_depth(self, path, angle=0.0, flip=False):
        """The view of the depth map at `path`, in metres, turned and mirrored as asked."""
        depth = tf.numpy_function(self._decode_depth, [path, tf.io.read_file(path)], tf.float32)
        depth = tf.ensure_shape(depth, (None, None, 1))
        sizes = (self.image_size, self.depth_size)
        return crop_depth(depth, self.shorter_side, *sizes, angle, flip)

    def _decode_image(self, path, contents):
        return self._large_enough(path, decode_or_name(path, contents))

    def _decode_depth(self, path, contents):
        scales = (self.eight_bit_range, self.sixteen_bit_units)
        return self._large_enough(path, decode_depth_map(path, contents, *scales))

    def _large_enough(self, path, image):
        height, width = image.shape[:2]
        resized = [side * self.shorter_side // min(height, width) for side in (height, width)]
        if resized[0] < self.image_size[0] or resized[1] < self.image_size[1]:
            raise ValueError(
                f"`image_size` {self.image_size} must fit into every image, its shorter side "
                f"resized to {self.shorter_side}. Received: '{os.fsdecode(path)}' of {height} x "
                f"{width} pixels, resized to {resized[0]} x {resized[1]}"
            )
        return image
