"""The equations: tensors in, tensors out, no state."""

from keras_ranksim.ops.conr import conr_loss
from keras_ranksim.ops.distinct import one_per_label
from keras_ranksim.ops.kernels import kernel_window, smoothing_matrix
from keras_ranksim.ops.ranking import blackbox_rank, gradient_at_one, rank, rank_by_distance
from keras_ranksim.ops.ranksim import rank_labels, ranksim_loss
from keras_ranksim.ops.similarity import (
    cosine_similarity,
    label_similarity_function,
    negative_distance,
    unit_rows,
)
from keras_ranksim.ops.spread import similarity_spread

__all__ = [
    "blackbox_rank",
    "conr_loss",
    "cosine_similarity",
    "gradient_at_one",
    "kernel_window",
    "label_similarity_function",
    "negative_distance",
    "one_per_label",
    "rank",
    "rank_by_distance",
    "rank_labels",
    "ranksim_loss",
    "similarity_spread",
    "smoothing_matrix",
    "unit_rows",
]
