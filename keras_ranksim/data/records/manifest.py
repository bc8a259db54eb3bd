"""The file that says what a folder of record files holds, written after all of them."""

from __future__ import annotations

import io
import json

import numpy as np
import tensorflow as tf

from keras_ranksim.data.records.shards import describe_file, file_hash, join, remove

MANIFEST = "records.json"
ARRAYS = "records.npz"
FORMAT = "keras_ranksim records 1"
NAMED = 3


def write_manifest(folder: str, manifest: dict, arrays: dict[str, np.ndarray]) -> None:
    """Writes what concerns the whole set; with the manifest, a set of records is complete.

    Args:
        folder: The folder that holds the record files.
        manifest: JSON values: `splits` with the files of each split, and more.
        arrays: Arrays over the samples: the labels of each split, the training weights.
    """
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    _write_whole(folder, ARRAYS, buffer.getvalue())
    manifest = {"format": FORMAT, **manifest, "labels": describe_file(folder, ARRAYS)}
    _write_whole(folder, MANIFEST, json.dumps(manifest, indent=1).encode())


def has_manifest(folder: str) -> bool:
    """Whether a folder holds a complete set of records."""
    return tf.io.gfile.exists(join(folder, MANIFEST))


def read_manifest(folder: str, verify: bool = False) -> tuple[dict, dict[str, np.ndarray]]:
    """Reads what `write_manifest` wrote and checks that every file is there and whole.

    Args:
        folder: The folder.
        verify: Whether to read every file and compare its hash, rather than its size alone.

    Returns:
        `(manifest, arrays)`.
    """
    if not has_manifest(folder):
        raise FileNotFoundError(
            f"'{folder}' must hold a complete set of records. Received: a folder without "
            f"'{MANIFEST}', which is written last: it is another folder, or writing was cut off. "
            "Write the records again with write_records."
        )
    manifest = _parse(folder)
    _check_files(folder, manifest, verify)
    with (
        tf.io.gfile.GFile(join(folder, ARRAYS), "rb") as file,
        np.load(io.BytesIO(file.read()), allow_pickle=False) as stored,
    ):
        return manifest, {name: stored[name] for name in stored.files}


def _parse(folder):
    with tf.io.gfile.GFile(join(folder, MANIFEST), "rb") as file:
        text = file.read()
    try:
        manifest = json.loads(text)
        found = manifest["format"]
    except (ValueError, TypeError, KeyError):
        found = "something else"
    if found != FORMAT:
        raise ValueError(
            f"'{join(folder, MANIFEST)}' must describe '{FORMAT}'. Received: {found!r}; write the "
            "records again with write_records"
        )
    return manifest


def _check_files(folder, manifest, verify):
    shards = [shard for split in manifest["splits"].values() for shard in split]
    files = [*shards, manifest["labels"]]
    paths = {file["file"]: join(folder, file["file"]) for file in files}
    missing = [name for name, path in paths.items() if not tf.io.gfile.exists(path)]
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of the {len(files)} files of the records in '{folder}' are missing, "
            f"the first: {_first(missing)}. Copy them there, or write the records again."
        )
    damaged = []
    for file in files:
        size = tf.io.gfile.stat(paths[file["file"]]).length
        if size != file["bytes"]:
            damaged.append(f"{file['file']} ({size} of {file['bytes']} bytes)")
        # The labels are small and decide everything else: their hash is always compared.
        elif (verify or file is manifest["labels"]) and (
            file_hash(paths[file["file"]]) != file["sha256"]
        ):
            damaged.append(f"{file['file']} (another sha256 than when written)")
    if damaged:
        raise ValueError(
            f"{len(damaged)} of the {len(files)} files of the records in '{folder}' are damaged, "
            f"the first: {_first(damaged)}. Copy them anew, or write the records again."
        )


def _write_whole(folder, name, contents):
    part = join(folder, f"{name}.part")
    try:
        with tf.io.gfile.GFile(part, "wb") as file:
            file.write(contents)
        tf.io.gfile.rename(part, join(folder, name), overwrite=True)
    finally:
        remove([part])


def _first(names):
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
