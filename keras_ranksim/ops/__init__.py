"""The equations: tensors in, tensors out, no state."""

from keras_ranksim.ops.conr import conr_loss
from keras_ranksim.ops.rank_n_contrast import rank_n_contrast_loss
from keras_ranksim.ops.ranking import blackbox_rank, rank
from keras_ranksim.ops.ranksim import ranksim_loss

__all__ = [
    "blackbox_rank",
    "conr_loss",
    "rank",
    "rank_n_contrast_loss",
    "ranksim_loss",
]
