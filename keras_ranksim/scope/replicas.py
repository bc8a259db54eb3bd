"""The global batch: what the replicas of a distribution strategy hold together."""

import tensorflow as tf
from keras import ops


def replica_count() -> int:
    """In how many replicas this step runs, 1 without a distribution strategy."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def replica_index():
    """Which of the replicas this is, from 0, an int32 scalar."""
    return ops.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, "int32")


def gather(*tensors):
    """The tensors of all replicas, one after the other along the first axis. Differentiable."""
    context = tf.distribute.get_replica_context()
    gathered = [context.all_gather(tensor, axis=0) for tensor in tensors]
    return [
        tf.ensure_shape(whole, [None, *part.shape[1:]]) for whole, part in zip(gathered, tensors)
    ]


def gather_rows(rows, index, owner):
    """The rows `index` of the global batch, of which every replica sends those it holds.

    Where few rows of many are wanted this sends less than `gather` does. Differentiable.

    Args:
        rows: The rows of this replica, float `(n, D)`.
        index: Which rows of the global batch, int32 `(m,)`, the same in every replica.
        owner: The replica that holds each row of the global batch, int32 `(batch,)`, ascending.

    Returns:
        A tensor of shape `(m, D)`, the same in every replica.
    """
    mine = owner == replica_index()
    first = ops.cast(ops.argmax(ops.cast(mine, "int32")), index.dtype)
    nothing = ops.zeros((1, rows.shape[-1]), dtype=rows.dtype)
    here = ops.where(ops.take(mine, index), index - first, ops.shape(rows)[0])
    part = ops.take(ops.concatenate([rows, nothing], axis=0), here, axis=0)
    whole = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, part)
    return tf.ensure_shape(whole, part.shape)


def share_of_rows(count):
    """Bounds `(first, last)` of this replica's share of `count` rows of work."""
    replica, replicas = replica_index(), replica_count()
    share, rest = count // replicas, count % replicas
    first = replica * share + ops.minimum(replica, rest)
    return first, first + share + ops.cast(replica < rest, "int32")
