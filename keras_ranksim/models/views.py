"""Several views of every sample, side by side in one batch."""

import keras
from keras import ops


def join_views(x, y, sample_weight):
    """Lays the views of a batch one after the other.

    Two views serve everything: the regression loss is their mean. Of three, the first two are
    there to be contrasted and the third, the plain one, serves the regression loss alone.

    Args:
        x: Tuple of two or three tensors, the views of the same samples.
        y: Their labels.
        sample_weight: Their weights, or `None`.

    Returns:
        `(x, y, loss_weight, sample_weight, contrasted_rows)` of the joined batch:
        `loss_weight` is what the regression loss weighs by, `sample_weight` the weight of
        every row, and `contrasted_rows` how many rows are there to be contrasted.
    """
    if len(x) not in (2, 3):
        raise ValueError(
            "A model of one input takes a batch as one tensor, or as two or three views of the "
            f"same samples. Received: {len(x)} tensors"
        )
    count = ops.shape(y)[0]
    weight = ops.ones((count,)) if sample_weight is None else sample_weight
    joined = keras.tree.map_structure(lambda column: _repeat(column, len(x)), (y, weight))
    loss_weight, contrasted_rows = joined[1], None
    if len(x) == 3:
        nothing = ops.zeros_like(weight)
        # The loss divides by all rows, of which a third counts.
        loss_weight = ops.concatenate([nothing, nothing, 3 * weight], axis=0)
        contrasted_rows = 2 * count
    return ops.concatenate(x, axis=0), joined[0], loss_weight, joined[1], contrasted_rows


def _repeat(column, times):
    return ops.concatenate([column] * times, axis=0)
