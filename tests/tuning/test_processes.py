"""Searches killed and gone on with, and searches of several processes: the same trials."""

import socket

import pandas as pd
from small_search import small_search, start

DIE = """
import os

class Die(keras.callbacks.Callback):
    epochs = 0
    def on_epoch_end(self, epoch, logs=None):
        Die.epochs += 1
        if Die.epochs == int(sys.argv[2]):
            os._exit(9)

small_search(sys.argv[1], callbacks=[Die()])
"""


def assert_same_trials(a, b):
    columns = [name for name in a.columns if name not in ("seconds", "error")]
    pd.testing.assert_frame_equal(a[columns], b[columns], rtol=1e-5, check_dtype=False)


def test_a_search_killed_in_a_trial_goes_on_inside_it(found, tmp_path):
    """Two epochs a training, the baseline first: it dies in the second trial."""
    process = start(DIE, tmp_path, 5)
    _, told = process.communicate(timeout=240)
    assert process.returncode == 9, told
    assert (tmp_path / "trials" / "trial_1" / "execution-0" / "stage_one" / "state.npz").exists()
    assert not (tmp_path / "trials" / "trial_2").exists()
    epochs = []
    resumed = small_search(tmp_path, callbacks=[counting(epochs)])
    assert_same_trials(resumed.trials, found.trials)
    assert epochs == [1, 0, 1]


def counting(epochs):
    import keras

    return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: epochs.append(epoch))


def test_a_chief_and_two_workers_find_what_one_process_finds(found, tmp_path):
    """Which is also the proof that a search repeats exactly: draws and trainings are the same."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": str(port)}
    code = "result = small_search(sys.argv[1])\nprint('found', result and result.best_trial)"
    processes = [
        start(code, tmp_path, KERASTUNER_TUNER_ID=name, **address)
        for name in ("chief", "worker-0", "worker-1")
    ]
    try:
        told = [process.communicate(timeout=240) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0, 0], told
    assert [output.split()[-1] for output, _ in told] == [found.best_trial, "None", "None"]
    written = pd.read_csv(tmp_path / "trials.csv", index_col="trial")
    assert_same_trials(written, found.trials)
