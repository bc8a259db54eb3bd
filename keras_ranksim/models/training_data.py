"""Checks of training data before the first step, or before a batch reaches it."""

import functools
import sys
import types
import weakref

import keras
import numpy as np

from keras_ranksim.validation import numbers

_CHECKED_BEFORE = weakref.WeakSet()


def check_training_data(x, y, sample_weight, model) -> None:
    """Raises, in one sentence, for labels or weights that cannot be trained on.

    Args:
        x: Inputs, or a dataset of `(x, y)` or `(x, y, sample_weight)`.
        y: Labels, or `None` for a dataset.
        sample_weight: Weights, or `None`.
        model: The model; its output shapes are those that labels must fit.
    """
    outputs = getattr(model, "outputs", None) or []
    if is_tf_dataset(x):
        _check_dataset(x, outputs, model)
        return
    if y is None and hasattr(x, "dtype"):
        raise ValueError(
            "`y` must hold the labels: regularizers and losses need them. Received: y=None"
        )
    y, sample_weight = _alone(y), _alone(sample_weight)
    if len(outputs) == 1 and _is_array(y):
        check_label_shape(np.shape(y), outputs[0].shape, has_own_loss(model))
    for labels in _arrays(y):
        numbers("y", keras.ops.convert_to_numpy(labels) if keras.ops.is_tensor(labels) else labels)
    for weights in _arrays(sample_weight):
        _check_weights(weights)


def has_own_loss(model) -> bool:
    """Whether the model's loss is a user's function, which may take more columns of labels."""
    loss = getattr(model, "loss", None)
    if not callable(loss):
        return False
    module = getattr(loss, "__module__", None) or type(loss).__module__
    return module.partition(".")[0] not in ("keras", __name__.partition(".")[0])


def check_validation_data(data, model) -> None:
    """Raises for validation arrays that cannot be evaluated on; other data are not looked at.

    Args:
        data: What `fit` got as `validation_data`.
        model: As in `check_training_data`.
    """
    if not isinstance(data, (tuple, list)):
        return
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
    try:
        check_training_data(x, y, sample_weight, model)
    except ValueError as error:
        raise ValueError(f"In `validation_data`: {error}") from error


def is_tf_dataset(data) -> bool:
    """Whether `data` is a `tf.data.Dataset`; never imports TensorFlow."""
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and isinstance(data, tensorflow.data.Dataset)


def checked_before(dataset, like=None):
    """The dataset, whose labels and weights were checked as arrays, marked as such.

    The check of every batch is a function of TensorFlow, and an iterator of a dataset with a
    function takes longer to make than the few steps of a small validation set.

    Args:
        dataset: A `tf.data.Dataset`.
        like: A dataset of the same batches: if it is not marked, neither will be this one.
    """
    if like is None or like in _CHECKED_BEFORE:
        _CHECKED_BEFORE.add(dataset)
    return dataset


def finite_batches(data):
    """The same batches; one whose labels or weights are not finite raises when it is read.

    The check runs on the host, where the data are read, since compiled steps leave such checks
    out. Arrays are checked before training instead, and returned as they are.

    Args:
        data: A `tf.data.Dataset`, a generator, a `keras.utils.PyDataset`, or anything else.
    """
    if is_tf_dataset(data):
        return data if data in _CHECKED_BEFORE else _finite_tf_batches(data)
    if isinstance(data, types.GeneratorType):
        return (_checked(batch) for batch in data)
    if isinstance(data, keras.utils.PyDataset):
        return _FinitePyDataset(data)
    return data


class _FinitePyDataset(keras.utils.PyDataset):
    def __init__(self, inner):
        super().__init__(inner.workers, inner.use_multiprocessing, inner.max_queue_size)
        self.inner = inner

    @property
    def num_batches(self):
        return self.inner.num_batches

    def __getitem__(self, index):
        return _checked(self.inner[index])

    def on_epoch_begin(self):
        self.inner.on_epoch_begin()

    def on_epoch_end(self):
        self.inner.on_epoch_end()


def _checked(batch):
    if isinstance(batch, (tuple, list)):
        for name, part in zip(("y", "sample_weight"), batch[1:]):
            for values in keras.tree.flatten(part):
                if _is_array(values):
                    numbers(name, values)
    return batch


def _finite_tf_batches(dataset):
    import tensorflow as tf

    spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) < 2:
        return dataset

    def assert_finite(name, tensor):
        if not isinstance(tensor, tf.Tensor) or not tensor.dtype.is_floating:
            return tensor
        return tf.debugging.check_numerics(
            tensor, f"`{name}` must hold finite numbers, but a batch has NaN or infinite ones"
        )

    @tf.autograph.experimental.do_not_convert
    def check(x, *labels_and_weights):
        checked = (
            keras.tree.map_structure(functools.partial(assert_finite, name), part)
            for name, part in zip(("y", "sample_weight"), labels_and_weights)
        )
        return (x, *checked)

    return dataset.map(check, num_parallel_calls=tf.data.AUTOTUNE).prefetch(1)


def check_label_shape(label_shape, output_shape, own_loss=False) -> None:
    """Raises if labels of `label_shape` would broadcast against an output of `output_shape`.

    Both start with the batch; labels of shape `(batch,)` hold one number per sample. Labels fit
    an output of the same shape. A last axis of 1 may be missing in either. Labels with one number
    fit an output with several, such as quantiles: what they mean is up to the loss. So it is with
    any number of columns if `own_loss`, a user's function.
    """
    if label_shape is None or isinstance(output_shape, (dict, list)):
        return
    label, output = tuple(label_shape)[1:] or (1,), tuple(output_shape)[1:] or (1,)
    if len(label) == len(output) - 1:
        label = (*label, 1)
    elif len(output) == len(label) - 1 and label[-1] == 1:
        output = (*output, 1)
    same_axes = len(label) == len(output) and all(map(_may_be_equal, label[:-1], output[:-1]))
    if not same_axes or not (own_loss or label[-1] == 1 or _may_be_equal(label[-1], output[-1])):
        raise ValueError(
            f"`y` must have the shape of the model's output, {_named(output_shape)}. "
            f"Received: y of shape {_named(label_shape)}"
        )


def _may_be_equal(one, other):
    return one is None or other is None or one == other


def _check_weights(sample_weight):
    weights = numbers("sample_weight", sample_weight)
    if (weights < 0).any():
        raise ValueError(
            "`sample_weight` must not be negative. "
            f"Received: sample_weight with a smallest value of {weights.min()}"
        )


def _check_dataset(dataset, outputs, model):
    spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) < 2:
        raise ValueError(
            "A training dataset must yield (x, y) or (x, y, sample_weight). "
            f"Received: a dataset whose elements are {spec}"
        )
    labels = spec[1]
    if not hasattr(labels, "dtype") or not hasattr(labels, "shape"):
        return
    if not (labels.dtype.is_floating or labels.dtype.is_integer or labels.dtype.is_bool):
        raise ValueError(f"`y` must hold numbers. Received: a dataset with y of {labels.dtype}")
    if labels.shape.rank is not None and len(outputs) == 1:
        check_label_shape(labels.shape.as_list(), outputs[0].shape, has_own_loss(model))


def _alone(part):
    """The labels or weights of a single output that came in a list."""
    is_wrapped = isinstance(part, (list, tuple)) and len(part) == 1
    return part[0] if is_wrapped and getattr(part[0], "shape", ()) else part


def _arrays(part):
    """The arrays in labels or weights; a list of numbers is one."""
    if isinstance(part, list) and not any(getattr(entry, "shape", ()) for entry in part):
        return [part]
    return [values for values in keras.tree.flatten(part) if _is_array(values)]


def _is_array(values):
    return values is not None and (hasattr(values, "shape") or isinstance(values, list))


def _named(shape):
    return "(batch" + "".join(f", {length}" for length in shape[1:]) + ")"
