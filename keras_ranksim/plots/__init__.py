"""Pictures of imbalanced regression: plain arrays in, a matplotlib figure out.

matplotlib is imported when a picture is drawn, not before: `pip install 'keras_ranksim[plots]'`.
"""

from keras_ranksim.plots.bin_statistics import BinStatistics, statistic_similarity
from keras_ranksim.plots.embeddings import embedding_model, save_embeddings
from keras_ranksim.plots.errors import error_by_label, mean_error_of_bins
from keras_ranksim.plots.histogram import label_histogram
from keras_ranksim.plots.history import training_curves
from keras_ranksim.plots.predictions import save_predictions
from keras_ranksim.plots.projection import embedding_map, principal_components
from keras_ranksim.plots.ranks import RankMatrices, mean_rank_matrices, rank_matrices
from keras_ranksim.plots.report import write_run_report, write_table_report
from keras_ranksim.plots.scatter import true_against_predicted
from keras_ranksim.plots.style import png
from keras_ranksim.plots.tuning import tuning_plane

__all__ = [
    "BinStatistics",
    "RankMatrices",
    "embedding_map",
    "embedding_model",
    "error_by_label",
    "label_histogram",
    "mean_error_of_bins",
    "mean_rank_matrices",
    "png",
    "principal_components",
    "rank_matrices",
    "save_embeddings",
    "save_predictions",
    "statistic_similarity",
    "training_curves",
    "true_against_predicted",
    "tuning_plane",
    "write_run_report",
    "write_table_report",
]
