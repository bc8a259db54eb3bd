"""From the files of an image and its depth map to `(image, depth, weight of every pixel)`."""

from __future__ import annotations

import dataclasses

import numpy as np
import tensorflow as tf

from keras_ranksim.data.depth.augmentation import jitter_colors, normalize_colors, random_turn
from keras_ranksim.data.depth.view import DepthView


@dataclasses.dataclass(frozen=True)
class DepthDecoder:
    """The decoder of `FilePipelines` for depth maps.

    Args:
        view: The part of an image and its depth map that the network sees.
        test_depth_size: `(height, width)` of the test depth maps; `None` takes the view's.
        degrees: The largest angle by which a training image is turned.
        val_weights: Weights of validation pixels, one per bin; `None` for ones. Training pixels
            have the weights of the benchmark.
        test_mask: Boolean array `(samples, *test_depth_size)` of the test pixels that count;
            `None` for all of them.
    """

    KINDS = ("image", "depth")
    ARRAYS = ("val_weights", "test_mask")

    view: DepthView
    test_depth_size: tuple[int, int] | None = None
    degrees: float = 5.0
    val_weights: np.ndarray | None = None
    test_mask: np.ndarray | None = None

    def __call__(self, split: str, benchmark):
        if benchmark.views != 1:
            raise ValueError(
                "`views` must be 1 for dense labels: a second view, turned differently, has "
                f"another depth map. Received: views={benchmark.views}"
            )
        training, view, bins = split == "train", self.view_of(split), benchmark.bins
        weights = {"train": benchmark.weights, "val": self.val_weights}.get(split)
        weights = tf.constant(np.ones(len(bins)) if weights is None else weights, dtype="float32")
        mask = self.test_mask if split == "test" else None
        mask = None if mask is None else tf.constant(mask)

        def decode(files, index, seed):
            turn = ()
            if training:
                turn_seed, color_seed = tf.unstack(
                    tf.random.experimental.stateless_split(seed, 2), num=2
                )
                turn = random_turn(turn_seed, self.degrees)
            image = view.image(*files["image"], *turn)
            if training:
                image = jitter_colors(image, color_seed)
            depth = view.depth(*files["depth"], *turn)
            counts = depth[..., 0] > 0
            if mask is not None:
                counts = tf.logical_and(counts, tf.gather(mask, index))
            weight = tf.gather(weights, bins.index(depth[..., 0]))
            return normalize_colors(image), depth, weight * tf.cast(counts, "float32")

        return decode

    def view_of(self, split: str) -> DepthView:
        """The view of a split: in testing, depth maps may have another size."""
        if split != "test" or self.test_depth_size is None:
            return self.view
        return dataclasses.replace(self.view, depth_size=self.test_depth_size)

    def check(self, files) -> None:
        """Raises, naming the file, if one of the two cannot be decoded or is too small."""
        self.view.decode_image(*files["image"])
        self.view.decode_depth(*files["depth"])

    def get_config(self) -> dict:
        """The arguments: arrays for the names in `ARRAYS`, JSON values for the rest."""
        return {**vars(self), "view": dataclasses.asdict(self.view)}

    @classmethod
    def from_config(cls, config: dict) -> DepthDecoder:
        """The decoder with these arguments."""
        return cls(**{**config, "view": DepthView(**config["view"])})
