"""Several steps per call of TensorFlow: nothing but the time of a run may change."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.experiments import run, steps
from keras_ranksim.experiments.steps import epochs_of, steps_at_once

EPOCHS = 3


@pytest.fixture(autouse=True)
def _traced():
    eager = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(False)
    yield
    tf.config.run_functions_eagerly(eager)


@pytest.fixture(scope="module")
def benchmark():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=420)})
    frame["price"] = np.round(np.exp(1.5 + 0.8 * frame["a"] + 0.1 * random.normal(size=420)), 1)
    return kr.data.load_table(frame, label="price", name="prices", batch_size=48)


class Stop(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == EPOCHS - 1:
            raise KeyboardInterrupt


def compiled(size=4):
    inputs = keras.Input((size,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    model.compile("adam", "mse")
    return model


def same_history(one, other):
    for name in set(one.history) - {"seconds"}:
        assert one.history[name] == other.history[name], name


def test_a_run_learns_the_same_in_any_number_of_steps_per_call(benchmark, monkeypatch, tmp_path):
    arguments = {"method": "FDS + RANKSIM", "epochs": EPOCHS, "verbose": 0}
    batches = int(benchmark.train.cardinality())
    assert batches == 7
    assert len(benchmark.labels["train"]) % 48
    calls = []
    at_once = run(benchmark, **arguments)
    for number in (1, 4):  # 7 is no multiple of 4: a shorter call ends each epoch
        monkeypatch.setattr(
            "keras_ranksim.experiments.training.steps_at_once",
            lambda *_, n=number: calls.append(n) or n,
        )
        folder = tmp_path / str(number)
        if number == 4:
            with pytest.raises(KeyboardInterrupt):
                run(benchmark, **arguments, output_dir=folder, callbacks=[Stop()])
        other = run(benchmark, **arguments, output_dir=folder)
        same_history(at_once, other)
        pd.testing.assert_frame_equal(at_once.report, other.report)
    assert calls == [1, 4, 4]
    assert at_once.model.steps_per_execution == 1


@pytest.mark.parametrize(
    ("batches", "expected"), [(1, 1), (7, 7), (23, 23), (128, 128), (200, 100), (131, 32), (0, 1)]
)
def test_calls_end_where_epochs_end_if_that_takes_enough_steps(batches, expected):
    assert steps_at_once(compiled(), batches, 128) == expected


def test_long_steps_and_callbacks_that_follow_batches_take_one_step_per_call():
    class FollowsBatches(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    model = compiled()
    epochs_only = [keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None), Stop()]
    assert steps_at_once(model, 10, 128, epochs_only) == 10
    assert steps_at_once(model, 10, 128, [FollowsBatches()]) == 1
    by_name = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: None)
    assert steps_at_once(model, 10, 128, [by_name]) == 1
    assert steps_at_once(model, 10, steps.SHORT_STEP, ()) == 1
    pictures = keras.Input((8, 8, 3))
    model = keras.Model(pictures, keras.layers.Dense(1)(keras.layers.Flatten()(pictures)))
    model.compile("adam", "mse")
    assert steps_at_once(model, 10, 128) == 1


def test_data_are_repeated_only_if_calls_end_where_epochs_end():
    data = tf.data.Dataset.range(6)
    assert epochs_of(data, 3)["steps_per_epoch"] == 6
    assert epochs_of(data, 4) == {"x": data}
    unknown = data.filter(lambda number: True)
    assert epochs_of(unknown, 1) == {"x": unknown}
