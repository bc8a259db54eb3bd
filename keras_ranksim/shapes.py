"""Labels, predictions and weights that fit together, said in words when they do not."""

from keras import ops


def align_labels(labels, predictions):
    """Returns float tensors of one rank: `(batch,)` labels stand for `(batch, 1)` ones.

    Silent broadcasting of `(batch,)` against `(batch, 1)` to `(batch, batch)` is the classic
    mistake of regression code; every other mismatch is an error here.
    """
    predictions, labels = ops.convert_to_tensor(predictions), ops.convert_to_tensor(labels)
    # In half precision, labels such as 2049 would be rounded to those of another bin.
    exact = "float64" if predictions.dtype == "float64" else "float32"
    predictions, labels = ops.cast(predictions, exact), ops.cast(labels, exact)
    if len(labels.shape) == len(predictions.shape) - 1 and predictions.shape[-1] == 1:
        labels = ops.expand_dims(labels, -1)
    elif len(predictions.shape) == len(labels.shape) - 1 and labels.shape[-1] == 1:
        predictions = ops.expand_dims(predictions, -1)
    elif len(predictions.shape) == len(labels.shape) == 1:
        labels, predictions = as_columns(labels), as_columns(predictions)
    if not _compatible(labels.shape, predictions.shape):
        raise ValueError(
            "Labels and predictions must have the same shape. "
            f"Received: labels of shape {tuple(labels.shape)} and predictions of shape "
            f"{tuple(predictions.shape)}"
        )
    return labels, predictions


def as_columns(rows):
    """One number per sample as `(batch, 1)`: Keras weighs samples, and averages the last axis."""
    return ops.expand_dims(rows, -1) if len(getattr(rows, "shape", ())) == 1 else rows


def align_weights(weights, labels):
    """Float32 weights of the shape of `labels`: one per sample, or per pixel of dense labels."""
    weights = ops.cast(ops.convert_to_tensor(weights), "float32")
    if len(weights.shape) > len(labels.shape):
        raise ValueError(
            "`sample_weight` must hold one weight per sample, or one per pixel. Received: "
            f"sample_weight of shape {tuple(weights.shape)} for labels of shape "
            f"{tuple(labels.shape)}"
        )
    missing = len(labels.shape) - len(weights.shape)
    weights = ops.reshape(weights, (*ops.shape(weights), *[1] * missing))
    return ops.broadcast_to(weights, ops.shape(labels))


def _compatible(one, other):
    return len(one) == len(other) and all(
        a is None or b is None or a == b for a, b in zip(one, other)
    )
