"""Writing samples to several TFRecord files at once, whole files or none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import ExitStack

import numpy as np
import tensorflow as tf

SHARD = re.compile(r"(train|val|test)-\d{5}(-of-\d{5}\.tfrecord|\.part)")
CHUNK = 1 << 22


def write_shards(samples: Iterable[dict], folder: str, split: str, shards: int) -> list[dict]:
    """Deals samples out to files in turn, so that reading these in turn restores their order.

    The files get their names when all of them are complete.

    Args:
        samples: Dictionaries of what a sample holds: bytes, whole numbers or float arrays.
        folder: An existing folder.
        split: First part of the files' names.
        shards: Most files; fewer samples make as many files.

    Returns:
        What a reader has to know of each file: `file`, `samples`, `bytes` and `sha256`.
    """
    parts = [join(folder, f"{split}-{number:05d}.part") for number in range(shards)]
    counts = [0] * shards
    with ExitStack() as stack:
        # Removed on every way out: by then a complete file has its final name.
        stack.callback(remove, parts)
        writers = {}
        for number, sample in enumerate(samples):
            shard = number % shards
            if shard not in writers:
                writers[shard] = tf.io.TFRecordWriter(parts[shard])
                stack.callback(writers[shard].close)
            writers[shard].write(_example(sample))
            counts[shard] += 1
        for writer in writers.values():
            writer.close()
        described = []
        for shard in writers:
            name = f"{split}-{shard:05d}-of-{len(writers):05d}.tfrecord"
            tf.io.gfile.rename(parts[shard], join(folder, name), overwrite=True)
            described.append({"samples": counts[shard], **describe_file(folder, name)})
        return described


def describe_file(folder: str, name: str) -> dict:
    """Name, size and hash of a file."""
    path = join(folder, name)
    return {"file": name, "bytes": tf.io.gfile.stat(path).length, "sha256": file_hash(path)}


def file_hash(path: str) -> str:
    """The sha256 of a file, on this machine or in a bucket."""
    digest = hashlib.sha256()
    with tf.io.gfile.GFile(path, "rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def leftovers(folder: str) -> list[str]:
    """Paths of the record files in a folder, whole or half-written, whoever wrote them."""
    return [join(folder, name) for name in tf.io.gfile.listdir(folder) if SHARD.fullmatch(name)]


def remove(paths: Iterable[str]) -> None:
    """Removes the files that are there."""
    for path in paths:
        if tf.io.gfile.exists(path):
            tf.io.gfile.remove(path)


def join(folder: str, name: str) -> str:
    """The path of a file in a folder, which may be a bucket."""
    return f"{folder.rstrip('/')}/{name}"


def _example(sample):
    features = {name: _feature(value) for name, value in sample.items()}
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def _feature(value):
    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    if isinstance(value, int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    return tf.train.Feature(float_list=tf.train.FloatList(value=np.ravel(value)))
