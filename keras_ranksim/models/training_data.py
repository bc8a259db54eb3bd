"""What can be known to be wrong with training data before the first step."""

import numpy as np
import tensorflow as tf

from keras_ranksim.validation import numbers


def check_training_data(x, y, sample_weight, output_shape) -> None:
    """Raises, in one sentence, for labels or weights that cannot be trained on.

    Args:
        x: Inputs, or a dataset of `(x, y)` or `(x, y, sample_weight)`.
        y: Labels, or `None` for a dataset.
        sample_weight: Weights, or `None`.
        output_shape: Shape of the model's output, batch axis first.
    """
    if isinstance(x, tf.data.Dataset):
        _check_dataset(x, output_shape)
    elif y is None and isinstance(x, (np.ndarray, tf.Tensor)):
        raise ValueError(
            "`y` must hold the labels: regularisers and losses need them. Received: y=None"
        )
    if _is_array(y):
        check_label_shape(np.shape(y), output_shape)
        numbers("y", y)
    if _is_array(sample_weight):
        weights = numbers("sample_weight", sample_weight)
        if (weights < 0).any():
            raise ValueError(
                "`sample_weight` must not be negative. "
                f"Received: sample_weight with a smallest value of {weights.min()}"
            )


def check_label_shape(label_shape, output_shape) -> None:
    """Raises when labels of `label_shape` do not fit an output of `output_shape`."""
    if label_shape is None or output_shape is None or isinstance(output_shape, (dict, list)):
        return
    label_shape, output_shape = tuple(label_shape), tuple(output_shape)
    fits = any(
        len(candidate) == len(output_shape)
        and all(a is None or b is None or a == b for a, b in zip(candidate[1:], output_shape[1:]))
        for candidate in (label_shape, (*label_shape, 1))
    )
    if not fits:
        raise ValueError(
            f"`y` must have the shape of the model's output, {_named(output_shape)}. "
            f"Received: y of shape {_named(label_shape)}"
        )


def _check_dataset(dataset, output_shape):
    spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) < 2:
        raise ValueError(
            "A training dataset must yield (x, y) or (x, y, sample_weight). "
            f"Received: a dataset whose elements are {spec}"
        )
    label_spec = spec[1]
    if isinstance(label_spec, tf.TensorSpec) and label_spec.shape.rank is not None:
        check_label_shape(label_spec.shape.as_list(), output_shape)


def _is_array(values):
    return values is not None and (hasattr(values, "shape") or isinstance(values, list))


def _named(shape):
    return "(batch" + "".join(f", {length}" for length in shape[1:]) + ")"
