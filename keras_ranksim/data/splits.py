"""The three splits of a data set with their labels, one per sample or one per pixel."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import tensorflow as tf

from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.depth_report import depth_report
from keras_ranksim.labels.report import run_report
from keras_ranksim.labels.report_columns import DEPTH_REPORT, RUN_REPORT
from keras_ranksim.labels.shots import FEW_BELOW, MANY_ABOVE
from keras_ranksim.labels.weights import label_weights, weights_of_counts
from keras_ranksim.validation import numbers, same_length

if TYPE_CHECKING:
    import pandas

SPLITS = ("train", "val", "test")


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Splits:
    """A data set with one label per sample, in three splits.

    Args:
        labels: The labels of each split, `{"train": ..., "val": ..., "test": ...}`.
        bins: The label bins.
        make_pipeline: Function `(split, reading) -> tf.data.Dataset`; see `Reading`.
        label_name: What the label is, for axes and tables, for instance `"age"`.
        label_unit: Its unit, for instance `"years"`, or an empty string.
        shot_limits: `(many_above, few_below)`: a bin with more training labels is many-shot,
            one with fewer few-shot.
        show_sample: Function `(split, index) -> text, dictionary or uint8 picture`, what a
            report shows of a sample; `None` shows the pipeline's `x`.
        facts: Anything a report should mention: origin, split, differences from papers.
    """

    labels: dict[str, np.ndarray]
    bins: LabelBins
    make_pipeline: Callable[[str, Reading], tf.data.Dataset]
    label_name: str = "label"
    label_unit: str = ""
    shot_limits: tuple[float, float] = (MANY_ABOVE, FEW_BELOW)
    show_sample: Callable[[str, int], Any] | None = None
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)

    dense: ClassVar[bool] = False
    pixel_counts: ClassVar[None] = None
    report_columns: ClassVar[tuple[str, ...]] = RUN_REPORT

    def __post_init__(self):
        for split in SPLITS:
            if len(numbers(f"labels of the {split} split", self.labels[split])) == 0:
                raise ValueError(f"The {split} split must not be empty. Received: 0 samples")

    @property
    def train_labels(self) -> np.ndarray:
        """Labels of the training split, which decide what is rare."""
        return self.labels["train"]

    @property
    def train_counts(self) -> np.ndarray:
        """Training labels per bin."""
        return self.bins.count(self.train_labels)

    def label_weights(self, weigh: Callable | None = None, **arguments) -> np.ndarray:
        """Weights of the training samples, from their labels.

        Args:
            weigh: Function `(labels, counts=..., **arguments) -> weights` that needs no bins,
                such as `keras_ranksim.dense_weights`; `None` for `label_weights`.
            **arguments: Its arguments: `scheme`, `kernel`, ...
        """
        if weigh is not None:
            return weigh(self.train_labels, **arguments)
        return label_weights(self.train_labels, self.bins, **arguments)

    def check_weights(self, weights) -> None:
        """Raises if there is not one weight per training sample."""
        _one_per("training sample", len(self.train_labels), weights)

    def report(self, labels, predictions, weights) -> pandas.DataFrame:
        """The shot report, with rows for interpolated and extrapolated labels if there are any.

        Args:
            labels, predictions: Labels and predictions, shape `(samples,)`.
            weights: Weights of the samples, which reports do not use.
        """
        limits = self.shot_limits
        return run_report(labels, predictions, self.train_labels, self.bins, shot_limits=limits)


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class DenseSplits(Splits):
    """A data set with a label per pixel. `labels` holds the mean of each image.

    Args:
        pixel_counts: Training pixels per bin, which decide what is rare.
    """

    pixel_counts: np.ndarray

    dense: ClassVar[bool] = True
    report_columns: ClassVar[tuple[str, ...]] = DEPTH_REPORT

    def __post_init__(self):
        super().__post_init__()
        same_length(pixel_counts=self.pixel_counts, bins=self.bins)

    @property
    def train_counts(self) -> np.ndarray:
        """Training pixels per bin."""
        return self.pixel_counts

    def label_weights(self, weigh: Callable | None = None, **arguments) -> np.ndarray:
        """One weight per bin, which the pipeline gives to the pixels of that bin."""
        if weigh is not None:
            return weigh(self.bins.centers, counts=self.pixel_counts, **arguments)
        return weights_of_counts(self.pixel_counts, **arguments)

    def check_weights(self, weights) -> None:
        """Raises if there is not one weight per bin."""
        _one_per("bin", len(self.bins), weights)

    def report(self, labels, predictions, weights) -> pandas.DataFrame:
        """The depth report; pixels of weight 0 do not count."""
        mask = weights > 0
        return depth_report(labels, predictions, self.pixel_counts, self.bins, mask=mask)


@dataclasses.dataclass(frozen=True, eq=False)
class Reading:
    """The part of a benchmark that a `make_pipeline` reads.

    Args:
        labels: The labels of each split.
        bins: The label bins.
        batch_size: Samples per batch.
        seed: Seed of shuffling and augmentation.
        views: Views of each training sample.
        weights: Weights of the training split, or `None`.
        epoch: Number of the next epoch, an int64 `tf.Variable` that the dataset increments.
    """

    labels: dict[str, np.ndarray]
    bins: LabelBins
    batch_size: int
    seed: int
    views: int
    weights: np.ndarray | None
    epoch: tf.Variable


def _one_per(holder, expected, weights):
    if len(weights) != expected:
        raise ValueError(
            f"`weights` must hold one weight per {holder}, {expected}. "
            f"Received: weights of length {len(weights)}"
        )
