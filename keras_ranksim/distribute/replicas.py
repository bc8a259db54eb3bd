"""What the replicas of a distribution strategy hold together."""

import tensorflow as tf
from keras import ops


def replica_count() -> int:
    """In how many replicas this step runs, 1 without a distribution strategy."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def gather(*tensors) -> list:
    """The tensors of all replicas, one after the other along the first axis. Differentiable."""
    context = tf.distribute.get_replica_context()
    gathered = [context.all_gather(tensor, axis=0) for tensor in tensors]
    return [
        tf.ensure_shape(whole, [None, *part.shape[1:]]) for whole, part in zip(gathered, tensors)
    ]


def share_of_rows(count) -> tuple:
    """Bounds `(first, last)` of this replica's share of `count` rows of work."""
    context = tf.distribute.get_replica_context()
    replica, replicas = ops.cast(context.replica_id_in_sync_group, "int32"), replica_count()
    share, rest = count // replicas, count % replicas
    first = replica * share + ops.minimum(replica, rest)
    return first, first + share + ops.cast(replica < rest, "int32")
