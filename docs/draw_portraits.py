"""Draws the picture of the built-in data set: portraits by age, and how rare each age is.

What will be seen: three people growing old from 0 to 100; below them portraits of the test set as
a network sees them, 64 pixels a side, a column for every tenth year; below these how many
training samples each age has, with ages that are rare (few-shot) and that are missing
(zero-shot). Takes about fifteen seconds and needs no download, but matplotlib
(`pip install 'keras_ranksim[plots]'`).

    python docs/draw_portraits.py
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import keras_ranksim as kr
from keras_ranksim.data.portraits.drawing import draw_people
from keras_ranksim.labels.shots import shots_of_counts

AGES = np.arange(0, 101, 10)
GROWING_OLD = ((0, 9, 44, 0), (0, 9, 58, 0), (0, 9, 52, 0))
ROWS_OF_STRANGERS = 4
COLORS = {"many": "#35618f", "medium": "#5b9bc8", "few": "#e08a3c", "zero": "#c23b3b"}
WORDS = {
    "many": "many-shot (more than 100)",
    "medium": "medium-shot (20 to 100)",
    "few": "few-shot (fewer than 20)",
    "zero": "zero-shot (held out of training)",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", default="docs/images/portraits.png", help="PNG file to write")
    parser.add_argument("--seed", type=int, default=0, help="seed of the data set")
    arguments = parser.parse_args()

    benchmark = kr.data.load_portraits(seed=arguments.seed)
    lives = [draw_people(AGES, [person] * len(AGES), size=128) for person in GROWING_OLD]
    figure, (top, middle, bottom) = plt.subplots(
        3,
        1,
        figsize=(11, 10.2),
        dpi=80,
        height_ratios=(3, ROWS_OF_STRANGERS, 2),
        layout="constrained",
    )
    show_pictures(top, np.stack(lives), "Three people growing old")
    show_pictures(middle, strangers(benchmark), "Portraits of the test set, 64 x 64 pixels")
    show_counts(bottom, benchmark)
    Path(arguments.output).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(arguments.output, pil_kwargs={"optimize": True})
    print(f"Wrote {arguments.output}")


def strangers(benchmark):
    """Test pictures, a column for each of `AGES`, shape `(rows, columns, 64, 64, 3)`."""
    x, y, _ = (np.concatenate(column) for column in zip(*benchmark.test.as_numpy_iterator()))
    chosen = [np.flatnonzero(y.ravel() == age)[:ROWS_OF_STRANGERS] for age in AGES]
    return (x[np.stack(chosen, axis=1)] + 1) / 2


def show_pictures(axes, pictures, title):
    """Pictures side by side, the ages below them."""
    rows, columns, size, _, channels = pictures.shape
    sheet = pictures.transpose(0, 2, 1, 3, 4).reshape(rows * size, columns * size, channels)
    axes.imshow(sheet)
    axes.set_xticks((np.arange(columns) + 0.5) * size, AGES)
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title, loc="left", fontsize=11)


def show_counts(axes, benchmark):
    """Training samples of every age, colored by shot."""
    counts = benchmark.train_counts
    shot = shots_of_counts(counts)
    for name, color in COLORS.items():
        ages = np.flatnonzero(shot == name)
        if name == "zero":
            for age in ages:
                label = WORDS[name] if age == ages[0] else None
                axes.axvspan(age - 0.5, age + 0.5, color=color, alpha=0.25, lw=0, label=label)
        else:
            axes.bar(ages, counts[ages], width=0.86, color=color, label=WORDS[name])
    axes.set(xlim=(-1, 101), xlabel="age in years", ylabel="training samples", xticks=AGES)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
    axes.set_title(f"{counts.sum():,} training samples", loc="left", fontsize=11)


if __name__ == "__main__":
    main()
