"""Networks and settings that fit labels of any unit."""

from __future__ import annotations

import numpy as np

from keras_ranksim.data.recipe import Recipe
from keras_ranksim.labels.bins import LabelBins


def center_and_spread(labels, bins: LabelBins) -> tuple[float, float]:
    """The median of training labels and their deviation within the bins.

    Args:
        labels: The training labels.
        bins: The label bins.

    Returns:
        `label_offset` and `label_scale` of a `Benchmark`.
    """
    within = np.clip(labels.astype("float64"), bins.edges[0], bins.edges[-1])
    spread = within.std() or labels.std() or 1.0
    return float(np.median(labels)), float(spread)


def scaled_recipe(scale: float, bins: LabelBins, **settings) -> Recipe:
    """A recipe whose settings with a unit follow the scale of the labels.

    Args:
        scale: The `label_scale`.
        bins: The label bins.
        **settings: The other fields of the `Recipe`.
    """
    # The regression loss grows with the unit of the label; regularizers do not. RankSim's weight
    # of 0.01 is meant for labels with a deviation of about 3; its perturbation, gamma * lambda_,
    # acts on ranks and has no unit. The others were published for ages, of deviation about 15.
    gamma = 0.01 * scale / 3
    width = float(f"{np.median(np.diff(bins.edges)):.6g}")
    return Recipe(
        ranksim={"gamma": gamma, "lambda_": 1 / gamma},
        focal={"error": "absolute", "beta": 3.0 / scale},
        conr={"beta": 4.0 * scale / 15, "window": width, "pushing_power": 0.01 / width},
        **settings,
    )
