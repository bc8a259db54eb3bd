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

    def image(self, name, contents, angle=0.0, flip=False):
        """The view of an image file, RGB in [0, 1], turned and mirrored as asked.

        Args:
            name: What to call the file where it is broken, for instance its path.
            contents: Its bytes.
            angle, flip: As in `crop_image`.
        """
        image = tf.numpy_function(self.decode_image, [name, contents], tf.uint8)
        image = tf.ensure_shape(image, (None, None, 3))
        return crop_image(image, self.shorter_side, self.image_size, angle, flip) / 255

    def depth(self, name, contents, angle=0.0, flip=False):
        """The view of the file of a depth map, in metres; arguments as in `image`."""
        depth = tf.numpy_function(self.decode_depth, [name, contents], tf.float32)
        depth = tf.ensure_shape(depth, (None, None, 1))
        sizes = (self.image_size, self.depth_size)
        return crop_depth(depth, self.shorter_side, *sizes, angle, flip)

    def read_depth(self, path):
        """The view of the depth map at `path`, neither turned nor mirrored."""
        return self.depth(path, tf.io.read_file(path))

    def decode_image(self, name: bytes, contents: bytes):
        """The whole image as a uint8 array; raises, naming it, where it is broken or too small."""
        return self._large_enough(name, decode_or_name(name, contents))

    def decode_depth(self, name: bytes, contents: bytes):
        """The whole depth map in metres; raises as `decode_image` does."""
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
