"""What methods do to training data: weights of samples and of pixels, mixed batches."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from drawn_depth import draw, load

import keras_ranksim as kr
from keras_ranksim.experiments import Method
from keras_ranksim.experiments.training import epoch_data, weighted_for


def test_dense_weights_are_those_of_the_training_labels():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=200), "price": random.exponential(9, 200)})
    benchmark = kr.data.load_table(frame, label="price", name="prices")
    weighted = weighted_for(benchmark, Method.parse("DENSE"))
    np.testing.assert_array_equal(weighted.weights, kr.dense_weights(benchmark.train_labels))


def test_dense_weights_of_pixels_are_those_of_their_bins(tmp_path):
    draw(tmp_path)
    benchmark = load(tmp_path, batch_size=4)
    weighted = weighted_for(benchmark, Method.parse("DENSE"))
    centers = np.repeat(benchmark.bins.centers, benchmark.pixel_counts)
    every = np.repeat(weighted.weights, benchmark.pixel_counts)
    np.testing.assert_allclose(every, kr.dense_weights(centers), atol=1e-3)


def test_c_mixup_mixes_training_batches_by_the_spread_of_their_labels():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=400)})
    frame["price"] = 3 * frame["a"]
    benchmark = kr.data.load_table(frame, label="price", name="prices")
    plain, mixed = (
        np.concatenate([y for _, y, _ in epoch_data(benchmark, Method.parse(name))[0]])
        for name in ("VANILLA", "CMIXUP")
    )
    distance = np.abs(plain - mixed)
    assert 0 < distance.mean() < 0.25 * benchmark.train_labels.std()
    more = {"cmixup": {"relative_bandwidth": 1e-6}}
    narrow = benchmark.replace(recipe=dataclasses.replace(benchmark.recipe, more=more))
    data, _ = epoch_data(narrow, Method.parse("CMIXUP"))
    np.testing.assert_allclose(np.concatenate([y for _, y, _ in data]), plain, atol=1e-3)


@pytest.mark.parametrize("name", ["DENSE + FDS + RANKSIM", "SQINV + LDS + FDS + RANKSIM + CMIXUP"])
def test_combinations_train_on_tables(name):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=200), "price": random.exponential(9, 200)})
    benchmark = kr.data.load_table(frame, label="price", name="prices")
    result = kr.experiments.run(benchmark, name, epochs=2, verbose=0)
    assert np.isfinite(result.report.loc["all", ["mae", "mse", "sera"]]).all()


def test_c_mixup_of_depth_maps_is_refused_in_one_sentence(tmp_path):
    draw(tmp_path)
    with pytest.raises(ValueError, match="CMIXUP needs one label per sample.*'nyud2-dir' with"):
        kr.experiments.run(load(tmp_path, batch_size=4), "CMIXUP", epochs=1, verbose=0)
