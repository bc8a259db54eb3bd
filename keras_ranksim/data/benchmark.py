"""The one object that every loader returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ranksim.data.recipe import Recipe
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.shots import SHOTS, shots
from keras_ranksim.validation import numbers, one_of, positive_integer

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
        weights: Sample weights of the training split, or `None` for ones.
        views: Augmented views of each training sample: 1, or where the benchmark has
            augmentation 2, with `x` a tuple of both.
        label_name: What the label is, for axes and tables, for instance `"age"`.
        label_unit: Its unit, for instance `"years"`, or an empty string.
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
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    epoch: tf.Variable = dataclasses.field(
        default_factory=lambda: tf.Variable(0, dtype="int64", trainable=False)
    )

    def __post_init__(self):
        positive_integer("batch_size", self.batch_size, "samples of a batch")
        one_of("views", self.views, (1, 2))
        for split in SPLITS:
            labels = numbers(f"labels of the {split} split", self.labels[split])
            if len(labels) == 0:
                raise ValueError(
                    f"The {split} split of '{self.name}' must not be empty. Received: 0 samples"
                )
        if self.weights is not None and len(self.weights) != len(self.labels["train"]):
            raise ValueError(
                "`weights` must hold one weight a training sample, "
                f"{len(self.labels['train'])}. Received: weights of length {len(self.weights)}"
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

    def replace(self, **changes) -> Benchmark:
        """The same benchmark with some fields changed, and an epoch counter of its own."""
        fresh = {"epoch": tf.Variable(0, dtype="int64", trainable=False)}
        return dataclasses.replace(self, **{**fresh, **changes})

    def describe(self):
        """Samples of every split by shot, a `pandas.DataFrame` of splits by shots."""
        import pandas

        rows = {}
        for split in SPLITS:
            shot = shots(self.train_labels, self.labels[split], self.bins)
            counts = {name: int((shot == name).sum()) for name in SHOTS}
            rows[split] = {"all": len(self.labels[split]), **counts}
        return pandas.DataFrame.from_dict(rows, orient="index")
