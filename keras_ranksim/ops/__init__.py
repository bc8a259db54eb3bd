"""The equations: tensors in, tensors out, no state."""

from keras_ranksim.ops.conr import conr_loss
from keras_ranksim.ops.distinct import one_per_label
from keras_ranksim.ops.kernels import kernel_window, smoothing_matrix
from keras_ranksim.ops.rank_n_contrast import rank_n_contrast_loss
from keras_ranksim.ops.ranking import blackbox_rank, rank, rank_by_distance
from keras_ranksim.ops.ranksim import ranksim_loss
from keras_ranksim.ops.similarity import cosine_similarity, negative_distance

__all__ = [
    "blackbox_rank",
    "conr_loss",
    "cosine_similarity",
    "kernel_window",
    "negative_distance",
    "one_per_label",
    "rank",
    "rank_by_distance",
    "rank_n_contrast_loss",
    "ranksim_loss",
    "smoothing_matrix",
]
