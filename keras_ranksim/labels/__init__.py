"""What a label is: bins, counts, shots, weights, balanced and zero-shot splits."""

from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.report import shot_report
from keras_ranksim.labels.shots import SHOTS, shots, shots_of_counts
from keras_ranksim.labels.splits import balanced_split, outside_ranges
from keras_ranksim.labels.weights import (
    density_of_counts,
    label_density,
    label_weights,
    weights_of_counts,
)

__all__ = [
    "SHOTS",
    "LabelBins",
    "balanced_split",
    "density_of_counts",
    "label_density",
    "label_weights",
    "outside_ranges",
    "shot_report",
    "shots",
    "shots_of_counts",
    "weights_of_counts",
]
