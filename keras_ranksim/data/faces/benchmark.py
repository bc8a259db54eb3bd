"""What the two age benchmarks share: images in a folder, ages in a split file."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.download import file_hash
from keras_ranksim.data.faces.split_file import read_split_file
from keras_ranksim.data.image_files import check_images, first_few, missing_files
from keras_ranksim.data.images import read_image, scale_image, training_input
from keras_ranksim.data.pipeline import batches_from_samples, of_split
from keras_ranksim.data.progress_bar import ProgressBar
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.networks.resnet import VARIANTS, resnet50
from keras_ranksim.validation import one_of, positive_integer

AGE_BINS = LabelBins.uniform(start=0, stop=121, width=1)
CONR = {"beta": 4.0, "window": 1.0, "temperature": 0.07, "pushing_power": 0.01}


class FacePipelines:
    """The `make_pipeline` of a face benchmark: image files, or a copy of them in memory.

    Args:
        paths: The image files of each split.
        image_size: Height and width to resize to.
        cache: Whether to keep the resized images in memory once they have been read.
    """

    def __init__(self, paths: dict[str, list[str]], image_size: int, cache: bool):
        self.paths = paths
        self.image_size = image_size
        self.cache = cache
        # One copy a split, however many variants of the benchmark are made with `replace`.
        self._images = functools.cache(self._read_all)

    def __call__(self, split: str, benchmark: Benchmark) -> tf.data.Dataset:
        image = self._from_memory(split) if self.cache else self._from_files(split)
        training = split == "train"

        def load(index, seed):
            if training:
                return training_input(image(index), seed, benchmark.views)
            return scale_image(image(index))

        return batches_from_samples(load, **of_split(split, benchmark))

    def _from_files(self, split):
        paths = tf.constant(self.paths[split])
        return lambda index: read_image(tf.gather(paths, index), self.image_size)

    def _from_memory(self, split):
        images = self._images(split)
        return lambda index: tf.gather(images, index)

    def _read_all(self, split):
        image = self._from_files(split)
        count = len(self.paths[split])
        images = np.empty((count, self.image_size, self.image_size, 3), dtype="uint8")
        bar = ProgressBar(count, unit_name="image")
        batches = tf.data.Dataset.range(count).map(image, num_parallel_calls=tf.data.AUTOTUNE)
        done = 0
        for batch in batches.batch(64).prefetch(2).as_numpy_iterator():
            images[done : done + len(batch)] = batch
            done += len(batch)
            bar.update(done)
        with tf.device("CPU:0"):
            return tf.constant(images)


def face_benchmark(
    name: str,
    data_dir,
    split_file,
    recipe: Recipe,
    how_to_get_images: str,
    published_sha256: str | None,
    image_size: int,
    batch_size: int | None,
    seed: int,
    views: int,
    cache: bool,
    check: bool,
    resnet: str,
) -> Benchmark:
    """Checks what is on disk and makes the benchmark of it.

    Args:
        name: Name of the benchmark.
        data_dir: The folder to which the paths of the split file are relative.
        split_file: The split file.
        recipe: How it is trained.
        how_to_get_images: What to do when images are missing, a sentence.
        published_sha256: Hash of the published split file, where it is known.
        image_size, batch_size, seed, views, cache, check, resnet: As in `load_agedb_dir`.

    Returns:
        The `Benchmark`.
    """
    image_size = positive_integer("image_size", image_size, "pixels, height and width")
    one_of("resnet", resnet, VARIANTS)
    split = read_split_file(split_file)
    paths = {part: [str(Path(data_dir, path)) for path in split.paths[part]] for part in SPLITS}
    every = [path for part in SPLITS for path in paths[part]]
    missing = missing_files(every)
    if missing:
        raise FileNotFoundError(
            f"{len(missing)} of the {len(every)} images that '{split_file}' names are missing, "
            f"the first: {first_few(missing)}. {how_to_get_images}"
        )
    if check:
        check_images(every)
    sha256 = file_hash(split_file)
    return Benchmark.of(
        name=name,
        labels={part: split.ages[part].astype("float32") for part in SPLITS},
        bins=AGE_BINS,
        make_pipeline=FacePipelines(paths, image_size, cache),
        make_network=functools.partial(resnet50, (image_size, image_size, 3), resnet),
        recipe=recipe,
        batch_size=recipe.batch_size if batch_size is None else batch_size,
        seed=seed,
        views=views,
        label_name="age",
        label_unit="years",
        facts={
            "split_file": str(split_file),
            "split_sha256": sha256,
            "split_as_published": None if published_sha256 is None else sha256 == published_sha256,
            "image_size": image_size,
            "network": f"ResNet-50 {resnet}",
        },
    )
