"""Methods that change the loss: Focal-R and Balanced MSE."""

import numpy as np

from keras_ranksim.layers import NoiseScale
from keras_ranksim.losses import BalancedMSE, FocalR
from keras_ranksim.methods.registry import Entry


def _noise_scale(benchmark):
    # A scale that a network soon reaches; the deviation of the labels is far above it.
    return NoiseScale(float(np.std(benchmark.train_labels)) / 4 or 1.0)


FOCAL_R = Entry(
    "FOCAL-R",
    "Focal-R loss",
    base=True,
    spellings=("FOCALR", "FOCAL"),
    settings="focal",
    loss=lambda benchmark: FocalR(**benchmark.recipe.focal),
)
BMSE = Entry(
    "BMSE",
    "Balanced MSE over the batch, its noise learned",
    base=True,
    loss=lambda benchmark: BalancedMSE(noise="learned"),
    output=_noise_scale,
)
