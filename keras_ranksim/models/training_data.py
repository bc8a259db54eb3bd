"""Checks of training data before the first step, or before a batch reaches it."""

import copy
import functools
import sys
import types
import weakref

import keras

from keras_ranksim.models.label_shapes import check_label_shapes
from keras_ranksim.validation import is_number, numbers

_CHECKED_BEFORE = weakref.WeakSet()


def check_training_data(x, y, sample_weight, model) -> None:
    """Raises, in one sentence, for labels or weights that cannot be trained on.

    Args:
        x: Inputs, or a dataset of `(x, y)` or `(x, y, sample_weight)`.
        y: Labels, or `None` for a dataset.
        sample_weight: Weights, or `None`.
        model: The model; its output shapes are those that labels must fit.
    """
    if is_tf_dataset(x):
        _check_dataset(x, model)
        return
    if y is None and hasattr(x, "dtype"):
        raise ValueError(
            "`y` must hold the labels: regularizers and losses need them. Received: y=None"
        )
    y, sample_weight = _alone(y), _alone(sample_weight)
    _check_kind("y", y)
    _check_kind("sample_weight", sample_weight)
    check_label_shapes(y, outputs_of(model), model)
    _check_labels_and_weights(y, sample_weight)


def outputs_of(model):
    """The symbolic outputs of a model, by name if it has a dictionary; none if it has none yet."""
    outputs = getattr(model, "outputs", None) or []
    return getattr(model, "output", outputs) if len(outputs) > 1 else outputs


def _check_labels_and_weights(y, sample_weight):
    for labels in _arrays(y):
        numbers("y", _as_numpy(labels))
    for weights in _arrays(sample_weight):
        weights = numbers("sample_weight", _as_numpy(weights))
        if (weights < 0).any():
            raise ValueError(
                "`sample_weight` must not be negative. "
                f"Received: sample_weight with a smallest value of {weights.min()}"
            )


def _check_kind(name, part):
    """Raises for lists of numbers and arrays of objects, which Keras does not take."""
    is_list = isinstance(part, (list, tuple)) and any(map(is_number, part))
    if is_list or "object" in (str(getattr(values, "dtype", "")) for values in _arrays(part)):
        raise ValueError(
            f"`{name}` must be an array of numbers: pass numpy.asarray({name}, 'float32'). "
            f"Received: {'a list' if is_list else 'an array of objects'}"
        )


def _as_numpy(values):
    return keras.ops.convert_to_numpy(values) if keras.ops.is_tensor(values) else values


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


def has_own_order(data) -> bool:
    """Whether Keras would warn that it does not shuffle these batches."""
    is_generator = isinstance(data, types.GeneratorType)
    return is_tf_dataset(data) or is_generator or _is_torch_loader(data)


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


def checked_batches(data):
    """The same batches; one whose labels or weights are not usable raises when it is read.

    The check runs on the host, where the data are read, since compiled steps leave such checks
    out. Arrays are checked before training instead, and returned as they are.

    Args:
        data: A `tf.data.Dataset`, a generator, a `keras.utils.PyDataset`, a `DataLoader` of
            PyTorch, or anything else.
    """
    if is_tf_dataset(data):
        return data if data in _CHECKED_BEFORE else _checked_tf_batches(data)
    if isinstance(data, types.GeneratorType):
        return (_checked(batch) for batch in data)
    if isinstance(data, keras.utils.PyDataset):
        return _CheckedPyDataset(data)
    return _checked_loader(data) if _is_torch_loader(data) else data


class _CheckedPyDataset(keras.utils.PyDataset):
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


def _is_torch_loader(data):
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(data, torch.utils.data.DataLoader)


def _checked_loader(loader):
    """The same loader, of which every batch is checked."""
    kind = type(loader)
    checked = copy.copy(loader)
    # Keras takes a loader for what its class says, so this is one of a class below it.
    checked.__class__ = type(
        kind.__name__, (kind,), {"__iter__": lambda self: map(_checked, kind.__iter__(self))}
    )
    return checked


def _checked(batch):
    if isinstance(batch, (tuple, list)):
        _, y, sample_weight = (*batch, None, None)[:3]
        _check_labels_and_weights(y, sample_weight)
    return batch


def _checked_tf_batches(dataset):
    import tensorflow as tf

    spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) < 2:
        return dataset

    def assert_usable(name, tensor):
        if not isinstance(tensor, tf.Tensor) or not tensor.dtype.is_floating:
            return tensor
        tensor = tf.debugging.check_numerics(
            tensor, f"`{name}` must hold finite numbers, but a batch has NaN or infinite ones"
        )
        if name == "y":
            return tensor
        negative = tf.debugging.assert_non_negative(
            tensor, f"`{name}` must not be negative, but a batch has negative numbers"
        )
        with tf.control_dependencies([negative]):
            return tf.identity(tensor)

    @tf.autograph.experimental.do_not_convert
    def check(x, *labels_and_weights):
        checked = (
            keras.tree.map_structure(functools.partial(assert_usable, name), part)
            for name, part in zip(("y", "sample_weight"), labels_and_weights)
        )
        return (x, *checked)

    return dataset.map(check, num_parallel_calls=tf.data.AUTOTUNE).prefetch(1)


def _check_dataset(dataset, model):
    spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) < 2:
        raise ValueError(
            "A training dataset must yield (x, y) or (x, y, sample_weight). "
            f"Received: a dataset whose elements are {spec}"
        )
    for labels in keras.tree.flatten(spec[1]):
        kind = getattr(labels, "dtype", None)
        if kind is not None and not (kind.is_floating or kind.is_integer or kind.is_bool):
            raise ValueError(f"`y` must hold numbers. Received: a dataset with y of {kind}")
    check_label_shapes(spec[1], outputs_of(model), model)


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
