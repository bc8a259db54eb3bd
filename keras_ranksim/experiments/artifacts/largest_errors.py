"""Finds the test samples with the largest errors and saves them for the report."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.files import LARGEST_ERRORS
from keras_ranksim.labels.shots import shots_of_counts

FILE = "samples.json"
MOST_VALUES = 16
LARGEST_PICTURE = 256


@dataclasses.dataclass(frozen=True)
class Sample:
    """A test sample with a large error.

    Args:
        index: Its index in the test split.
        label, prediction: Its label and what was predicted; means over the pixels of a map.
        error: Its absolute error; the mean over the pixels of a map.
        shot: The shot of its label.
        shown: What to show of it, a list of uint8 pictures `(height, width, 3)`, dictionaries
            of columns, and texts.
    """

    index: int
    label: float
    prediction: float
    error: float
    shot: str
    shown: list[Any]


def largest_errors(benchmark: Benchmark, arrays: dict, count: int = 8) -> list[Sample]:
    """Finds the test samples with the largest errors, the largest first.

    The benchmark's `show_sample` decides what to show of a sample. Without it, that is what the
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


def save_samples(folder: Path, samples: list[Sample]) -> None:
    """Writes samples to `folder/largest_errors`: a JSON file, and a PNG file per picture."""
    folder = folder / LARGEST_ERRORS
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for rank, sample in enumerate(samples):
        parts = []
        for number, part in enumerate(sample.shown):
            if isinstance(part, np.ndarray):
                picture, name = _not_too_large(part), f"{rank}-{number}.png"
                (folder / name).write_bytes(tf.io.encode_png(picture).numpy())
                parts.append({"picture": name, "size": list(picture.shape[:2])})
            elif isinstance(part, dict):
                columns = list(part.items())[:MOST_VALUES]
                parts.append({"columns": {str(key): _text(value) for key, value in columns}})
            else:
                parts.append({"text": str(part)})
        rows.append({**dataclasses.asdict(sample), "shown": parts})
    (folder / FILE).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def as_pictures(batch: np.ndarray) -> np.ndarray:
    """Scales images of any usual range to uint8, all by the same rule.

    uint8 stays as it is. Values within [0, 1], [-1, 1] or [0, 255] are scaled from that range,
    others from their own.
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
    """A label map and its prediction as gray pictures on one scale; small values are bright."""
    low = min(np.nanmin(label), prediction.min())
    high = max(np.nanmax(label), prediction.max())
    pictures = []
    for values in (label, prediction):
        gray = 255 * (1 - (np.nan_to_num(values, nan=high) - low) / max(high - low, 1e-12))
        pictures.append(np.repeat(np.round(gray).astype("uint8")[..., None], 3, axis=-1))
    return pictures


def _shown(benchmark, places):
    if benchmark.show_sample is not None:
        return [[benchmark.show_sample("test", int(place))] for place in places]
    parts = [_readable(part) for part in _inputs_at(benchmark, places)]
    return [[part[number] for part in parts] for number in range(len(places))]


def _inputs_at(benchmark, places):
    """The inputs of some test samples, one array per input of the network."""
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
    return [{f"input {number}": value for number, value in enumerate(row, start=1)} for row in rows]


def _not_too_large(picture):
    largest = max(picture.shape[:2])
    if largest <= LARGEST_PICTURE:
        return picture
    size = [max(1, round(side * LARGEST_PICTURE / largest)) for side in picture.shape[:2]]
    small = tf.image.resize(picture, size, antialias=True).numpy()
    return np.clip(np.round(small), 0, 255).astype("uint8")


def _text(value):
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)
