"""Experiments on JAX and PyTorch: TensorFlow reads the data, another backend trains."""

import keras
import numpy as np
import pandas
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


@pytest.mark.parametrize("batch_size", [10, 25])
def test_vectors_are_trained_several_steps_at_once_or_one_by_one(random, batch_size):
    x, y = random.normal(size=(1000, 4)), random.exponential(20, 1000).round()
    benchmark = kr.data.load_arrays(x, y, batch_size=batch_size)
    result = kr.experiments.run(benchmark, "RANKSIM", epochs=2, verbose=0)
    assert np.isfinite(result.history["loss"]).all()


def test_a_table_of_numbers_is_trained_and_one_with_text_needs_tensorflow(random):
    frame = pandas.DataFrame(random.normal(size=(300, 2)), columns=["rooms", "age"])
    frame["price"] = random.exponential(20, 300).round()
    benchmark = kr.data.load_table(frame, label="price")
    result = kr.experiments.run(benchmark, "VANILLA", epochs=1, verbose=0)
    assert np.isfinite(result.history["loss"]).all()
    frame["town"] = random.choice(["Bonn", "Ulm"], 300)
    with pytest.raises(ValueError, match="'town', which holds categories, needs the Tensor"):
        kr.data.load_table(frame, label="price")
