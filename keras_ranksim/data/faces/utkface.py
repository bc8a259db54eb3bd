"""UTKFace: the age of a real face, 1 to 100 years, from a folder or a zip of small images."""

from __future__ import annotations

import dataclasses
import functools
import os
import warnings
from collections.abc import Iterable

import numpy as np

from keras_ranksim.array_cache import cached_arrays
from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.faces.load_faces import FACE_RECIPE
from keras_ranksim.data.faces.thinned import training_faces
from keras_ranksim.data.faces.utkface_files import age_in_name, face_files, without_copies
from keras_ranksim.data.image_files import first_few, refuse_broken
from keras_ranksim.data.picture_pipelines import PicturePipelines
from keras_ranksim.data.portraits.age_density import OLDEST, evaluated_ages, held_out_ages
from keras_ranksim.data.read_pictures import memory_reader, picture_size, read_pictures
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.splits import balanced_split
from keras_ranksim.networks.small_resnet import small_resnet

AGE_BINS = LabelBins.uniform(start=0, stop=OLDEST + 1, width=1)
ALL_FACES = 20_000
MOST_EPOCHS = 60
UTKFACE_RECIPE = dataclasses.replace(
    FACE_RECIPE,
    epochs=10,
    batch_size=64,
    learning_rate=2e-3,
    milestones=(5, 7, 8, 9),
    decay=0.3,
    fds_bins=None,
    conr_views=2,
)


def load_utkface(
    path,
    *,
    image_size: int | tuple[int, int] = (64, 64),
    protocol: str = "long_tail",
    held_out: Iterable[tuple[float, float]] | None = None,
    max_per_age: int = 20,
    batch_size: int | None = None,
    seed: int = 0,
    views: int = 1,
    augment: bool = True,
    cache_dir: str | os.PathLike | None = None,
    verbose: bool = True,
) -> Benchmark:
    """Loads UTKFace, the age of a face from a small photograph, with a small residual network.

    `path` is a folder or a zip archive of files named `age_gender_race_time.jpg`, such as the
    "aligned and cropped" images. Ages up to 100 are used. Files whose name has no age are skipped,
    with a warning that lists the first.

    The published files hold copies, some of them with different ages. They are found by their
    contents: groups that contradict each other are dropped, and of the others one file is kept, so
    that no face is in training and test at once.

    Validation and test hold up to `max_per_age` faces of each age, and at most a third of them; the
    rest trains. `benchmark.facts` lists what was found.

    Args:
        path: The folder or the zip archive.
        image_size: `(height, width)` the images are resized to; one number stands for both.
        protocol: `"long_tail"` for the ages as they are; or a stress test on ages 16 to 85, as in
            `load_portraits`: `"extrapolation"`, `"interpolation"` or `"blind_spot"`. Training
            faces are thinned out to follow it, see `benchmark.describe()` for how many are left.
        held_out: Closed ranges of ages to leave out of training, for instance `((45, 54),)`;
            `None` takes those of the protocol: `((47, 53),)` for `"blind_spot"`, else none.
        max_per_age: Maximum faces per age in validation, and in test.
        batch_size: Samples per batch; `None` takes the recipe's.
        seed: Seed of the split, of shuffling and of augmentation.
        views: As in `Benchmark`.
        augment: Whether training faces are mirrored and shifted at random; `False` allows one view
            alone.
        cache_dir: Folder that keeps the decoded images; `None` decodes them each time.
        verbose: Whether to show a progress bar if decoding takes more than two seconds.

    Returns:
        A `Benchmark` with the network `keras_ranksim.networks.small_resnet`.

    Example:

    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_utkface("UTKFace.zip")  # doctest: +SKIP

    Reference: [Zhang, Song, Qi, CVPR 2017](https://susanqq.github.io/UTKFace/); the images are for
    non-commercial research.
    """
    size = picture_size(image_size)
    held_out = () if held_out is None and protocol == "long_tail" else held_out
    held_out = held_out_ages(protocol, held_out)
    evaluated = evaluated_ages(protocol)
    files = face_files(path)
    ages, names, facts = _named_faces(files)
    kept, pictures, copies = _read(files, names, ages, size, cache_dir, verbose)
    ages = ages[kept]
    parts = balanced_split(ages, AGE_BINS, max_per_bin=max_per_age, seed=seed)
    trained = training_faces(ages[parts == "train"], protocol, held_out, seed)
    rows = {
        "train": np.flatnonzero(parts == "train")[trained],
        **{part: np.flatnonzero((parts == part) & np.isin(ages, evaluated)) for part in SPLITS[1:]},
    }
    labels = {part: ages[rows[part]].astype("float32") for part in SPLITS}
    if not all(map(len, labels.values())):
        counts = ", ".join(f"{len(labels[part])} {part}" for part in SPLITS)
        raise ValueError(
            f"'{path}' must hold enough faces for training, validation and test: at least three of "
            f"one age. Received: {len(ages)} faces, of which {counts}"
        )
    recipe = _recipe(len(rows["train"]), augment)
    return Benchmark.of(
        name="utkface" if protocol == "long_tail" else f"utkface_{protocol}",
        labels=labels,
        bins=AGE_BINS,
        make_pipeline=PicturePipelines({part: pictures[rows[part]] for part in SPLITS}, augment),
        make_network=functools.partial(small_resnet, (*size, 3)),
        recipe=recipe,
        batch_size=recipe.batch_size if batch_size is None else batch_size,
        seed=seed,
        views=views,
        label_name="age",
        label_unit="years",
        label_offset=float(np.median(labels["train"])),
        label_scale=float(labels["train"].std()) or 1.0,
        facts={
            **facts,
            **copies,
            "protocol": protocol,
            "held_out": held_out,
            "split": f"balanced, at most {max_per_age} faces per age, seed {seed}",
            "image_size": size,
            "augment": augment,
            "network": "small ResNet",
        },
    )


def _named_faces(files):
    """Ages and names of the faces to use, and what is to be said of the others."""
    ages = [age_in_name(name) for name in files.names]
    nameless = [name for name, age in zip(files.names, ages) if age is None]
    if nameless:
        warnings.warn(
            f"{len(nameless)} of {len(ages)} images in '{files.path}' are skipped, because their "
            f"name does not start with an age and '_'. The first: {first_few(nameless)}",
            stacklevel=3,
        )
    used = [place for place, age in enumerate(ages) if age is not None and age <= OLDEST]
    if not used:
        raise ValueError(
            f"'{files.path}' must hold images named as in '26_0_2_20170104.jpg', age first. "
            f"Received: {len(ages)} images, none of an age from 0 to {OLDEST}"
        )
    facts = {
        "source": files.path.name,
        "files": len(ages),
        "names_without_age": nameless,
        "above_100": len(ages) - len(nameless) - len(used),
    }
    return np.array([ages[place] for place in used]), [files.names[place] for place in used], facts


def _read(files, names, ages, size, cache_dir, verbose):
    """Places of the faces kept, their pictures, and the numbers of copies."""

    def decode():
        contents = list(files.contents(names))
        copies = without_copies(ages.tolist(), contents)
        kept = [names[place] for place in copies.kept]
        read = memory_reader(kept, [contents[place] for place in copies.kept])
        faces = read_pictures(read, len(kept), size, verbose=verbose)
        refuse_broken(np.array(kept)[faces.broken], len(kept))
        numbers = dataclasses.asdict(copies)
        return {"pictures": faces.pictures, **{key: np.array(numbers[key]) for key in numbers}}

    arguments = {"files": list(zip(files.names, files.versions)), "image_size": size}
    cached = cached_arrays(cache_dir, "utkface", arguments, decode)
    counts = {
        "copies_dropped": int(cached["dropped"]),
        "contradicting_groups": int(cached["contradicting_groups"]),
        "contradicting_files": int(cached["contradicting"]),
    }
    return cached["kept"], cached["pictures"], counts


def _recipe(faces, augment):
    """The recipe, with more epochs for fewer faces, and one view without augmentation."""
    times = min(max(1.0, ALL_FACES / faces), MOST_EPOCHS / UTKFACE_RECIPE.epochs)
    return dataclasses.replace(
        UTKFACE_RECIPE,
        epochs=round(UTKFACE_RECIPE.epochs * times),
        milestones=tuple(round(epoch * times) for epoch in UTKFACE_RECIPE.milestones),
        conr_views=UTKFACE_RECIPE.conr_views if augment else 1,
    )
