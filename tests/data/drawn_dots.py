"""A benchmark of small pictures whose labels say which picture it is."""

import functools

import numpy as np
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.data.file_pipelines import FilePipelines, ImageDecoder

SPLITS = ("train", "val", "test")
SIZES = {"train": 53, "val": 11, "test": 3}


def pictures(count):
    """Pictures that differ in every pixel."""
    return np.random.default_rng(count).integers(0, 256, (count, 16, 18, 3), dtype="uint8")


def dots(folder, **changes):
    """A benchmark of small PNG files in `folder`; the label of a picture is twice its number."""
    labels = {split: np.arange(count, dtype="float32") * 2 for split, count in SIZES.items()}
    files = {}
    folder.mkdir(exist_ok=True)
    for split, count in SIZES.items():
        files[split] = {"image": [str(folder / f"{split}{n}.png") for n in range(count)]}
        for path, picture in zip(files[split]["image"], pictures(count)):
            tf.io.write_file(path, tf.io.encode_png(picture))
    benchmark = kr.data.Benchmark.of(
        name="dots",
        labels=labels,
        bins=kr.LabelBins.uniform(0, 106, 2),
        make_pipeline=FilePipelines(files, ImageDecoder((16, 18))),
        make_network=functools.partial(kr.networks.resnet50, (32, 32, 3), "v1"),
        recipe=kr.data.Recipe(
            epochs=7,
            batch_size=5,
            learning_rate=0.1,
            milestones=(3, 5),
            fds={"variance_clip": (0.5, 2.0)},
            fds_bins=kr.LabelBins([0, 50, 106]),
        ),
        batch_size=5,
        label_name="place",
        label_unit="px",
        label_offset=4.0,
        label_scale=3.0,
        facts={"origin": "drawn", "not json": {1, 2}},
    )
    return benchmark.replace(**changes)


def samples(dataset):
    """Samples of a dataset, one (x, y, weight) each, as arrays."""
    return [sample for batch in dataset for sample in zip(*tf.nest.map_structure(np.array, batch))]


def places(dataset):
    return [int(y[0]) // 2 for _, y, _ in samples(dataset)]
