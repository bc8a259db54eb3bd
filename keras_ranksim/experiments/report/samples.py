"""Cards of the test samples that a model is most wrong about."""

from __future__ import annotations

import base64
from pathlib import Path

from keras_ranksim.experiments.artifacts.largest_errors import FILE
from keras_ranksim.experiments.files import LARGEST_ERRORS, read_json
from keras_ranksim.experiments.report.markup import Markup, element
from keras_ranksim.experiments.report.shot_table import number_text

ENLARGED_BELOW = 128


def read_samples(folder: Path) -> list[dict]:
    """What `save_samples` wrote to the folder of a run; empty if there is nothing."""
    path = folder / LARGEST_ERRORS / FILE
    return read_json(path) if path.exists() else []


def sample_list(folder: Path, label_name: str, label_unit: str) -> Markup:
    """The samples of a run as a list of cards."""
    samples = read_samples(folder)
    pictures = any("picture" in part for sample in samples for part in sample["shown"])
    cards = [element("li", _card(folder, one, label_name, label_unit)) for one in samples]
    return element("ul", cards, class_="samples" if pictures else "samples broad")


def _card(folder, sample, label_name, label_unit):
    unit = f" {label_unit}" if label_unit else ""
    truth, guess = number_text(sample["label"]), number_text(sample["prediction"])
    index = sample["index"]
    alts = [
        f"Test sample {index}: {label_name} {truth}{unit}, predicted {guess}{unit}",
        f"Labels of test sample {index}",
        "Predictions for it",
    ]
    pictures = [part for part in sample["shown"] if "picture" in part]
    text = element(
        "div",
        element("div", element("b", truth), f"{unit}, predicted ", element("b", guess)),
        element(
            "div",
            f"off by {number_text(sample['error'])}, {sample['shot']}-shot",
            class_="muted",
        ),
        [_words(part) for part in sample["shown"] if "picture" not in part],
        class_="text",
    )
    return [*(_picture(folder, *pair) for pair in zip(pictures, alts)), text]


def _picture(folder, part, alt):
    encoded = base64.b64encode((folder / LARGEST_ERRORS / part["picture"]).read_bytes()).decode(
        "ascii"
    )
    height, width = part["size"]
    return element(
        "img",
        src=f"data:image/png;base64,{encoded}",
        alt=alt,
        width=width,
        height=height,
        class_="small" if max(height, width) < ENLARGED_BELOW else None,
    )


def _words(part):
    if "text" in part:
        return element("p", part["text"])
    pairs = part["columns"].items()
    return element("dl", [[element("dt", key), element("dd", value)] for key, value in pairs])
