"""Image benchmarks as sharded TFRecord files, for data larger than one machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.depth.pipelines import DepthPipelines
from keras_ranksim.data.progress_bar import ProgressBar
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.data.records.depth_maps import DepthReader, source_of_depth_maps
from keras_ranksim.data.records.images import PREPARATIONS
from keras_ranksim.data.records.manifest import (
    ARRAYS,
    MANIFEST,
    has_manifest,
    read_manifest,
    write_manifest,
)
from keras_ranksim.data.records.pipelines import ImageReader, RecordPipelines
from keras_ranksim.data.records.settings import restored_settings
from keras_ranksim.data.records.shards import join, leftovers, remove, write_shards
from keras_ranksim.data.records.source import source_of_benchmark, source_of_datasets
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.validation import positive_integer


def write_records(
    source: Benchmark | Mapping[str, tf.data.Dataset],
    folder: str | os.PathLike,
    images: Mapping | None = None,
    bins: LabelBins | None = None,
    recipe: Recipe | None = None,
    name: str | None = None,
    shards: int = 16,
    seed: int = 0,
    check_images: bool = True,
    overwrite: bool = False,
    progress: bool = True,
) -> None:
    """Writes a benchmark of images to TFRecord files that workers can share out.

    A record holds one sample: the image, as the bytes of its file where it has one (a JPEG stays
    the JPEG it was) and as a lossless PNG otherwise; the label and the weight or, for depth maps,
    the file of the map and the mask of the pixels that count; and the sample's index in its
    split. Training samples are written in a random order. Every file of a split
    holds the same number of samples, give or take one. `records.json`, which says what there
    must be, is written last, so that `read_records` notices a write that was cut off; a
    write that fails leaves nothing behind.

    Args:
        source: A `Benchmark` of images with one label, or a vector of them, an image: one of
            a loader, or any other together with `images`. Or that of `load_nyud2_dir`. Or a
            dictionary of the datasets `"train"`, `"val"` and `"test"`, unbatched and already in a
            random order, of `(image, label)` or `(image, label, weight)`, where an image is a uint8
            tensor or the bytes of an image file.
        folder: Where to write, made if absent; a bucket (`gs://...`) will do.
        images: For a benchmark that does not tell where its images are: those of each split, in
            the order of its labels, as paths of files or as one uint8 array.
        bins: For datasets: the label bins.
        recipe: For datasets: how to train on them; `None` takes 40 epochs of Adam at 1e-3.
        name: For datasets: name of the benchmark.
        shards: Files of each split, at least as many as there will be workers.
        seed: Seed of the order of training samples.
        check_images: Whether to decode the image files as they are read, so that a
            truncated one is named here rather than met in training.
        overwrite: Whether to replace records that the folder holds already.
        progress: Whether to show a progress bar.

    Example:

    >>> import tempfile
    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=200, evaluation_per_age=1)
    >>> folder = tempfile.mkdtemp()
    >>> kr.data.write_records(benchmark, folder, shards=4, progress=False)
    >>> again = kr.data.read_records(folder)
    >>> x, y, weight = next(iter(again.train))
    >>> x.shape, y.shape, len(again.labels["test"])
    (TensorShape([64, 64, 64, 3]), TensorShape([64, 1]), 101)
    """
    positive_integer("shards", shards, "files of each split")
    folder = os.fspath(folder)
    if not isinstance(source, Benchmark):
        source = source_of_datasets(source, bins, recipe, name)
    elif isinstance(source.make_pipeline, DepthPipelines) and images is None:
        source = source_of_depth_maps(source, seed, check_images)
    else:
        source = source_of_benchmark(source, images, seed, check_images)
    tf.io.gfile.makedirs(folder)
    _make_room(folder, overwrite)
    try:
        written = {
            split: write_shards(_counted(source, split, progress), folder, split, shards)
            for split in SPLITS
        }
        write_manifest(folder, {"splits": written, **source.settings}, source.arrays())
    except BaseException:
        remove([*leftovers(folder), join(folder, ARRAYS)])
        raise


def read_records(
    folder: str | os.PathLike,
    image_size: int | tuple[int, int] | None = None,
    prepare: Callable | None = None,
    make_network: Callable | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    views: int = 1,
    block: int = 2048,
    input_context: tf.distribute.InputContext | None = None,
    verify: bool = False,
) -> Benchmark:
    """Reads a benchmark that `write_records` wrote.

    Expects a folder with `records.json`, `records.npz` and the files that the former names; checks
    that all are there and of the right size. Images are decoded and augmented as in the
    benchmark that was written, a sample of an epoch exactly as there; only the order of training
    samples is another one, still fixed by seed and epoch. Each dataset's source is its list of
    files, and its options ask for sharding by file, so that under a strategy of several
    workers (`model.fit`, `strategy.experimental_distribute_dataset`) each reads files of its own.

    Args:
        folder: The folder, or a bucket (`gs://...`).
        image_size: Height and width to resize images to; `None` takes those of the benchmark.
        prepare: TensorFlow function from `(image, seed, views)`, a uint8 image, an int64 seed of
            shape `(2,)` (in evaluation `None`) and the number of views, to the `x` of one
            sample; `None` takes that of the benchmark, which for those of loaders augments
            as they do and for others does nothing but scale to [-1, 1].
        make_network: Function `() -> (inputs, embedding)`; `None` takes that of the benchmark,
            where it is one of `keras_ranksim.networks`.
        batch_size: Samples of a batch; `None` takes that of the benchmark.
        seed: Seed of shuffling and augmentation.
        views: As in `Benchmark`.
        block: Training records shuffled together, read from several files and held in memory
            as they are stored.
        input_context: Which of several workers this is, for
            `strategy.distribute_datasets_from_function`.
        verify: Whether to read every file first and compare its hash.

    Returns:
        A `Benchmark`.
    """
    folder = os.fspath(folder)
    manifest, arrays = read_manifest(folder, verify)
    settings = restored_settings(manifest)
    settings["make_network"] = make_network or settings["make_network"] or _no_network
    if batch_size is not None:
        settings["batch_size"] = batch_size
    if "depth" in manifest:
        _leave_out(folder, image_size=image_size, prepare=prepare)
        reader = DepthReader(folder, manifest, arrays)
    else:
        reader = ImageReader(
            _image_shape(folder, manifest["image"]["shape"], image_size),
            prepare or PREPARATIONS[manifest["image"]["preparation"]],
        )
    pipelines = RecordPipelines(folder, manifest["splits"], reader, block, input_context)
    return Benchmark.of(
        **settings,
        labels={split: arrays[split] for split in SPLITS},
        weights=arrays.get("weights"),
        pixel_counts=arrays.get("pixel_counts"),
        make_pipeline=pipelines,
        seed=seed,
        views=views,
    )


def _make_room(folder, overwrite):
    tf.io.gfile.makedirs(folder)
    there = leftovers(folder)
    if has_manifest(folder):
        found = f"where there is a '{MANIFEST}'"
    elif there:
        found = f"with {len(there)} record files, the first '{there[0]}', of a write cut off"
    else:
        return
    if not overwrite:
        raise ValueError(
            "`folder` must not hold record files already, unless overwrite=True replaces them. "
            f"Received: '{folder}', {found}"
        )
    # The manifest goes first: from here on the set counts as incomplete.
    remove([join(folder, MANIFEST), join(folder, ARRAYS), *there])


def _counted(source, split, progress):
    samples, count = source.samples(split), source.counts[split]
    bar = ProgressBar(count, unit_name="image", verbose=int(progress))
    done = 0
    for done, sample in enumerate(samples, start=1):
        yield sample
        bar.update(done, finalize=False)
    if done == 0:
        raise ValueError(f"The {split} split must not be empty. Received: 0 samples")
    bar.update(done, finalize=True)


def _leave_out(folder, **arguments):
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must be left out for '{folder}', whose pixels were counted as the "
                f"benchmark that was written shows them. Received: {name}={value!r}"
            )


def _image_shape(folder, shape, image_size):
    if image_size is None and shape is None:
        raise ValueError(
            f"`image_size` must be given for '{folder}', whose images were written as they are, "
            "of any size. Received: image_size=None"
        )
    channels = 3 if shape is None else shape[2]
    if image_size is None:
        return tuple(shape)
    sides = (image_size,) * 2 if np.ndim(image_size) == 0 else tuple(image_size)
    return (*(positive_integer("image_size", side, "pixels") for side in sides), channels)


def _no_network():
    raise ValueError(
        "`make_network` must be passed to read_records, since the benchmark that was written has "
        "a network of its own that records cannot hold. Received: make_network=None"
    )
