"""What can be known to be wrong with training data before the first step."""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_ranksim.validation import numbers


def check_training_data(x, y, sample_weight, model) -> None:
    """Raises, in one sentence, for labels or weights that cannot be trained on.

    Args:
        x: Inputs, or a dataset of `(x, y)` or `(x, y, sample_weight)`.
        y: Labels, or `None` for a dataset.
        sample_weight: Weights, or `None`.
        model: The model; its output shapes are those that labels must fit.
    """
    outputs = getattr(model, "outputs", None) or []
    if isinstance(x, tf.data.Dataset):
        _check_dataset(x, outputs)
        return
    if y is None and isinstance(x, (np.ndarray, tf.Tensor)):
        raise ValueError(
            "`y` must hold the labels: regularisers and losses need them. Received: y=None"
        )
    if len(outputs) == 1:
        if _is_array(y):
            check_label_shape(np.shape(y), outputs[0].shape)
            numbers("y", y)
        if _is_array(sample_weight):
            _check_weights(sample_weight)
        return
    for labels in keras.tree.flatten(y):
        if _is_array(labels):
            numbers("y", labels)


def finite_batches(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """The dataset, whose labels and weights raise when a batch holds NaN or infinite ones.

    Checked here, on the host, because XLA leaves such checks out of a compiled step.
    """
    spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) < 2:
        return dataset

    def check(x, *labels_and_weights):
        checked = (
            keras.tree.map_structure(functools.partial(assert_finite, name), part)
            for name, part in zip(("y", "sample_weight"), labels_and_weights)
        )
        return (x, *checked)

    return dataset.map(check, num_parallel_calls=tf.data.AUTOTUNE).prefetch(1)


def assert_finite(name: str, tensor):
    """Returns the tensor, and raises when the step that reads it finds NaN or infinity."""
    if not isinstance(tensor, tf.Tensor) or not tensor.dtype.is_floating:
        return tensor
    return tf.debugging.check_numerics(
        tensor, f"`{name}` must hold finite numbers, but a batch has NaN or infinite ones"
    )


def check_label_shape(label_shape, output_shape) -> None:
    """Raises where labels of `label_shape` would broadcast against an output of `output_shape`.

    `(batch,)` and `(batch, 1)` labels fit any output of one or two axes that says one or more
    numbers of each label, such as quantiles; other axes must be the same.
    """
    if label_shape is None or isinstance(output_shape, (dict, list)):
        return
    labels, outputs = tuple(label_shape), tuple(output_shape)
    if labels and labels[-1] != 1 and len(labels) == len(outputs) - 1:
        labels = (*labels, 1)
    if outputs and len(outputs) == len(labels) - 1 and labels[-1] == 1:
        outputs = (*outputs, 1)
    same_axes = len(labels) == len(outputs) and all(
        a is None or b is None or a == b for a, b in zip(labels[1:-1], outputs[1:-1])
    )
    last = {labels[-1:], outputs[-1:]} if labels else set()
    fits = same_axes and (len(last) < 2 or labels[-1] in (1, None) or outputs[-1] is None)
    # One label and several outputs: only a loss of the caller's can know what they mean.
    if not fits:
        raise ValueError(
            f"`y` must have the shape of the model's output, {_named(output_shape)}. "
            f"Received: y of shape {_named(label_shape)}"
        )


def _check_weights(sample_weight):
    weights = numbers("sample_weight", sample_weight)
    if (weights < 0).any():
        raise ValueError(
            "`sample_weight` must not be negative. "
            f"Received: sample_weight with a smallest value of {weights.min()}"
        )


def _check_dataset(dataset, outputs):
    spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) < 2:
        raise ValueError(
            "A training dataset must yield (x, y) or (x, y, sample_weight). "
            f"Received: a dataset whose elements are {spec}"
        )
    labels = spec[1]
    if not isinstance(labels, tf.TensorSpec):
        return
    if not (labels.dtype.is_floating or labels.dtype.is_integer or labels.dtype.is_bool):
        raise ValueError(f"`y` must hold numbers. Received: a dataset with y of {labels.dtype}")
    if labels.shape.rank is not None and len(outputs) == 1:
        check_label_shape(labels.shape.as_list(), outputs[0].shape)


def _is_array(values):
    return values is not None and (hasattr(values, "shape") or isinstance(values, list))


def _named(shape):
    return "(batch" + "".join(f", {length}" for length in shape[1:]) + ")"
