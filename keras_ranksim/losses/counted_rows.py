"""Losses of a whole batch, which must know which of its rows count."""

import contextvars

import keras
from keras import ops

from keras_ranksim.shapes import align_weights

# Of the call under way; the threads of replicas have one each.
_WEIGHTS = contextvars.ContextVar("weights of the rows", default=None)


class LossOfBatch(keras.losses.Loss):
    """A loss that compares the rows of a batch with each other; those of weight 0 do not count.

    Keras weighs what `call` returned, which is too late for a rank or a density.
    """

    def __call__(self, y_true, y_pred, sample_weight=None):
        token = _WEIGHTS.set(sample_weight)
        try:
            return super().__call__(y_true, y_pred, sample_weight)
        finally:
            _WEIGHTS.reset(token)

    def counted(self, labels):
        """Booleans of the shape of `labels`, in `call`; `None` if all rows count."""
        weights = _WEIGHTS.get()
        return None if weights is None else align_weights(weights, labels) > 0


def gathered(rows, counted, gather, otherwise):
    """Rows, those of all replicas if they are gathered, with `otherwise` where they do not count.

    Args:
        rows: Tensor of shape `(n, ...)`.
        counted: Booleans of its shape, or `None` for all.
        gather: Function from rows of this replica to those of all, or `None`.
        otherwise: A number.
    """
    if counted is not None:
        rows = ops.where(counted, rows, ops.cast(otherwise, rows.dtype))
    return rows if gather is None else gather(rows)
