"""What a label is: bins, counts, shots, weights, balanced and zero-shot splits."""

from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.conformal import ConformalIntervals, conformal_intervals
from keras_ranksim.labels.dense_weights import dense_weights
from keras_ranksim.labels.depth_report import depth_report, depth_shot_limits
from keras_ranksim.labels.diagnosis import diagnose
from keras_ranksim.labels.interval_report import interval_report
from keras_ranksim.labels.mixture import fit_mixture, mixture_of_bins
from keras_ranksim.labels.quantiles import label_quantiles
from keras_ranksim.labels.report import run_report, shot_report
from keras_ranksim.labels.sera import relevance, sera
from keras_ranksim.labels.shots import SHOTS, shots, shots_of_counts
from keras_ranksim.labels.splits import balanced_split, outside_ranges
from keras_ranksim.labels.weights import (
    label_density,
    label_weights,
    weights_of_counts,
)

__all__ = [
    "SHOTS",
    "ConformalIntervals",
    "LabelBins",
    "balanced_split",
    "conformal_intervals",
    "dense_weights",
    "depth_report",
    "depth_shot_limits",
    "diagnose",
    "fit_mixture",
    "interval_report",
    "label_density",
    "label_quantiles",
    "label_weights",
    "mixture_of_bins",
    "outside_ranges",
    "relevance",
    "run_report",
    "sera",
    "shot_report",
    "shots",
    "shots_of_counts",
    "weights_of_counts",
]
