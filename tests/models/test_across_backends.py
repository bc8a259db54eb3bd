"""JAX and PyTorch learn what TensorFlow learns, and all read one another's files."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from reference import EPOCHS, X, train

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(
    keras.config.backend() == "tensorflow", reason="TensorFlow is what the others compare with"
)


def in_tensorflow(action, folder):
    search = os.pathsep.join([str(HERE), *sys.path])
    done = subprocess.run(
        [sys.executable, HERE / "reference.py", action, folder],
        env={**os.environ, "KERAS_BACKEND": "tensorflow", "PYTHONPATH": search, "XLA_FLAGS": ""},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return np.load(folder / "predictions.npz")["arr_0"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference")
    in_tensorflow("train", folder)
    return folder


def test_a_model_saved_on_tensorflow_trains_here_to_the_same_losses(folder):
    """RankSim, FDS and ConR, from the same weights, batches and draws."""
    losses = train(keras.models.load_model(folder / "before.keras"))
    expected = np.load(folder / "losses.npz")["arr_0"]
    assert len(losses) == 3 * EPOCHS
    np.testing.assert_allclose(losses, expected, rtol=1e-4)


def test_a_model_trained_on_tensorflow_predicts_the_same_here(folder):
    model = keras.models.load_model(folder / "after.keras")
    expected = np.load(folder / "predictions.npz")["arr_0"]
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, rtol=1e-4, atol=1e-5)


def test_a_model_trained_here_predicts_the_same_on_tensorflow(folder):
    model = keras.models.load_model(folder / "before.keras")
    train(model)
    model.save(folder / "other.keras")
    expected = model.predict(X, verbose=0)
    np.testing.assert_allclose(in_tensorflow("predict", folder), expected, rtol=1e-4, atol=1e-5)
