"""The object that every loader returns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ranksim.data.recipe import Recipe
from keras_ranksim.data.splits import SPLITS, DenseSplits, Reading, Splits
from keras_ranksim.labels.shots import SHOTS, shots_of_counts
from keras_ranksim.validation import numbers, one_of, positive, positive_integer


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Network:
    """The network that belongs to a data set.

    Args:
        make_network: Function `() -> (inputs, embedding)`, a fresh functional backbone.
        make_head: Function `() -> layer`, the regression layer on the embedding; `None` for
            `keras.layers.Dense(1)`.
        label_scale, label_offset: What a fixed `keras.layers.Rescaling` after the regression
            layer multiplies and adds. The layer itself then gives numbers near 1 whatever the
            label's unit: Adam moves a weight by about the learning rate per step, so that
            prices of 100,000 would stay out of reach.
    """

    make_network: Callable[[], tuple]
    make_head: Callable[[], Any] | None = None
    label_scale: float = 1.0
    label_offset: float = 0.0

    def __post_init__(self):
        positive("label_scale", self.label_scale, "what the regression head is multiplied by")
        numbers("label_offset", self.label_offset)


def _read(part, name):
    """A property that reads from a part of the benchmark."""
    return property(lambda benchmark: getattr(getattr(benchmark, part), name))


@dataclasses.dataclass(frozen=True, eq=False)
class Benchmark:
    """A data set, the network for it, and the recipe to train it by.

    Loaders make it. A user reads `.train`, `.val` and `.test`, batched `tf.data.Dataset`s of
    `(x, y, weight)`, and makes variants with `replace` and `weighted`. Fields of the parts can
    be read from the benchmark itself: `benchmark.labels` is `benchmark.data.labels`.

    Args:
        name: Name of the benchmark, for instance `"portraits"`.
        data: The splits with their labels.
        network: The network.
        recipe: The recommended training settings.
        seed: Seed of shuffling and augmentation.
        views: Views of each training sample: 1; or, if the data have augmentation, 2 for `x` as
            `Views` of two augmented views, 3 for those two and a plain one.
        weights: Weights of the training split, one per sample or, for dense tasks, one per bin;
            `None` for ones. Those of a method are multiplied with them.

    Example:

    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=300, evaluation_per_age=1)
    >>> x, y, weight = next(iter(benchmark.weighted(kernel="gaussian").train))
    >>> x.shape[1:], y.shape[1:]
    (TensorShape([64, 64, 3]), TensorShape([1]))
    """

    name: str
    data: Splits
    network: Network
    recipe: Recipe
    seed: int = 0
    views: int = 1
    weights: np.ndarray | None = None

    @classmethod
    def of(cls, *, batch_size: int | None = None, **fields) -> Benchmark:
        """Makes a benchmark from its own fields and those of its data and its network.

        Args:
            batch_size: Samples per batch; `None` takes the recipe's.
            **fields: Fields of `Benchmark`, `Splits` and `Network`. With `pixel_counts` the
                labels are those of pixels, see `DenseSplits`.
        """
        dense = fields.get("pixel_counts") is not None
        if not dense:
            fields.pop("pixel_counts", None)
        data = _part(DenseSplits if dense else Splits, fields)
        network = _part(Network, fields)
        if batch_size is not None:
            fields["recipe"] = dataclasses.replace(fields["recipe"], batch_size=batch_size)
        return cls(data=data, network=network, **fields)

    def __post_init__(self):
        positive_integer("batch_size", self.batch_size, "samples of a batch")
        one_of("views", self.views, (1, 2, 3))
        if self.weights is not None:
            self.data.check_weights(self.weights)

    labels = _read("data", "labels")
    bins = _read("data", "bins")
    make_pipeline = _read("data", "make_pipeline")
    label_name = _read("data", "label_name")
    label_unit = _read("data", "label_unit")
    shot_limits = _read("data", "shot_limits")
    show_sample = _read("data", "show_sample")
    facts = _read("data", "facts")
    pixel_counts = _read("data", "pixel_counts")
    train_labels = _read("data", "train_labels")
    train_counts = _read("data", "train_counts")
    label_weights = _read("data", "label_weights")
    make_network = _read("network", "make_network")
    make_head = _read("network", "make_head")
    label_scale = _read("network", "label_scale")
    label_offset = _read("network", "label_offset")

    def dataset(self, split: str, epoch: int | tf.Variable = 0) -> tf.data.Dataset:
        """The batches of a split. Each iteration over the dataset is one epoch.

        Args:
            split: `"train"`, `"val"` or `"test"`.
            epoch: The epoch that order and augmentation start with; or an int64 `tf.Variable`
                that holds it, which each iteration increments.
        """
        if not isinstance(epoch, tf.Variable):
            epoch = tf.Variable(epoch, dtype="int64", trainable=False)
        reading = Reading(
            self.data.labels,
            self.data.bins,
            self.batch_size,
            self.seed,
            self.views,
            self.weights,
            epoch,
        )
        return self.data.make_pipeline(one_of("split", split, SPLITS), reading)

    @property
    def train(self) -> tf.data.Dataset:
        """Training batches, in a new order each epoch; every read starts with the first one."""
        return self.dataset("train")

    @property
    def val(self) -> tf.data.Dataset:
        """Validation batches, in order."""
        return self.dataset("val")

    @property
    def test(self) -> tf.data.Dataset:
        """Test batches, in order."""
        return self.dataset("test")

    @property
    def frames(self) -> dict[str, Any]:
        """The encoded splits of a table by name, each a `pandas.DataFrame` with the label last.

        For other libraries: scikit-learn, XGBoost, LightGBM.
        """
        make = getattr(self.make_pipeline, "frames", None)
        if make is None:
            raise ValueError(f"`frames` needs a table. Received: the benchmark '{self.name}'")
        return make(self.labels, self.label_name)

    @property
    def batch_size(self) -> int:
        """Samples per batch."""
        return self.recipe.batch_size

    def weighted(self, **arguments) -> Benchmark:
        """The same benchmark with training weights by label: re-weighting, or LDS.

        Args:
            **arguments: As in `keras_ranksim.label_weights`: `scheme`, `kernel`, ...; or `weigh`,
                a function such as `keras_ranksim.dense_weights`, and its arguments.

        Example:

        >>> import keras_ranksim as kr
        >>> benchmark = kr.data.load_portraits(train_samples=300, evaluation_per_age=1)
        >>> weights = benchmark.weighted(scheme="inverse", kernel="gaussian").weights
        >>> round(float(weights.mean()), 3)
        1.0
        """
        return self.replace(weights=self.data.label_weights(**arguments))

    def replace(self, **changes) -> Benchmark:
        """The same benchmark with some fields changed.

        Args:
            **changes: As in `of`, for instance `recipe`, `batch_size` or `make_network`.
        """
        own = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        parts = [own.pop("data"), own.pop("network")]
        for part in parts:
            own |= {field.name: getattr(part, field.name) for field in dataclasses.fields(part)}
        return Benchmark.of(**{**own, **changes})

    def describe(self):
        """Samples of every split by shot, a `pandas.DataFrame` of splits by shots."""
        import pandas

        rows = {}
        shot_of_bin = shots_of_counts(self.data.train_counts, *self.data.shot_limits)
        for split in SPLITS:
            shot = shot_of_bin[self.data.bins.index(np.asarray(self.data.labels[split]))]
            counts = {name: int((shot == name).sum()) for name in SHOTS}
            rows[split] = {"all": len(self.data.labels[split]), **counts}
        return pandas.DataFrame.from_dict(rows, orient="index")


def _part(kind, fields):
    """Builds a part of a benchmark, and removes its fields from `fields`."""
    names = [field.name for field in dataclasses.fields(kind)]
    return kind(**{name: fields.pop(name) for name in names if name in fields})
