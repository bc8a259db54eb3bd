"""The global batch: what the replicas of a distribution strategy hold together."""

import tensorflow as tf


def replica_count() -> int:
    """In how many replicas this step runs, 1 without a distribution strategy."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def gather(*tensors):
    """The tensors of all replicas, one after the other along the first axis. Differentiable."""
    context = tf.distribute.get_replica_context()
    gathered = [context.all_gather(tensor, axis=0) for tensor in tensors]
    return [
        tf.ensure_shape(whole, [None, *part.shape[1:]]) for whole, part in zip(gathered, tensors)
    ]
