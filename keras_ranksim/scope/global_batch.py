"""One helper that takes an equation to the global batch: what all replicas hold together.

Only TensorFlow trains in replicas that each see a part of the batch. On JAX and PyTorch a step
sees the batch as it is, so there the global batch is the batch.
"""

import itertools

import keras
from keras import ops

from keras_ranksim.ops.rows import rows_of_samples


def replica_count() -> int:
    """In how many replicas this step runs; 1 without a distribution strategy."""
    if keras.config.backend() != "tensorflow":
        return 1
    from keras_ranksim.distribute import replicas

    return replicas.replica_count()


def on_global_batch(equation, *tensors, across_replicas: bool = True):
    """This replica's share of an equation on the global batch. The shares add up to the whole.

    Args:
        equation: Function of the tensors and of `rows`, a scalar that is a sum over rows.
            `rows` says which of them to add up, as in `ranksim_loss`; `None` means all.
        *tensors: One row per sample. They are gathered from all replicas, as float32 rows.
        across_replicas: If `False`, the equation acts on this replica's own samples, and the
            shares add up to the mean over the replicas.
    """
    replicas = replica_count()
    if replicas == 1 or not across_replicas:
        return equation(*tensors, rows=None) / replicas
    from keras_ranksim.distribute.replicas import share_of_rows

    return equation(*gather_rows(*tensors), rows=share_of_rows)


def gather_rows(*tensors) -> list:
    """The rows of all replicas, flattened per sample, in two messages: features, then the rest."""
    from keras_ranksim.distribute.replicas import gather

    features, *known = map(rows_of_samples, tensors)
    if not known:
        return gather(features)
    ends = list(itertools.accumulate((rows.shape[-1] for rows in known), initial=0))
    features, known = gather(features, ops.concatenate(known, axis=-1))
    return [features, *(known[:, start:end] for start, end in itertools.pairwise(ends))]
