"""Depth maps in records: the files of image and map as they are, and which pixels count."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import tensorflow as tf

from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.depth.pipelines import DepthPreparation
from keras_ranksim.data.depth.view import DepthView
from keras_ranksim.data.records.images import png_bytes
from keras_ranksim.data.records.settings import benchmark_settings, tuples
from keras_ranksim.data.records.source import RecordSource, in_parallel, order_of_writing


def source_of_depth_maps(benchmark: Benchmark, seed: int, check: bool) -> RecordSource:
    """Reads the files of a benchmark of depth maps, from where its pipelines do."""
    files = benchmark.make_pipeline.files
    preparations = {split: files[split].preparation for split in SPLITS}
    arrays = {split: benchmark.labels[split] for split in SPLITS}
    arrays["pixel_counts"] = benchmark.pixel_counts
    if benchmark.weights is not None:
        arrays["weights"] = benchmark.weights
    for split in SPLITS:
        if preparations[split].weight_of_bin is not None:
            arrays[_weights_name(split)] = preparations[split].weight_of_bin

    def samples(split):
        images, depths, mask = files[split].images, files[split].depths, files[split].mask
        view = preparations[split].view

        def encode(index):
            image, depth = Path(images[index]).read_bytes(), Path(depths[index]).read_bytes()
            if check:
                view.decode_image(os.fsencode(images[index]), image)
                view.decode_depth(os.fsencode(depths[index]), depth)
            sample = {"image": image, "depth": depth, "index": int(index)}
            if mask is not None:
                sample["mask"] = png_bytes(mask[index][..., None].astype("uint8") * 255)
            return sample

        return in_parallel(encode, order_of_writing(len(images), split, seed))

    return RecordSource(
        samples=samples,
        counts={split: len(files[split].images) for split in SPLITS},
        settings={
            **benchmark_settings(benchmark),
            "depth": {
                split: {
                    "view": dataclasses.asdict(preparations[split].view),
                    "degrees": preparations[split].degrees,
                    "masked": files[split].mask is not None,
                }
                for split in SPLITS
            },
        },
        arrays=lambda: arrays,
    )


class DepthReader:
    """Reads records of images with depth maps.

    Args:
        folder: The folder, for messages.
        manifest, arrays: What `read_manifest` gives.
    """

    def __init__(self, folder: str, manifest: dict, arrays: dict):
        self.folder = folder
        self.masked = {split: config["masked"] for split, config in manifest["depth"].items()}
        self.preparations = {
            split: DepthPreparation(
                DepthView(**tuples(config["view"])),
                config["degrees"],
                arrays.get(_weights_name(split)),
            )
            for split, config in manifest["depth"].items()
        }

    def __call__(self, split: str, benchmark: Benchmark):
        prepare = self.preparations[split].function(benchmark)
        masked = self.masked[split]
        names = ["image", "depth", *(["mask"] if masked else [])]
        layout = {name: tf.io.FixedLenFeature([], "string") for name in names}
        layout["index"] = tf.io.FixedLenFeature([], "int64")

        def load(record, seed_of):
            sample = tf.io.parse_single_example(record, layout)
            number = tf.strings.as_string(sample["index"])
            name = tf.strings.join([f"{split} sample ", number, f" in {self.folder}"])
            mask = tf.io.decode_png(sample["mask"], 1)[..., 0] > 0 if masked else None
            seed = seed_of(sample["index"])
            return prepare((name, sample["image"]), (name, sample["depth"]), seed, mask)

        return load


def _weights_name(split):
    return f"{split}_weight_of_bin"
