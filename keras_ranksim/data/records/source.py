"""What can be written to records: benchmarks of images, and datasets of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf

from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.faces.benchmark import FacePipelines
from keras_ranksim.data.image_files import first_few, missing_files
from keras_ranksim.data.portraits.batches import PortraitPipelines
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.data.records.images import CHANNELS, file_bytes, image_array, png_bytes
from keras_ranksim.data.records.label_table import LabelTable
from keras_ranksim.data.records.settings import benchmark_settings, recipe_config
from keras_ranksim.labels.bins import as_bins
from keras_ranksim.labels.shots import FEW_BELOW, MANY_ABOVE

READ_TOGETHER = 256


@dataclasses.dataclass(frozen=True)
class RecordSource:
    """Samples to write, by split, and what the manifest says of them.

    Args:
        samples: Function from a split to its samples, dictionaries of `index` and of what else a
            record holds.
        counts: Samples of each split, `None` where not known before they are read.
        settings: What `restored_settings` reads, and what the reader of such records does.
        arrays: Function to what is stored beside the records, the `labels` of each split and
            more, called when all samples have been read.
    """

    samples: Callable[[str], Iterator[dict]]
    counts: dict[str, int | None]
    settings: dict
    arrays: Callable[[], dict[str, np.ndarray]]


def source_of_benchmark(
    benchmark: Benchmark, images: Mapping | None, seed: int, check: bool
) -> RecordSource:
    """Reads a benchmark's images from where it has them, or from `images`."""
    shape, preparation = None, "plain"
    if benchmark.pixel_counts is not None:
        raise ValueError(
            "`source` must be a benchmark with one label, or a vector of them, an image; or that "
            f"of load_nyud2_dir, without `images`. Received: '{benchmark.name}', whose labels "
            "are images themselves"
        )
    if images is None:
        images, shape, preparation = _known_images(benchmark)
    images = {split: _checked(split, images, benchmark) for split in SPLITS}
    if shape is None and not isinstance(images["train"], list):
        shape = tuple(images["train"].shape[1:])
    weights, table = benchmark.weights, LabelTable(benchmark.weights is not None)

    @table.noting
    def samples(split):
        order = order_of_writing(len(images[split]), split, seed)
        encoded = in_parallel(_encoder(images[split], check), order)
        for index, contents in zip(order.tolist(), encoded):
            training = split == "train" and weights is not None
            yield {
                "image": contents,
                "label": benchmark.labels[split][index],
                "weight": float(weights[index]) if training else 1.0,
                "index": index,
            }

    return RecordSource(
        samples=samples,
        counts={split: len(images[split]) for split in SPLITS},
        settings={
            **benchmark_settings(benchmark),
            "image": {"shape": shape and list(shape), "preparation": preparation},
        },
        arrays=table.arrays,
    )


def source_of_datasets(datasets: Mapping, bins, recipe: Recipe | None, name) -> RecordSource:
    """Reads unbatched datasets of `(image, label)` or `(image, label, weight)`."""
    if not isinstance(datasets, Mapping) or set(datasets) != set(SPLITS):
        found = sorted(datasets) if isinstance(datasets, Mapping) else type(datasets).__name__
        raise ValueError(
            "`source` must be a Benchmark, or a dictionary of the datasets 'train', 'val' and "
            f"'test'. Received: {found}"
        )
    specs = {split: _checked_spec(split, datasets[split]) for split in SPLITS}
    shape = specs["train"][0].shape
    known = shape.rank == 3 and shape.is_fully_defined()
    table = LabelTable(weighted=len(specs["train"]) == 3)

    @table.noting
    def samples(split):
        for index, (image, label, *weight) in enumerate(datasets[split].as_numpy_iterator()):
            yield {
                "image": image if isinstance(image, bytes) else png_bytes(image),
                "label": label,
                "weight": float(weight[0]) if weight else 1.0,
                "index": index,
            }

    recipe = recipe or Recipe(epochs=40, batch_size=64, learning_rate=1e-3)
    return RecordSource(
        samples=samples,
        counts=dict.fromkeys(SPLITS),
        settings={
            "name": name or "records",
            "batch_size": recipe.batch_size,
            "shot_limits": [MANY_ABOVE, FEW_BELOW],
            "bins": as_bins(bins).get_config(),
            "recipe": recipe_config(recipe),
            "network": None,
            "head": None,
            "facts": {},
            "image": {"shape": shape.as_list() if known else None, "preparation": "plain"},
        },
        arrays=table.arrays,
    )


def order_of_writing(count: int, split: str, seed: int) -> np.ndarray:
    """Indices of the samples of a split as they are written, those of training at random."""
    if split == "train":
        return np.random.default_rng(seed).permutation(count)
    return np.arange(count)


def in_parallel(function: Callable, indices: Sequence) -> Iterator:
    """Yields `function(index)` in order, a few of them made at a time."""
    with ThreadPoolExecutor() as pool:
        for start in range(0, len(indices), READ_TOGETHER):
            yield from pool.map(function, indices[start : start + READ_TOGETHER])


def _known_images(benchmark):
    pipelines = benchmark.make_pipeline
    if isinstance(pipelines, FacePipelines):
        size = pipelines.image_size
        return pipelines.paths, (size, size, 3), "faces"
    if isinstance(pipelines, PortraitPipelines):
        preparation = "portraits" if pipelines.augment else "plain portraits"
        return pipelines.pictures, None, preparation
    raise ValueError(
        "`images` must hold the images of each split, paths of files or uint8 arrays, for a "
        f"benchmark that does not tell where its images are. Received: images=None, and the "
        f"benchmark '{benchmark.name}'"
    )


def _checked(split, images, benchmark):
    if split not in images:
        raise ValueError(
            f"`images` must hold the images of 'train', 'val' and 'test'. Received: "
            f"{sorted(images)}"
        )
    of_split, expected = images[split], len(benchmark.labels[split])
    if len(of_split) != expected:
        raise ValueError(
            f"`images` must hold one image a label. Received: {len(of_split)} images and "
            f"{expected} labels of the {split} split"
        )
    if not isinstance(of_split[0], (str, bytes)) and not hasattr(of_split[0], "__fspath__"):
        return image_array(f"`images` of the {split} split", of_split)
    paths = [str(path) for path in of_split]
    missing = missing_files(paths)
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of the {expected} images of the {split} split are missing, the "
            f"first: {first_few(missing)}"
        )
    return paths


def _checked_spec(split, dataset):
    spec = getattr(dataset, "element_spec", None)
    image = spec[0] if isinstance(spec, tuple) and len(spec) in (2, 3) else None
    encoded = isinstance(image, tf.TensorSpec) and image.dtype == "string" and image.shape == ()
    pixels = (
        isinstance(image, tf.TensorSpec)
        and image.dtype == "uint8"
        and image.shape.rank == 3
        and image.shape[-1] in CHANNELS
    )
    if not encoded and not pixels:
        raise ValueError(
            f"The {split} dataset must yield (image, label) or (image, label, weight), unbatched, "
            "where an image is a uint8 tensor of shape (height, width, channels) or a string, the "
            f"bytes of an image file. Received: elements of {spec}"
        )
    return spec


def _encoder(images, check):
    """Function from an index to the encoded image."""
    if isinstance(images, list):
        return lambda index: file_bytes(images[index], check)
    return lambda index: png_bytes(images[index])
