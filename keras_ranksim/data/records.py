"""Image benchmarks as TFRecord files that several workers can share."""

from __future__ import annotations

import contextlib
import fnmatch
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tensorflow as tf

from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.benchmark_config import benchmark_config, benchmark_fields
from keras_ranksim.data.depth.decoder import DepthDecoder
from keras_ranksim.data.file_pipelines import ImageDecoder
from keras_ranksim.data.picture_pipelines import PictureDecoder
from keras_ranksim.data.record_pipelines import RecordPipelines
from keras_ranksim.progress_bar import ProgressBar
from keras_ranksim.validation import positive_integer

MANIFEST, ARRAYS = "records.json", "records.npz"
FORMAT = "keras_ranksim records 2"
READ_TOGETHER = 256
DECODERS = {
    "ImageDecoder": lambda config: ImageDecoder(tuple(config["size"])),
    "PictureDecoder": lambda config: PictureDecoder(tuple(config["size"]), config["augment"]),
    "DepthDecoder": DepthDecoder.from_config,
}


def write_records(
    benchmark: Benchmark,
    folder: str | os.PathLike,
    *,
    shards: int = 16,
    seed: int = 0,
    check_images: bool = True,
    overwrite: bool = False,
    verbose: bool = True,
) -> None:
    """Writes a benchmark of images to TFRecord files, whole or not at all.

    A record holds one sample: its image file as it is (portraits as a PNG), its depth map if it
    has one, and its index, by which labels and weights are found. Training samples are written
    in random order; the files of a split hold equal numbers of samples, give or take one.

    Args:
        benchmark: One of image files, depth maps or portraits.
        folder: Where to write, created if necessary; a bucket (`gs://...`) works, too.
        shards: Files per split, at least as many as there will be workers.
        seed: Seed of the order of training samples.
        check_images: Whether to decode every file, so that broken ones are found now.
        overwrite: Whether to replace records that the folder already holds.
        verbose: Whether to show a progress bar.

    Example:

    >>> import tempfile
    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=200, evaluation_per_age=1)
    >>> folder = tempfile.mkdtemp()
    >>> kr.data.write_records(benchmark, folder, shards=4, verbose=False)
    >>> again = kr.data.read_records(folder)
    >>> x, y, weight = next(iter(again.train))
    >>> x.shape, y.shape, len(again.labels["test"])
    (TensorShape([64, 64, 64, 3]), TensorShape([64, 1]), 101)
    """
    positive_integer("shards", shards, "files per split")
    decoder = getattr(getattr(benchmark, "make_pipeline", None), "decoder", None)
    if type(decoder).__name__ not in DECODERS:
        raise ValueError(
            "`benchmark` must be a Benchmark of image files, depth maps or portraits. "
            f"Received: benchmark={getattr(benchmark, 'name', benchmark)!r}"
        )
    folder = os.fspath(folder).rstrip("/")
    tf.io.gfile.makedirs(folder)
    _clear(folder, overwrite)
    arrays = {f"labels/{split}": benchmark.labels[split] for split in SPLITS}
    for name in ("weights", "pixel_counts"):
        arrays[name] = getattr(benchmark, name)
    config = dict(decoder.get_config())
    arrays |= {f"decoder/{name}": config.pop(name) for name in decoder.ARRAYS}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    try:
        splits = {
            split: _write_split(
                benchmark.make_pipeline, split, folder, shards, seed, check_images, verbose
            )
            for split in SPLITS
        }
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        _write(f"{folder}/{ARRAYS}", buffer.getvalue())
        manifest = {
            "format": FORMAT,
            "splits": splits,
            "benchmark": benchmark_config(benchmark),
            "decoder": {"name": type(decoder).__name__, "config": config},
        }
        # Written last: without it, a folder does not count as complete.
        _write(f"{folder}/{MANIFEST}", json.dumps(manifest, indent=1).encode())
    except BaseException:
        _remove(_record_files(folder))
        raise


def read_records(
    folder: str | os.PathLike,
    *,
    batch_size: int | None = None,
    seed: int = 0,
    views: int = 1,
    block: int = 2048,
    input_context: tf.distribute.InputContext | None = None,
    verify: bool = False,
) -> Benchmark:
    """Reads a benchmark that `write_records` wrote.

    Samples are decoded and augmented exactly as in the original benchmark; only the order of
    training samples differs, still fixed by seed and epoch. Datasets ask `tf.distribute` to shard
    by file, so each of several workers (`model.fit`, `strategy.experimental_distribute_dataset`)
    reads files of its own.

    Args:
        folder: The folder, or a bucket (`gs://...`).
        batch_size: Samples per batch; `None` takes that of the benchmark.
        seed: Seed of shuffling and augmentation.
        views: As in `Benchmark`.
        block: Training records shuffled together, read from several files and held in memory
            as they are stored.
        input_context: Which of several workers this is, for
            `strategy.distribute_datasets_from_function`.
        verify: Whether to read every file now and name those that are damaged.

    Returns:
        A `Benchmark`. If its network is not one of `keras_ranksim.networks`, set it again:
        `read_records(folder).replace(make_network=...)`.
    """
    folder = os.fspath(folder).rstrip("/")
    manifest = _read_manifest(folder)
    _check_files(folder, manifest, verify)
    with (
        tf.io.gfile.GFile(f"{folder}/{ARRAYS}", "rb") as file,
        np.load(io.BytesIO(file.read()), allow_pickle=False) as stored,
    ):
        arrays = {name: stored[name] for name in stored.files}
    fields = benchmark_fields(manifest["benchmark"])
    if batch_size is not None:
        fields["batch_size"] = batch_size
    decoder = manifest["decoder"]
    config = decoder["config"] | {
        name.removeprefix("decoder/"): array
        for name, array in arrays.items()
        if name.startswith("decoder/")
    }
    files = {
        split: {f"{folder}/{shard['file']}": shard["samples"] for shard in shards}
        for split, shards in manifest["splits"].items()
    }
    return Benchmark.of(
        **fields,
        labels={split: arrays[f"labels/{split}"] for split in SPLITS},
        weights=arrays.get("weights"),
        pixel_counts=arrays.get("pixel_counts"),
        make_pipeline=RecordPipelines(
            files, DECODERS[decoder["name"]](config), block=block, input_context=input_context
        ),
        seed=seed,
        views=views,
    )


def _write_split(pipelines, split, folder, shards, seed, check, verbose):
    count = pipelines.count(split)
    order = np.arange(count)
    if split == "train":
        order = np.random.default_rng(seed).permutation(count)
    shards = min(shards, count)
    names = [f"{split}-{number:05d}-of-{shards:05d}.tfrecord" for number in range(shards)]
    bar = ProgressBar(count, unit_name="image", verbose=int(verbose))
    with contextlib.ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor())
        writers = [stack.enter_context(tf.io.TFRecordWriter(f"{folder}/{name}")) for name in names]
        for start in range(0, count, READ_TOGETHER):
            chosen = order[start : start + READ_TOGETHER].tolist()
            samples = pool.map(lambda index: pipelines.stored(split, index, check), chosen)
            for number, (index, files) in enumerate(zip(chosen, samples), start):
                # Dealt out in turn, so that reading the files in turn restores the order.
                writers[number % shards].write(_example(index, files))
                bar.update(number + 1)
    return [
        {
            "file": name,
            "samples": len(range(number, count, shards)),
            "bytes": tf.io.gfile.stat(f"{folder}/{name}").length,
        }
        for number, name in enumerate(names)
    ]


def _example(index, files):
    features = {"index": tf.train.Feature(int64_list=tf.train.Int64List(value=[index]))}
    for kind, contents in files.items():
        features[kind] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[contents]))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def _write(path, contents):
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(contents)


def _clear(folder, overwrite):
    found = _record_files(folder)
    if found and not overwrite:
        raise ValueError(
            "`folder` must not hold records already, unless overwrite=True replaces them. "
            f"Received: folder='{folder}', with {len(found)} such files, the first '{found[0]}'"
        )
    _remove(found)


def _record_files(folder):
    """Paths of everything `write_records` wrote to a folder, the manifest first."""
    patterns = [MANIFEST, ARRAYS, *(f"{split}-*-of-*.tfrecord" for split in SPLITS)]
    # Not by a pattern for the whole path, since the name of the folder may hold brackets or stars.
    names = sorted(tf.io.gfile.listdir(folder)) if tf.io.gfile.isdir(folder) else []
    found = (name for pattern in patterns for name in fnmatch.filter(names, pattern))
    return [f"{folder}/{name}" for name in found]


def _remove(paths):
    for path in paths:
        tf.io.gfile.remove(path)


def _read_manifest(folder):
    path = f"{folder}/{MANIFEST}"
    if not tf.io.gfile.exists(path):
        raise FileNotFoundError(
            f"'{folder}' must hold a complete set of records. Received: a folder without "
            f"'{MANIFEST}': it is another folder, or writing was interrupted. Write the records "
            "again with write_records(..., overwrite=True)"
        )
    with tf.io.gfile.GFile(path, "rb") as file:
        text = file.read()
    try:
        manifest = json.loads(text)
        found = manifest["format"]
    except (ValueError, TypeError, KeyError):
        found = "something else"
    if found != FORMAT:
        raise ValueError(
            f"'{path}' must describe '{FORMAT}'. Received: {found!r}; write the records again with "
            "write_records(..., overwrite=True)"
        )
    return manifest


def _check_files(folder, manifest, verify):
    shards = [shard for split in manifest["splits"].values() for shard in split]
    missing = [s["file"] for s in shards if not tf.io.gfile.exists(f"{folder}/{s['file']}")]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of the {len(shards)} files of the records in '{folder}' are missing, "
            f"the first: {missing[0]}. Copy them there, or write the records again."
        )
    damaged = [shard["file"] for shard in shards if not _is_whole(folder, shard, verify)]
    if damaged:
        raise ValueError(
            f"{len(damaged)} of the {len(shards)} files of the records in '{folder}' are damaged, "
            f"the first: {damaged[0]}. Copy them again, or write the records again."
        )


def _is_whole(folder, shard, verify):
    path = f"{folder}/{shard['file']}"
    if tf.io.gfile.stat(path).length != shard["bytes"]:
        return False
    try:  # Every record has a checksum.
        return not verify or shard["samples"] == int(
            tf.data.TFRecordDataset(path).reduce(np.int64(0), lambda count, _: count + 1)
        )
    except tf.errors.DataLossError:
        return False
