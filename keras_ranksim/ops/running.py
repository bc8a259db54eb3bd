"""Running log-sum-exp along rows: every backend has one of its own, and Keras has none."""

import keras
from keras import ops


def running_logsumexp(rows) -> keras.KerasTensor:
    """`log(exp(a[0]) + ... + exp(a[j]))` at every place `j` of every row.

    Args:
        rows: Finite tensor of shape `(n, M)`.

    Example:

    >>> from keras_ranksim.ops.running import running_logsumexp
    >>> running_logsumexp([[0.0, 0.0, 1.0]]).numpy().round(3)
    array([[0.   , 0.693, 1.551]], dtype=float32)
    """
    rows = ops.convert_to_tensor(rows)
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        return tf.math.cumulative_logsumexp(rows, axis=-1)
    if keras.config.backend() == "jax":
        import jax

        return jax.lax.cumlogsumexp(rows, axis=1)
    import torch

    return torch.logcumsumexp(rows, dim=-1)
