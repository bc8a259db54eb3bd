"""Experiments on JAX and PyTorch: TensorFlow reads the data, another backend trains."""

import keras
import numpy as np
import pytest

import keras_ranksim as kr

pytestmark = pytest.mark.skipif(
    keras.config.backend() == "tensorflow", reason="tests/experiments has TensorFlow"
)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_run_is_trained_kept_and_read_again(tmp_path):
    benchmark = kr.data.load_portraits(train_samples=100, evaluation_per_age=1, batch_size=50)
    method = "SQINV + LDS + FDS + RANKSIM"
    result = kr.experiments.run(benchmark, method, epochs=2, output_dir=tmp_path, verbose=0)
    assert result.history["loss"][1] < result.history["loss"][0]
    assert np.isfinite(result.report.loc["all", ["mse", "mae", "gm"]].astype(float)).all()
    with np.load(tmp_path / "embeddings.npz") as saved:
        assert len(saved["features"]) == result.report.loc["all", "n"]
        assert np.nansum(saved["count"]) == 100
    again = kr.experiments.run(benchmark, method, epochs=2, output_dir=tmp_path, verbose=0)
    assert again.report.equals(result.report)
