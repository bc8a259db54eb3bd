"""Drawn portraits of people from 0 to 100: a benchmark without a download."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Iterable

import numpy as np

from keras_ranksim.array_cache import cached_arrays
from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.picture_pipelines import PicturePipelines
from keras_ranksim.data.portraits.age_density import (
    OLDEST,
    age_density,
    evaluated_ages,
    held_out_ages,
)
from keras_ranksim.data.portraits.drawing.render import render
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.networks.small_cnn import small_cnn
from keras_ranksim.validation import one_of, positive_integer

AGE_BINS = LabelBins.uniform(start=0, stop=OLDEST + 1, width=1)
DRAWING = 1
SMALLEST_PICTURE = 16
RECIPE = Recipe(
    epochs=25,
    batch_size=64,
    learning_rate=1e-3,
    # Validation errors jump by years between epochs until the learning rate drops.
    milestones=(20,),
    conr_views=2,
)
VIEWS = (1, 2, 3)


def load_portraits(
    *,
    train_samples: int = 4000,
    evaluation_per_age: int = 10,
    protocol: str = "long_tail",
    held_out: Iterable[tuple[float, float]] | None = None,
    image_size: int = 64,
    batch_size: int | None = None,
    seed: int = 0,
    views: int = 1,
    augment: bool = True,
    cache_dir: str | os.PathLike | None = None,
    verbose: bool = True,
) -> Benchmark:
    """Draws portraits of people from 0 to 100, a long-tailed age benchmark without a download.

    The library draws the people, a few thousand in a few seconds. Age shows in proportions, eyes,
    jaw, nose, ears, hairline, gray hair, folds, spots and the posture of the head, but each cue
    follows a biological age of its own, and all cues of a person share a hidden offset: the best
    possible error is not zero. Pose, colors, light, haircuts, beards, glasses, hats, hands,
    telephones, masks, blur and grain are (nearly) independent of age.

    Training labels have a long tail: a peak of about 140 people per year of age around 32, few
    children and few old people, and none from 61 to 66, so these ages are zero-shot. Validation
    and test hold every age equally often. Labels are whole years, one bin per year. The three
    splits share no person. A person's picture and label depend only on `seed` and the person's
    number, not on how many are drawn.

    Pictures are float32 in [-1, 1], shape `(image_size, image_size, 3)`.

    Args:
        train_samples: Number of training samples.
        evaluation_per_age: Samples per age in validation, and in test.
        protocol: `"long_tail"` as above, or a stress test after Puetz et al. on ages 16 to 85:
            `"extrapolation"` (training ages a bell around 50), `"interpolation"` (two bumps at
            25 and 80, almost nothing between), `"blind_spot"` (all ages equally often except
            47 to 53, which are missing).
        held_out: Closed ranges of ages to leave out of training, pairs `(lowest, highest)`;
            `None` takes those of the protocol: `((61, 66),)` for `"long_tail"`, `((47, 53),)` for
            `"blind_spot"`. An empty tuple leaves out nothing.
        image_size: Height and width of a picture, at least 16.
        batch_size: Samples per batch; `None` takes the recipe's.
        seed: Seed of people, labels, shuffling and augmentation, from 0 to 2^32 - 1.
        views: As in `Benchmark`.
        augment: Whether training pictures are mirrored and shifted at random; `False` allows one
            view alone.
        cache_dir: Folder that keeps the pictures, so that they are drawn once; `None` draws
            them each time.
        verbose: Whether to show a progress bar when drawing takes more than two seconds.

    Returns:
        A `Benchmark` with the network `keras_ranksim.networks.small_cnn`.

    Example:

    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=200, evaluation_per_age=1)
    >>> x, y, weight = next(iter(benchmark.train))
    >>> x.shape, y.shape, weight.shape
    (TensorShape([64, 64, 64, 3]), TensorShape([64, 1]), TensorShape([64]))
    >>> int(benchmark.labels["test"].min()), int(benchmark.labels["test"].max())
    (0, 100)

    Reference: [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554) for the way the
    splits are made.
    """
    train_samples = positive_integer("train_samples", train_samples, "training samples")
    evaluation_per_age = positive_integer(
        "evaluation_per_age", evaluation_per_age, "samples per age in validation and in test"
    )
    batch_size = RECIPE.batch_size if batch_size is None else batch_size
    positive_integer("batch_size", batch_size, "samples per batch")
    one_of("views", views, VIEWS)
    image_size = positive_integer("image_size", image_size, "pixels, height and width")
    if image_size < SMALLEST_PICTURE:
        raise ValueError(
            f"`image_size` must be at least {SMALLEST_PICTURE}; smaller faces are unrecognizable. "
            f"Received: image_size={image_size}"
        )
    seed = _checked_seed(seed)
    held_out = held_out_ages(protocol, held_out)
    people = _people(train_samples, evaluation_per_age, protocol, held_out, seed)

    def draw():
        ages = np.concatenate([ages for ages, _ in people.values()])
        streams = [stream for _, streams in people.values() for stream in streams]
        ends = np.cumsum([len(ages) for ages, _ in people.values()])
        pictures = render(ages, streams, image_size, verbose)
        return dict(zip(people, np.split(pictures, ends[:-1])))

    arguments = {
        "drawing": DRAWING,
        "train_samples": train_samples,
        "evaluation_per_age": evaluation_per_age,
        "protocol": protocol,
        "held_out": held_out,
        "image_size": image_size,
        "seed": seed,
    }
    labels = {split: ages.astype("float32") for split, (ages, _) in people.items()}
    return Benchmark.of(
        name="portraits" if protocol == "long_tail" else f"portraits_{protocol}",
        labels=labels,
        bins=AGE_BINS,
        make_pipeline=PicturePipelines(
            cached_arrays(cache_dir, "portraits", arguments, draw), augment
        ),
        make_network=functools.partial(small_cnn, (image_size, image_size, 3)),
        recipe=RECIPE if augment else dataclasses.replace(RECIPE, conr_views=1),
        batch_size=batch_size,
        seed=seed,
        views=views,
        label_name="age",
        label_unit="years",
        label_offset=float(np.median(labels["train"])),
        label_scale=float(labels["train"].std()) or 1.0,
        facts={
            "source": "drawn by keras_ranksim",
            "protocol": protocol,
            "held_out": held_out,
            "image_size": image_size,
            "augment": augment,
            "network": "small CNN",
        },
    )


def _people(train_samples, evaluation_per_age, protocol, held_out, seed):
    """Ages and streams of each split; no stream is in two splits."""
    shares = np.cumsum(age_density(protocol, held_out))
    draws = np.random.default_rng([seed, len(SPLITS), 0, 0]).random(train_samples)
    train_ages = np.searchsorted(shares, draws * shares[-1], side="right")
    people = {"train": (train_ages, [(seed, 0, number, 0) for number in range(train_samples)])}
    ages = np.tile(evaluated_ages(protocol), evaluation_per_age)
    rounds = np.repeat(np.arange(evaluation_per_age), len(ages) // evaluation_per_age)
    for number, split in enumerate(SPLITS[1:], start=1):
        streams = [(seed, number, int(age), int(turn)) for age, turn in zip(ages, rounds)]
        people[split] = (ages, streams)
    return people


def _checked_seed(seed):
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool) and 0 <= seed < 2**32:
        return int(seed)
    raise ValueError(f"`seed` must be a whole number from 0 to 2^32 - 1. Received: seed={seed!r}")
