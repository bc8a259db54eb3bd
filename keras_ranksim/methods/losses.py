"""Methods that change the loss: Focal-R, Balanced MSE, Dist Loss, and UVOTE with its head."""

import numpy as np

from keras_ranksim.layers import NoiseScale, VotingHead
from keras_ranksim.losses import BalancedMSE, DistLoss, FocalR
from keras_ranksim.methods.registry import Entry, Stage, Tunable
from keras_ranksim.validation import one_of

ERRORS = {"mae": "absolute", "mse": "squared"}
SMOOTHING = ("kernel", "kernel_size", "sigma")


def _noise_scale(benchmark):
    # A scale that a network soon reaches; the deviation of the labels is far above it.
    return NoiseScale(float(np.std(benchmark.train_labels)) / 4 or 1.0)


def _dist(benchmark):
    settings = benchmark.recipe.of("dist")
    if "error" not in settings:
        loss = one_of("recipe.loss", benchmark.recipe.loss, ERRORS, "if DIST is to follow it")
        settings = {"error": ERRORS[loss], **settings}
    return DistLoss(**_training_labels(benchmark), **settings)


def _voting_head(benchmark, weighting):
    smoothing = {name: weighting[name] for name in SMOOTHING if name in weighting}
    settings = {"name": "regressor", **smoothing, **benchmark.recipe.of("uvote")}
    return VotingHead(**_training_labels(benchmark), bins=benchmark.bins, **settings)


def _training_labels(benchmark):
    """The training labels; of dense tasks the centers of bins, and how many pixels are in each."""
    if benchmark.data.dense:
        return {"train_labels": benchmark.bins.centers, "counts": benchmark.pixel_counts}
    return {"train_labels": benchmark.train_labels}


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
DIST = Entry(
    "DIST",
    "Dist Loss: sorted predictions spread as the quantiles of the labels",
    spellings=("DISTLOSS",),
    settings="dist",
    tunable=(Tunable("weight", 1.0),),
    loss=_dist,
)
UVOTE = Entry(
    "UVOTE",
    "UVOTE: several experts weigh rare labels differently, and the surest one answers",
    base=True,
    settings="uvote",
    tunable=(Tunable("experts", 2, choices=(1, 2, 3, 4)),),
    weights=lambda recipe, arguments: {"kernel": None},
    loss=lambda benchmark: None,
    head=_voting_head,
    # The weights are those of the experts, inside the head.
    stages=(Stage(weighted=False, note="of the experts, by powers of the count: "),),
)
