"""Figures of imbalanced regression: arrays in, a matplotlib Figure out.

matplotlib is imported when a figure is drawn, not before: `pip install 'keras_ranksim[plots]'`.
"""

from keras_ranksim.plots.bin_statistics import statistic_similarity
from keras_ranksim.plots.differences import differences
from keras_ranksim.plots.errors import error_by_label, mean_error_of_bins
from keras_ranksim.plots.histogram import label_histogram
from keras_ranksim.plots.history import training_curves
from keras_ranksim.plots.intervals import interval_coverage
from keras_ranksim.plots.price_curve import price_curve
from keras_ranksim.plots.projection import embedding_map, principal_components
from keras_ranksim.plots.ranks import RankMatrices, mean_rank_matrices, rank_matrices
from keras_ranksim.plots.scatter import true_against_predicted
from keras_ranksim.plots.style import png
from keras_ranksim.plots.tuning import tuning_plane

__all__ = [
    "RankMatrices",
    "differences",
    "embedding_map",
    "error_by_label",
    "interval_coverage",
    "label_histogram",
    "mean_error_of_bins",
    "mean_rank_matrices",
    "png",
    "price_curve",
    "principal_components",
    "rank_matrices",
    "statistic_similarity",
    "training_curves",
    "true_against_predicted",
    "tuning_plane",
]
