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

MOST_VALUES = 24
LARGEST_PICTURE = 256
ENLARGED_BELOW = 128


@dataclasses.dataclass(frozen=True)
class Sample:
    """A test sample with a large error.

    Args:
        index: Its place in the test split.
        label, prediction: What it is and what was predicted.
        shot: The shot of its label.
        shown: What a reader sees of it: a uint8 picture `(height, width, 3)`, a dictionary of
            columns, a text, or a list of those.
    """

    index: int
    label: float
    prediction: float
    shot: str
    shown: Any


def largest_errors(benchmark: Benchmark, labels, predictions, count: int = 8) -> list[Sample]:
    """The test samples with the largest errors, the largest first.

    What is shown of a sample comes from the benchmark's `show_sample`, or else from what its
    test pipeline yields: pictures as pictures, rows of numbers as columns.

    Args:
        benchmark: The benchmark.
        labels, predictions: Of the test split, shape `(samples,)`.
        count: How many samples.

    Returns:
        A list of `Sample`.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    error = np.abs(predictions - labels)
    worst = np.argsort(-error, kind="stable")[:count]
    shot = shots_of_counts(benchmark.train_counts, *benchmark.shot_limits)
    shown = _shown(benchmark, worst)
    return [
        Sample(
            int(index),
            float(labels[index]),
            float(predictions[index]),
            str(shot[benchmark.bins.index(labels[index])]),
            what,
        )
        for index, what in zip(worst, shown)
    ]


def sample_list(samples: list[Sample], label_name: str, label_unit: str) -> Markup:
    """Samples as a list of cards."""
    broad = not any(_is_picture(part) for sample in samples for part in _parts(sample.shown))
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
    if 0 <= low and high <= 1:
        low, high = 0.0, 1.0
    elif -1 <= low and high <= 1:
        low, high = -1.0, 1.0
    elif 0 <= low and high <= 255:
        low, high = 0.0, 255.0
    scaled = (batch - low) / max(high - low, 1e-12)
    return np.round(255 * scaled).astype("uint8")


def _shown(benchmark, places):
    if benchmark.show_sample is not None:
        return [benchmark.show_sample("test", int(place)) for place in places]
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


def _parts(shown):
    return shown if isinstance(shown, (list, tuple)) else [shown]


def _is_picture(part):
    return isinstance(part, np.ndarray)


def _card(sample, label_name, label_unit):
    unit = f" {label_unit}" if label_unit else ""
    truth, guess = number_text(sample.label), number_text(sample.prediction)
    alt = f"Test sample {sample.index}: {label_name} {truth}{unit}, predicted {guess}{unit}"
    pictures = [inline_picture(part, alt) for part in _parts(sample.shown) if _is_picture(part)]
    others = [_told(part) for part in _parts(sample.shown) if not _is_picture(part)]
    told = element(
        "div",
        element("div", element("b", truth), f"{unit}, predicted ", element("b", guess)),
        element(
            "div",
            f"off by {number_text(abs(sample.prediction - sample.label))}, {sample.shot}-shot",
            class_="muted",
        ),
        others,
        class_="told",
    )
    return [*pictures, told]


def _told(part):
    if isinstance(part, dict):
        pairs = list(part.items())[:MOST_VALUES]
        return element("dl", [[element("dt", key), element("dd", _value(one))] for key, one in pairs])
    return element("p", part)


def _value(value):
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return number_text(value)
    return str(value)
