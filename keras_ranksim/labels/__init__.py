"""What a label is: bins, counts, shots, weights, balanced and zero-shot splits."""

from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.conformal import conformal_intervals
from keras_ranksim.labels.dense_weights import dense_weights
from keras_ranksim.labels.depth_report import depth_report
from keras_ranksim.labels.diagnosis import diagnose
from keras_ranksim.labels.interval_report import interval_report
from keras_ranksim.labels.report import shot_report
from keras_ranksim.labels.sera import relevance, sera
from keras_ranksim.labels.shots import shots
from keras_ranksim.labels.splits import balanced_split, outside_ranges
from keras_ranksim.labels.weights import (
    label_density,
    label_weights,
)

__all__ = [
    "LabelBins",
    "balanced_split",
    "conformal_intervals",
    "dense_weights",
    "depth_report",
    "diagnose",
    "interval_report",
    "label_density",
    "label_weights",
    "outside_ranges",
    "relevance",
    "sera",
    "shot_report",
    "shots",
]
