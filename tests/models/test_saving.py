"""Models are saved, loaded in a fresh process, trained on, cut off and resumed."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
from small import assert_all_close, data, regressor, statistics_of, weights_of

HERE = Path(__file__).parent


def run(script, *arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )


LOAD_AND_TRAIN_ON = """
import sys, keras, numpy as np, keras_ranksim
from small import data, weights_of
model = keras.models.load_model(sys.argv[1])
assert type(model) is keras_ranksim.ImbalancedRegressor
np.savez(sys.argv[2], model.predict(data(), verbose=0))
model.fit(data(), epochs=1, verbose=0)
np.savez(sys.argv[3], *weights_of(model))
"""


def test_a_saved_model_loads_in_a_fresh_process_predicts_the_same_and_trains_on(tmp_path):
    model = regressor("fds", "ranksim")
    model.fit(data(), epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    predictions = model.predict(data(), verbose=0)
    model.fit(data(), epochs=1, verbose=0)

    done = run(LOAD_AND_TRAIN_ON, tmp_path / "model.keras", tmp_path / "y.npz", tmp_path / "w.npz")
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(tmp_path / "y.npz")["arr_0"], predictions, rtol=1e-6)
    trained_on = np.load(tmp_path / "w.npz")
    assert_all_close(weights_of(model), [trained_on[key] for key in trained_on], atol=1e-6)


TRAIN_AND_DIE = """
import os, sys, keras
from small import data, regressor

class Die(keras.callbacks.Callback):
    epoch = 0
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == 2 and batch == 1:
            os._exit(9)

model = regressor("fds", "ranksim", optimizer=keras.optimizers.Adam(0.01))
backup = keras.callbacks.BackupAndRestore(sys.argv[1])
model.fit(data(), epochs=4, verbose=0, callbacks=[backup, Die()])
"""


def test_a_killed_run_resumes_to_the_weights_of_an_uncut_one(tmp_path):
    uncut = regressor("fds", "ranksim", optimizer=keras.optimizers.Adam(0.01))
    uncut.fit(data(), epochs=4, verbose=0)

    died = run(TRAIN_AND_DIE, tmp_path)
    assert died.returncode == 9, died.stderr
    resumed = regressor("fds", "ranksim", optimizer=keras.optimizers.Adam(0.01))
    backup = keras.callbacks.BackupAndRestore(str(tmp_path))
    history = resumed.fit(data(), epochs=4, verbose=0, callbacks=[backup])

    assert history.epoch == [2, 3]
    assert_all_close(weights_of(uncut), weights_of(resumed), rtol=1e-6, atol=1e-7)
    assert_all_close(statistics_of(uncut), statistics_of(resumed), rtol=1e-6, atol=1e-7)
    seed_states = [m.get_layer("ranksim").seed_generator.state for m in (uncut, resumed)]
    np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, seed_states))
