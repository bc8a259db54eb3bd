"""Models are saved, loaded in a fresh process, trained on, cut off and resumed."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from small import assert_all_close, data, regressor, statistics_of, weights_of

HERE = Path(__file__).parent


ELSEWHERE = """
import os, sys, keras, numpy as np, keras_ranksim
from small import data, regressor, weights_of

folder = sys.argv[1]
model = keras.models.load_model(f"{folder}/model.keras")
assert type(model) is keras_ranksim.ImbalancedRegressor
np.savez(f"{folder}/predictions.npz", model.predict(data(), verbose=0))
model.fit(data(), epochs=1, verbose=0)
np.savez(f"{folder}/weights.npz", *weights_of(model))

class Die(keras.callbacks.Callback):
    epoch = 0
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
    def on_train_batch_end(self, batch, logs=None):
        if self.epoch == 2 and batch == 1:
            os._exit(9)

model = regressor("fds", "ranksim", optimizer=keras.optimizers.Adam(0.01))
backup = keras.callbacks.BackupAndRestore(f"{folder}/backup")
model.fit(data(), epochs=4, verbose=0, callbacks=[backup, Die()])
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A model, and the folder where another process loaded it and died in a training."""
    folder = tmp_path_factory.mktemp("saved")
    model = regressor("fds", "ranksim")
    model.fit(data(), epochs=2, verbose=0)
    model.save(folder / "model.keras")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
    died = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert died.returncode == 9, died.stderr
    return model, folder


def test_a_saved_model_loads_in_a_fresh_process_predicts_the_same_and_trains_on(saved):
    model, folder = saved
    predictions = model.predict(data(), verbose=0)
    np.testing.assert_allclose(np.load(folder / "predictions.npz")["arr_0"], predictions, rtol=1e-6)
    model.fit(data(), epochs=1, verbose=0)
    trained_on = np.load(folder / "weights.npz")
    assert_all_close(weights_of(model), [trained_on[key] for key in trained_on], atol=1e-6)


def test_a_killed_run_resumes_to_the_weights_of_an_uncut_one(saved):
    def trained(*callbacks):
        model = regressor("fds", "ranksim", optimizer=keras.optimizers.Adam(0.01))
        return model, model.fit(data(), epochs=4, verbose=0, callbacks=list(callbacks))

    uncut, _ = trained()
    resumed, history = trained(keras.callbacks.BackupAndRestore(str(saved[1] / "backup")))
    assert history.epoch == [2, 3]
    assert_all_close(weights_of(uncut), weights_of(resumed), rtol=1e-6, atol=1e-7)
    assert_all_close(statistics_of(uncut), statistics_of(resumed), rtol=1e-6, atol=1e-7)
    seed_states = [m.get_layer("ranksim").seed_generator.state for m in (uncut, resumed)]
    np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, seed_states))
