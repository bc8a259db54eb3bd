"""Batches of pictures: scaled, and in training mirrored and shifted at random."""

import dataclasses
import functools

import tensorflow as tf

from keras_ranksim.data.image_files import decode_image_bytes
from keras_ranksim.data.images import decode_image, scale_image
from keras_ranksim.data.pipeline import (
    batches_from_arrays,
    hash_of_arrays,
    labels_and_weights,
    order_arguments,
)
from keras_ranksim.scope import Views

LARGEST_SHIFT = 1 / 16


@dataclasses.dataclass(frozen=True)
class PictureDecoder:
    """From one image file to `(x, y, weight)`, as `PicturePipelines` does it; see `FilePipelines`.

    `ImageDecoder` is its counterpart with the augmentation of the age benchmarks.

    Args:
        size: `(height, width)` of the result.
        augment: As in `PicturePipelines`.
    """

    KINDS = ("image",)
    ARRAYS = ()

    size: tuple[int, int]
    augment: bool

    def __call__(self, split: str, benchmark):
        labels, weights = labels_and_weights(split, benchmark)
        prepare = _preparation(split, benchmark, self.augment)

        def decode(files, index, seed):
            picture = decode_image(*files["image"], self.size)
            if prepare is None:
                x = scale_image(picture)
            else:
                x = prepare(picture[None], tf.convert_to_tensor(seed)[None])
                x = tf.nest.map_structure(lambda batch: batch[0], x)
            return x, tf.gather(labels, index), tf.gather(weights, index)

        return decode

    def get_config(self) -> dict:
        """The arguments, JSON values."""
        return {"size": list(self.size), "augment": self.augment}

    def check(self, files) -> None:
        """Raises, naming the file, if it cannot be decoded."""
        decode_image_bytes(*files["image"])


class PicturePipelines:
    """The `make_pipeline` of pictures in memory.

    Args:
        pictures: The uint8 pictures of each split, of one size.
        augment: Whether training pictures are mirrored and shifted. Several views need it: equal
            ones would have nothing to teach.
    """

    def __init__(self, pictures, augment: bool):
        with tf.device("CPU:0"):
            self.pictures = {split: tf.constant(array) for split, array in pictures.items()}
        self.decoder = PictureDecoder(tuple(self.pictures["train"].shape[1:3]), augment)

    def __call__(self, split: str, benchmark) -> tf.data.Dataset:
        augment = _preparation(split, benchmark, self.decoder.augment)
        batches = batches_from_arrays(
            self.pictures[split],
            *labels_and_weights(split, benchmark),
            **order_arguments(split, benchmark),
            augment=augment,
        )
        return batches if augment is not None else batches.map(_scaled, tf.data.AUTOTUNE)

    @functools.cached_property
    def fingerprint(self) -> str:
        """By which a run knows that its pictures were changed."""
        return hash_of_arrays(self.pictures)

    def count(self, split: str) -> int:
        """The number of samples of a split."""
        return len(self.pictures[split])

    def stored(self, split: str, index: int, check: bool = True) -> dict[str, bytes]:
        """One picture as a PNG, as `FilePipelines.stored`; there is nothing to check."""
        with tf.device("CPU:0"):
            return {"image": tf.io.encode_png(self.pictures[split][index]).numpy()}


@tf.autograph.experimental.do_not_convert
def _scaled(pictures, *labels_and_weights):
    return (scale_image(pictures), *labels_and_weights)


def _preparation(split, benchmark, augment):
    """The function `(pictures, seeds) -> x` of a batch; `None` if pictures stay as they are."""
    if benchmark.views > 1 and not augment:
        raise ValueError(
            "`views` above 1 differ by augmentation, so `augment=False` allows 1 alone; in a "
            f"recipe of your own, set conr_views=1. Received: views={benchmark.views}"
        )
    if split != "train" or not augment:
        return None
    return lambda pictures, seeds: training_batch(pictures, seeds, benchmark.views)


def training_batch(pictures, seeds, views: int = 1):
    """The `x` of a training batch, augmented and scaled.

    Args:
        pictures: uint8 tensor of shape `(batch, height, width, channels)`.
        seeds: Integer tensor of shape `(batch, 2)`.
        views: 1 for one augmented view; 2 for `Views` of two independent ones; 3 for two
            augmented ones and, third, the unchanged pictures.

    Returns:
        A float32 tensor, or `keras_ranksim.Views` of them.
    """
    augmented = augmented_views(pictures, seeds, min(views, 2))
    plain = (pictures,) if views == 3 else ()
    scaled = tuple(scale_image(view) for view in (*augmented, *plain))
    return Views(*scaled) if len(scaled) > 1 else scaled[0]


def augmented_views(pictures, seeds, views: int = 1) -> tuple:
    """Views of a batch of pictures, each mirrored half of the time and shifted a little.

    A shift repeats the border. A picture's views depend only on its own seed, not on its place in
    the batch.

    Args:
        pictures: Tensor of shape `(batch, height, width, channels)`.
        seeds: Integer tensor of shape `(batch, 2)`.
        views: How many, drawn independently.

    Returns:
        A tuple of tensors of the shape and type of `pictures`.

    Example:

    >>> import tensorflow as tf
    >>> from keras_ranksim.data.picture_pipelines import augmented_views
    >>> pictures = tf.random.uniform((3, 64, 64, 3))
    >>> one, other = augmented_views(pictures, seeds=[[0, 0], [0, 1], [0, 2]], views=2)
    >>> one.shape, bool(tf.reduce_all(one == other))
    (TensorShape([3, 64, 64, 3]), False)
    """
    height, width = pictures.shape[1:3]
    draws = tf.map_fn(
        lambda seed: tf.random.stateless_uniform((views, 3), seed),
        tf.convert_to_tensor(seeds),
        fn_output_signature=tf.TensorSpec((views, 3), "float32"),
    )
    mirrored = draws[..., 2] < 0.5

    def view(number):
        rows = _shifted(height, draws[:, number, 0])
        columns = _shifted(width, draws[:, number, 1])
        columns = tf.where(mirrored[:, number, None], tf.reverse(columns, [1]), columns)
        shifted = tf.gather(pictures, rows, axis=1, batch_dims=1)
        return tf.gather(shifted, columns, axis=2, batch_dims=1)

    return tuple(view(number) for number in range(views))


def _shifted(length, draws):
    """The positions `0..length - 1` of each picture, moved at random and kept inside."""
    most = round(length * LARGEST_SHIFT)
    offsets = tf.cast(tf.floor(draws * (2 * most + 1)), "int32") - most
    return tf.clip_by_value(tf.range(length)[None] + offsets[:, None], 0, length - 1)
