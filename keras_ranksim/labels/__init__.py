"""What a label is: bins, counts, shots, weights, balanced and zero-shot splits."""

from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.depth_report import depth_report
from keras_ranksim.labels.report import shot_report
from keras_ranksim.labels.shots import shots
from keras_ranksim.labels.splits import balanced_split, outside_ranges
from keras_ranksim.labels.weights import (
    label_density,
    label_weights,
)

__all__ = [
    "LabelBins",
    "balanced_split",
    "depth_report",
    "label_density",
    "label_weights",
    "outside_ranges",
    "shot_report",
    "shots",
]
