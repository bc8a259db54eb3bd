"""The one object that every loader returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ranksim.data.recipe import Recipe
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.shots import FEW_BELOW, MANY_ABOVE, SHOTS, shots_of_counts
from keras_ranksim.labels.weights import label_weights, weights_of_counts
from keras_ranksim.validation import numbers, one_of, positive, positive_integer, same_length

SPLITS = ("train", "val", "test")


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """A data set cut in three, its label bins, and how it is trained.

    Loaders make it; a user reads `.train`, `.val` and `.test`, batched `tf.data.Dataset`s of
    `(x, y, weight)`, and asks for variants with `replace`.

    Args:
        name: Name of the benchmark, for instance `"portraits"`.
        labels: The labels of each split, `{"train": ..., "val": ..., "test": ...}`, one entry
            a sample (dense tasks: one a sample, the mean of its pixels).
        bins: The label bins.
        make_pipeline: Function `(split, benchmark) -> tf.data.Dataset` that reads
            `batch_size`, `seed`, `views`, `weights` and `epoch` from the benchmark.
        make_network: Function `() -> (inputs, embedding)`, a fresh functional backbone.
        recipe: The recommended training settings.
        batch_size: Samples of a batch.
        seed: Seed of shuffling and augmentation.
        weights: Weights of the training split, one a sample or, for dense tasks, one a bin
            that the pipeline gives to the pixels of that bin; `None` for ones. See
            `label_weights`.
        views: Views of each training sample: 1; or, where the benchmark has augmentation, 2
            for `x` a tuple of two augmented views, 3 for those two and a plain one.
        label_name: What the label is, for axes and tables, for instance `"age"`.
        label_unit: Its unit, for instance `"years"`, or an empty string.
        label_scale, label_offset: What a fixed `keras.layers.Rescaling` after the regression
            head multiplies and adds, so that the head itself gives numbers near 1 whatever the
            label's unit, and the model's output is the label. Adam moves a weight by
            about the learning rate a step: without it, prices of 100,000 stay out of reach.
        pixel_counts: Dense tasks: training pixels of every bin, which decide what is rare.
        shot_limits: `(many_above, few_below)`: a bin with more training labels is many-shot,
            one with fewer few-shot.
        make_head: Function `() -> layer`, the regression layer that belongs on the embedding;
            `None` for `keras.layers.Dense(1)`.
        show_sample: Function `(split, index) -> text, dictionary or uint8 picture`, what a
            reader of a report sees of a sample; `None` where the pipeline's `x` tells it, as
            pictures do.
        facts: Anything a report should say: origin, split, vectors, differences from papers.
        epoch: Counter of epochs that the training pipeline reads; set it to resume.

    Example:

    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=300, evaluation_per_age=1)
    >>> x, y, weight = next(iter(benchmark.train))
    >>> x.shape[1:], y.shape[1:]
    (TensorShape([64, 64, 3]), TensorShape([1]))
    """

    name: str
    labels: dict[str, np.ndarray]
    bins: LabelBins
    make_pipeline: Callable[[str, Benchmark], tf.data.Dataset]
    make_network: Callable[[], tuple]
    recipe: Recipe
    batch_size: int = 64
    seed: int = 0
    weights: np.ndarray | None = None
    views: int = 1
    label_name: str = "label"
    label_unit: str = ""
    label_scale: float = 1.0
    label_offset: float = 0.0
    pixel_counts: np.ndarray | None = None
    shot_limits: tuple[float, float] = (MANY_ABOVE, FEW_BELOW)
    make_head: Callable[[], Any] | None = None
    show_sample: Callable[[str, int], Any] | None = None
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    epoch: tf.Variable = dataclasses.field(
        default_factory=lambda: tf.Variable(0, dtype="int64", trainable=False)
    )

    def __post_init__(self):
        positive_integer("batch_size", self.batch_size, "samples of a batch")
        one_of("views", self.views, (1, 2, 3))
        positive("label_scale", self.label_scale, "what the regression head is multiplied by")
        numbers("label_offset", self.label_offset)
        for split in SPLITS:
            labels = numbers(f"labels of the {split} split", self.labels[split])
            if len(labels) == 0:
                raise ValueError(
                    f"The {split} split of '{self.name}' must not be empty. Received: 0 samples"
                )
        holder, expected = "training sample", len(self.labels["train"])
        if self.pixel_counts is not None:
            same_length(pixel_counts=self.pixel_counts, bins=self.bins)
            holder, expected = "bin", len(self.bins)
        if self.weights is not None and len(self.weights) != expected:
            raise ValueError(
                f"`weights` must hold one weight a {holder}, {expected}. "
                f"Received: weights of length {len(self.weights)}"
            )

    @property
    def train(self) -> tf.data.Dataset:
        """Training batches, shuffled anew each epoch."""
        return self.make_pipeline("train", self)

    @property
    def val(self) -> tf.data.Dataset:
        """Validation batches, in order."""
        return self.make_pipeline("val", self)

    @property
    def test(self) -> tf.data.Dataset:
        """Test batches, in order."""
        return self.make_pipeline("test", self)

    @property
    def train_labels(self) -> np.ndarray:
        """Labels of the training split, which decide what is rare."""
        return self.labels["train"]

    @property
    def train_counts(self) -> np.ndarray:
        """Training labels of every bin; for dense tasks pixels."""
        if self.pixel_counts is not None:
            return self.pixel_counts
        return self.bins.count(self.train_labels)

    def label_weights(self, **arguments) -> np.ndarray:
        """Weights for `replace(weights=...)`, from the training labels.

        Args:
            **arguments: As in `keras_ranksim.label_weights`: `scheme`, `kernel`, ...

        Returns:
            One weight a training sample or, for dense tasks, one a bin.
        """
        if self.pixel_counts is not None:
            return weights_of_counts(self.pixel_counts, **arguments)
        return label_weights(self.train_labels, self.bins, **arguments)

    def replace(self, **changes) -> Benchmark:
        """The same benchmark with some fields changed, and an epoch counter of its own."""
        fresh = {"epoch": tf.Variable(0, dtype="int64", trainable=False)}
        return dataclasses.replace(self, **{**fresh, **changes})

    def describe(self):
        """Samples of every split by shot, a `pandas.DataFrame` of splits by shots."""
        import pandas

        rows = {}
        shot_of_bin = shots_of_counts(self.train_counts, *self.shot_limits)
        for split in SPLITS:
            shot = shot_of_bin[self.bins.index(np.asarray(self.labels[split]))]
            counts = {name: int((shot == name).sum()) for name in SHOTS}
            rows[split] = {"all": len(self.labels[split]), **counts}
        return pandas.DataFrame.from_dict(rows, orient="index")
