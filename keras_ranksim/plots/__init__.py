"""Figures of imbalanced regression: arrays in, a matplotlib Figure out.

matplotlib is imported when a figure is drawn, not before: `pip install 'keras_ranksim[plots]'`.
"""

from keras_ranksim.plots.differences import differences
from keras_ranksim.plots.errors import error_by_label
from keras_ranksim.plots.histogram import label_histogram
from keras_ranksim.plots.history import training_curves
from keras_ranksim.plots.intervals import interval_coverage
from keras_ranksim.plots.price_curve import price_curve
from keras_ranksim.plots.projection import embedding_map
from keras_ranksim.plots.ranks import rank_matrices
from keras_ranksim.plots.scatter import true_against_predicted

__all__ = [
    "differences",
    "embedding_map",
    "error_by_label",
    "interval_coverage",
    "label_histogram",
    "price_curve",
    "rank_matrices",
    "training_curves",
    "true_against_predicted",
]
