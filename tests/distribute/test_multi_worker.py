"""Two worker processes: what they learn together, a death, a restart.

Processes take long to start, so there are two pairs of them and no more: the first pair loses a
worker amid the second epoch, the second pair goes on and ends.
"""

import os
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from small import data
from worker import EPOCHS, balanced_regressor, regressor

import keras_ranksim as kr
from keras_ranksim.distribute import chief_backup, multi_worker, workers

HERE = Path(__file__).parent
SECONDS = 150


def run_two_workers(folder, *arguments):
    """Exit codes, what was written to stderr, and how long it took."""
    search = os.pathsep.join(
        [str(HERE), str(HERE.parent / "models"), str(HERE.parents[1]), *sys.path]
    )
    command = [
        "env",
        f"PYTHONPATH={search}",
        sys.executable,
        HERE / "worker.py",
        folder,
        *arguments,
    ]
    start = time.monotonic()
    with open(folder / "stderr", "w+") as stderr:
        codes = kr.distribute.run_workers([*command, *arguments], seconds=SECONDS, stderr=stderr)
        stderr.seek(0)
        return codes, stderr.read(), time.monotonic() - start


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run that lost worker 1 in its second epoch, and what its restart left."""
    folder = tmp_path_factory.mktemp("workers")
    death = run_two_workers(folder, "1")
    assert not list(folder.glob("*.npz")), "the first pair was to die"
    codes, errors, _ = run_two_workers(folder)
    assert codes == [0, 0], errors
    return death, [dict(np.load(folder / f"{task}.npz")) for task in (0, 1)]


def test_the_death_of_a_worker_ends_the_others_soon_and_with_a_clear_message(trained):
    (codes, errors, seconds), _ = trained
    assert codes == [1, 9]
    assert "RuntimeError: Training stopped in worker 0 because another worker exited" in errors
    assert "Start all workers again with the same command" in errors
    assert seconds < SECONDS


def test_a_restart_goes_on_after_the_last_finished_epoch(trained):
    _, left = trained
    for of_worker in left:
        np.testing.assert_array_equal(of_worker["epochs"], [1])


def test_two_workers_learn_what_one_process_learns(trained):
    """RankSim, FDS and ConR; with a death and a restart in between."""
    _, left = trained
    alone = regressor()
    history = alone.fit(data(), validation_data=data(), epochs=EPOCHS, verbose=0).history
    predictions = alone.predict(data(), verbose=0)
    for of_worker in left:
        for name in ("val_loss", "val_few_mae"):
            np.testing.assert_allclose(of_worker[name], history[name][1:], rtol=1e-5)
        np.testing.assert_allclose(of_worker["predictions"], predictions, rtol=1e-4, atol=1e-5)
        for i, weight in enumerate(alone.get_weights()):
            # Statistics are sums over many samples; random states and counts are whole numbers.
            np.testing.assert_allclose(of_worker[f"weight_{i}"], weight, rtol=1e-5, atol=1e-5)


def test_two_workers_balance_their_samples_together(trained):
    """Balanced MSE, with the regularizers."""
    _, left = trained
    alone = balanced_regressor()
    alone.fit(data(), epochs=EPOCHS, verbose=0)
    for of_worker in left:
        for i, weight in enumerate(alone.get_weights()):
            np.testing.assert_allclose(of_worker[f"balanced_{i}"], weight, rtol=1e-5, atol=1e-5)


def test_workers_that_see_different_backups_are_told(two_replicas):
    epochs = two_replicas.experimental_distribute_values_from_function(
        lambda context: tf.constant([2 * context.replica_id_in_sync_group])
    )
    message = r"`backup_dir` must be a folder.*=/here.*epochs, \[0, 2\]"
    with pytest.raises(ValueError, match=message):
        chief_backup._assert_same_epoch(two_replicas, epochs, "/here")


def test_a_resumed_training_draws_what_an_uninterrupted_one_draws(tmp_path):
    def with_dropout():
        keras.utils.set_random_seed(3)
        inputs = keras.Input((6,))
        dropped = keras.layers.Dropout(0.5)(keras.layers.Dense(16)(inputs))
        model = keras.Model(inputs, keras.layers.Dense(1)(dropped))
        model.compile("sgd", loss="mae")
        return model

    def fit(epochs, *callbacks):
        arguments = {"epochs": epochs, "callbacks": callbacks, "shuffle": False, "verbose": 0}
        return with_dropout().fit(data(), **arguments)

    backup = kr.distribute.ChiefBackup(tmp_path / "backup", delete_checkpoint=False)
    uninterrupted = fit(2).history["loss"]
    fit(1, backup)
    resumed = fit(2, backup)
    assert resumed.epoch == [1]
    np.testing.assert_allclose(resumed.history["loss"], uninterrupted[1:], rtol=1e-6)


@pytest.mark.parametrize(
    ("version", "workers", "shape"),
    [("3.15.1", True, (1,)), ("3.9.0", True, (1,)), ("3.16.0", True, ()), ("3.15.1", False, ())],
)
def test_logs_get_an_axis_only_for_a_keras_that_averages_along_it(
    monkeypatch, version, workers, shape
):
    monkeypatch.setattr(keras, "version", lambda: version)
    monkeypatch.setattr(multi_worker, "has_several_workers", lambda strategy: workers)
    logs = regressor()._reducible({"loss": tf.constant(2.0)})
    assert logs["loss"].shape == shape


def test_other_errors_are_left_as_they_are():
    strategy = tf.distribute.get_strategy()
    with (
        pytest.raises(tf.errors.InternalError, match="something else"),
        workers.explain_lost_workers(strategy),
    ):
        raise tf.errors.InternalError(None, None, "something else")
