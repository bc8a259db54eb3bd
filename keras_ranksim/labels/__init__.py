"""What a label is: bins, counts, shots, weights, balanced and zero-shot splits."""

from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.depth_report import depth_report, depth_shot_limits
from keras_ranksim.labels.mixture import fit_mixture, mixture_of_bins
from keras_ranksim.labels.quantiles import label_quantiles
from keras_ranksim.labels.report import shot_report
from keras_ranksim.labels.shots import SHOTS, shots, shots_of_counts
from keras_ranksim.labels.splits import balanced_split, outside_ranges
from keras_ranksim.labels.weights import (
    label_density,
    label_weights,
    weights_of_counts,
)

__all__ = [
    "SHOTS",
    "LabelBins",
    "balanced_split",
    "depth_report",
    "depth_shot_limits",
    "fit_mixture",
    "label_density",
    "label_quantiles",
    "label_weights",
    "mixture_of_bins",
    "outside_ranges",
    "shot_report",
    "shots",
    "shots_of_counts",
    "weights_of_counts",
]
