"""The test samples a model is most wrong about, as a reader can recognise them."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.labels.shots import shots_of_counts
from keras_ranksim.plots.report.markup import Markup, element
from keras_ranksim.plots.report.shot_table import number_text

MOST_VALUES = 16
LARGEST_PICTURE = 256
ENLARGED_BELOW = 128


@dataclasses.dataclass(frozen=True)
class Sample:
    """A test sample with a large error.

    Args:
        index: Its place in the test split.
        label, prediction: What it is and what was predicted; of an image whose pixels are
            predicted, the means.
        error: Its absolute error; of such an image, the mean over its pixels.
        shot: The shot of its label.
        shown: What a reader sees of it, a list: uint8 pictures `(height, width, 3)`,
            dictionaries of columns, texts.
    """

    index: int
    label: float
    prediction: float
    error: float
    shot: str
    shown: list[Any]


def largest_errors(benchmark: Benchmark, arrays: dict, count: int = 8) -> list[Sample]:
    """The test samples with the largest errors, the largest first.

    What is shown of a sample comes from the benchmark's `show_sample`, or else from what its
    test pipeline yields: pictures as pictures, rows of numbers as columns.

    Args:
        benchmark: The benchmark.
        arrays: What `save_predictions` wrote.
        count: How many samples.

    Returns:
        A list of `Sample`.
    """
    if "worst" in arrays:
        places = arrays["worst"][:count]
        truth, guess = arrays["worst_labels"][:count], arrays["worst_predictions"][:count]
        error = np.nanmean(np.abs(guess - truth), axis=(1, 2))
        maps = [as_maps(*pair) for pair in zip(truth, guess)]
        labels, predictions = np.nanmean(truth, axis=(1, 2)), guess.mean(axis=(1, 2))
    else:
        every = np.abs(arrays["predictions"] - arrays["labels"])
        places = np.argsort(-every, kind="stable")[:count]
        error, maps = every[places], [[]] * len(places)
        labels, predictions = arrays["labels"][places], arrays["predictions"][places]
    shot = shots_of_counts(benchmark.train_counts, *benchmark.shot_limits)
    shot = shot[benchmark.bins.index(labels)]
    shown = [[*what, *also] for what, also in zip(_shown(benchmark, places), maps)]
    return [
        Sample(int(place), float(label), float(prediction), float(off), str(rare), what)
        for place, label, prediction, off, rare, what in zip(
            places, labels, predictions, error, shot, shown
        )
    ]


def sample_list(samples: list[Sample], label_name: str, label_unit: str) -> Markup:
    """Samples as a list of cards."""
    broad = not any(_is_picture(part) for sample in samples for part in sample.shown)
    cards = [element("li", _card(sample, label_name, label_unit)) for sample in samples]
    return element("ul", cards, class_="samples broad" if broad else "samples")


def inline_picture(picture: np.ndarray, alt: str) -> Markup:
    """A uint8 picture as an image of the page itself."""
    height, width = picture.shape[:2]
    if max(height, width) > LARGEST_PICTURE:
        scale = LARGEST_PICTURE / max(height, width)
        size = [max(1, round(side * scale)) for side in (height, width)]
        small = tf.image.resize(picture, size, antialias=True)
        picture = np.clip(np.round(small.numpy()), 0, 255).astype("uint8")
    encoded = base64.b64encode(tf.io.encode_png(picture).numpy()).decode("ascii")
    return element(
        "img",
        src=f"data:image/png;base64,{encoded}",
        alt=alt,
        width=picture.shape[1],
        height=picture.shape[0],
        class_="small" if max(picture.shape[:2]) < ENLARGED_BELOW else None,
    )


def as_pictures(batch: np.ndarray) -> np.ndarray:
    """Scales images of any usual range to uint8, all by the same rule.

    uint8 stays; [0, 1] and [-1, 1] are stretched to the whole range, as is whatever else.
    """
    if batch.dtype == np.uint8:
        return batch
    low, high = float(batch.min()), float(batch.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= -1 and high <= 1:
        low, high = -1.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    scaled = (batch - low) / max(high - low, 1e-12)
    return np.round(255 * scaled).astype("uint8")


def as_maps(label: np.ndarray, prediction: np.ndarray) -> list[np.ndarray]:
    """A map of labels and one of predictions as grey pictures of one scale, small is bright."""
    low = min(np.nanmin(label), prediction.min())
    high = max(np.nanmax(label), prediction.max())
    pictures = []
    for values in (label, prediction):
        grey = 255 * (1 - (np.nan_to_num(values, nan=high) - low) / max(high - low, 1e-12))
        pictures.append(np.repeat(np.round(grey).astype("uint8")[..., None], 3, axis=-1))
    return pictures


def _shown(benchmark, places):
    if benchmark.show_sample is not None:
        return [[benchmark.show_sample("test", int(place))] for place in places]
    inputs = _inputs_at(benchmark, places)
    parts = [_readable(part) for part in inputs]
    return [[part[number] for part in parts] for number in range(len(places))]


def _inputs_at(benchmark, places):
    """The inputs of some test samples, one array for each input of the network."""
    wanted, found, start = set(places.tolist()), {}, 0
    for x, *_ in benchmark.test:
        columns = [np.asarray(part) for part in tf.nest.flatten(x)]
        stop = start + len(columns[0])
        for place in wanted:
            if start <= place < stop:
                found[place] = [column[place - start] for column in columns]
        start = stop
        if len(found) == len(wanted):
            break
    return [np.stack(part) for part in zip(*(found[place] for place in places.tolist()))]


def _readable(part):
    if part.ndim == 4 and part.shape[-1] in (1, 3):
        return list(as_pictures(part))
    rows = part.reshape(len(part), -1)[:, :MOST_VALUES]
    return [
        {f"input {number}": number_text(value) for number, value in enumerate(row, start=1)}
        for row in rows
    ]


def _is_picture(part):
    return isinstance(part, np.ndarray)


def _card(sample, label_name, label_unit):
    unit = f" {label_unit}" if label_unit else ""
    truth, guess = number_text(sample.label), number_text(sample.prediction)
    alt = f"Test sample {sample.index}: {label_name} {truth}{unit}, predicted {guess}{unit}"
    seen = [part for part in sample.shown if _is_picture(part)]
    alts = [alt, f"Labels of test sample {sample.index}", "Predictions for it"]
    pictures = [inline_picture(part, told) for part, told in zip(seen, alts)]
    others = [_told(part) for part in sample.shown if not _is_picture(part)]
    told = element(
        "div",
        element("div", element("b", truth), f"{unit}, predicted ", element("b", guess)),
        element(
            "div",
            f"off by {number_text(sample.error)}, {sample.shot}-shot",
            class_="muted",
        ),
        others,
        class_="told",
    )
    return [*pictures, told]


def _told(part):
    if isinstance(part, dict):
        pairs = list(part.items())[:MOST_VALUES]
        return element(
            "dl", [[element("dt", key), element("dd", _value(one))] for key, one in pairs]
        )
    return element("p", part)


def _value(value):
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)
