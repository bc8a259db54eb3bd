"""How many training steps one call of TensorFlow takes, and data that fit it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import keras
import tensorflow as tf

from keras_ranksim.models.training_data import checked_before

MOST_STEPS = 128
# Weights times samples of a batch: below this, a step on vectors takes about 20 ms or less.
SHORT_STEP = 10**8
BATCH_HOOKS = (
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_test_batch_begin",
    "on_test_batch_end",
)


def steps_at_once(
    model: keras.Model, batches: int, batch_size: int, callbacks: Sequence = ()
) -> int:
    """How many training steps to take per call of TensorFlow.

    A call costs about a millisecond, as much as a step of a small network on vectors, so these
    take many steps per call. Longer steps are taken one by one: the call would save nothing, and
    the progress bar and Ctrl-C would wait for it. The results are the same.

    Args:
        model: A compiled functional model.
        batches: Training batches per epoch.
        batch_size: Samples per batch.
        callbacks: The user's callbacks; with one that follows batches, it is one step.

    Returns:
        The largest divisor of `batches` up to 128. If that is below 8, 32, which leaves a
        shorter call for the end of an epoch. 1 on PyTorch, whose `fit` knows nothing else.
    """
    vectors = all(len(tensor.shape) == 2 for tensor in model.inputs)
    short = vectors and model.count_params() * batch_size <= SHORT_STEP
    traced = not (model.run_eagerly or tf.config.functions_run_eagerly())
    several = traced and keras.config.backend() != "torch"
    if batches < 2 or not short or not several or any(map(_follows_batches, callbacks)):
        return 1
    divisors = [steps for steps in range(1, MOST_STEPS + 1) if batches % steps == 0]
    return divisors[-1] if divisors[-1] >= min(8, batches) else 32


def epochs_of(data: tf.data.Dataset, steps: int) -> dict:
    """The arguments of `fit` that read an epoch after the other from a dataset.

    Making an iterator takes longer than some steps, and Keras makes two per epoch of a finite
    dataset, so the dataset is repeated if calls of `steps` steps end where epochs do.

    Args:
        data: The batches of one epoch.
        steps: What `steps_at_once` returned.
    """
    batches = int(data.cardinality())
    if batches < 1 or batches % steps:
        return {"x": data}
    return {"x": checked_before(data.repeat(), like=data), "steps_per_epoch": batches}


@contextlib.contextmanager
def several_steps(model: keras.Model, steps: int) -> Iterator[None]:
    """Lets `fit` take several steps per call, and leaves the model as it was.

    Args:
        model: A compiled model.
        steps: What `steps_at_once` returned.
    """
    before = model.steps_per_execution
    _set_steps(model, steps)
    try:
        yield
    finally:
        _set_steps(model, before)


def _set_steps(model, steps):
    if model.steps_per_execution != steps:
        model.steps_per_execution = steps
        # They were traced for the other number of steps.
        model.train_function = model.test_function = model.predict_function = None


def _follows_batches(callback):
    return any(
        getattr(getattr(callback, hook), "__func__", None)
        is not getattr(keras.callbacks.Callback, hook)
        for hook in BATCH_HOOKS
    )
