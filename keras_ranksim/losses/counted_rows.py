"""Losses of a whole batch, which must know which of its rows count."""

import contextvars

import keras
from keras import ops

from keras_ranksim.scope.global_batch import gather_rows, replica_count
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

    def others(self, rows, otherwise):
        """What rows are compared with: those of all replicas, in `call`.

        Args:
            rows: Tensor of shape `(n, ...)`.
            otherwise: The number that stands for rows that do not count.
        """
        weights = _WEIGHTS.get()
        if weights is not None:
            counted = align_weights(weights, rows) > 0
            rows = ops.where(counted, rows, ops.cast(otherwise, rows.dtype))
        gathers = self.across_replicas and replica_count() > 1
        return gather_rows(rows)[0] if gathers else rows
