"""Batches of portraits: scaled, and in training mirrored and shifted at random."""

import dataclasses

import tensorflow as tf

from keras_ranksim.data.images import scale_image
from keras_ranksim.data.pipeline import batches_from_arrays, labels_and_weights, order_arguments
from keras_ranksim.scope import Views

LARGEST_SHIFT = 1 / 16


@dataclasses.dataclass(frozen=True)
class PortraitDecoder:
    """From a portrait as PNG to `(x, y, weight)`; see `FilePipelines`.

    Args:
        image_size: Height and width.
        augment: As in `PortraitPipelines`.
    """

    KINDS = ("image",)
    ARRAYS = ()

    image_size: int
    augment: bool

    def __call__(self, split: str, benchmark):
        labels, weights = labels_and_weights(split, benchmark)
        prepare = _preparation(split, benchmark, self.augment)

        def decode(files, index, seed):
            _, contents = files["image"]
            picture = tf.io.decode_png(contents, channels=3)
            picture = tf.ensure_shape(picture, (self.image_size, self.image_size, 3))
            x = prepare(picture[None], tf.convert_to_tensor(seed)[None])
            x = tf.nest.map_structure(lambda batch: batch[0], x)
            return x, tf.gather(labels, index), tf.gather(weights, index)

        return decode

    def get_config(self) -> dict:
        """The arguments, JSON values."""
        return dataclasses.asdict(self)


class PortraitPipelines:
    """The `make_pipeline` of the portraits.

    Args:
        pictures: The uint8 pictures of each split.
        augment: Whether single views of training pictures are mirrored and shifted. Pairs of
            views always are: equal ones would have nothing to teach.
    """

    def __init__(self, pictures, augment: bool):
        with tf.device("CPU:0"):
            self.pictures = {split: tf.constant(array) for split, array in pictures.items()}
        self.decoder = PortraitDecoder(self.pictures["train"].shape[1], augment)

    def __call__(self, split: str, benchmark) -> tf.data.Dataset:
        return batches_from_arrays(
            self.pictures[split],
            *labels_and_weights(split, benchmark),
            **order_arguments(split, benchmark),
            augment=_preparation(split, benchmark, self.decoder.augment),
        )

    def count(self, split: str) -> int:
        """The number of samples of a split."""
        return len(self.pictures[split])

    def stored(self, split: str, index: int, check: bool = True) -> dict[str, bytes]:
        """One picture as a PNG, as `FilePipelines.stored`; there is nothing to check."""
        with tf.device("CPU:0"):
            return {"image": tf.io.encode_png(self.pictures[split][index]).numpy()}


def _preparation(split, benchmark, augment):
    """The function `(pictures, seeds) -> x` of a batch."""
    if split != "train" or (benchmark.views == 1 and not augment):
        return lambda pictures, seeds: scale_image(pictures)
    return lambda pictures, seeds: training_input(pictures, seeds, benchmark.views)


def training_input(pictures, seeds, views: int = 1):
    """The `x` of a training batch, augmented and scaled.

    Args:
        pictures: uint8 tensor of shape `(batch, size, size, channels)`.
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
        pictures: Tensor of shape `(batch, size, size, channels)`.
        seeds: Integer tensor of shape `(batch, 2)`.
        views: How many, drawn independently.

    Returns:
        A tuple of tensors of the shape and type of `pictures`.

    Example:

    >>> import tensorflow as tf
    >>> from keras_ranksim.data.portraits.batches import augmented_views
    >>> pictures = tf.random.uniform((3, 64, 64, 3))
    >>> one, other = augmented_views(pictures, seeds=[[0, 0], [0, 1], [0, 2]], views=2)
    >>> one.shape, bool(tf.reduce_all(one == other))
    (TensorShape([3, 64, 64, 3]), False)
    """
    size = pictures.shape[1]
    most = round(size * LARGEST_SHIFT)
    draws = tf.map_fn(
        lambda seed: tf.random.stateless_uniform((views, 3), seed),
        tf.convert_to_tensor(seeds),
        fn_output_signature=tf.TensorSpec((views, 3), "float32"),
    )
    offsets = tf.cast(tf.floor(draws[..., :2] * (2 * most + 1)), "int32") - most
    mirrored = draws[..., 2:] < 0.5
    middle = tf.range(size)[None]

    def view(number):
        rows = tf.clip_by_value(middle + offsets[:, number, :1], 0, size - 1)
        columns = tf.clip_by_value(middle + offsets[:, number, 1:], 0, size - 1)
        columns = tf.where(mirrored[:, number], tf.reverse(columns, [1]), columns)
        shifted = tf.gather(pictures, rows, axis=1, batch_dims=1)
        return tf.gather(shifted, columns, axis=2, batch_dims=1)

    return tuple(view(number) for number in range(views))
