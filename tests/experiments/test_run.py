"""Runs: every method trains, the best weights are kept, a killed run resumes to the same end."""

import dataclasses
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest

import keras_ranksim as kr
from keras_ranksim.experiments import Method, run
from keras_ranksim.methods.registry import entries

SETUP = """
import dataclasses, os, sys
import keras, keras_ranksim as kr

def make_benchmark(epochs=2):
    frame_free = kr.data.load_portraits(
        train_samples=90, evaluation_per_age=1, image_size=16, batch_size=30, verbose=False
    )
    recipe = dataclasses.replace(frame_free.recipe, epochs=epochs, milestones=(2,))

    def network():
        inputs = keras.Input((16, 16, 3))
        x = keras.layers.Dropout(0.2)(keras.layers.Flatten()(inputs))
        return inputs, keras.layers.Dense(8, activation="relu")(x)

    return frame_free.replace(recipe=recipe, make_network=network)
"""
exec(SETUP)  # the killed process below runs the very same lines


@pytest.fixture(scope="module")
def benchmark():
    return make_benchmark()  # noqa: F821


# Alone, and with what goes along with it.
NAMES = ("VANILLA", "FOCAL-R", "RRT", "SQINV", "DENSE", "BMSE", "UVOTE", "DIST", "RRT + DIST")
NAMES += ("RNC", "PRETRAIN + RNC", "CMIXUP", "RRT + CMIXUP")
EVERY = [
    Method.parse(f"{name} + {other}" if other else name)
    for name in NAMES
    for other in ("", "FDS + RANKSIM" if name == "DENSE" else "LDS + FDS + RANKSIM")
]
OTHERS = ("INV", "POWER + LDS", "SQINV + LDS", "SQINV + FDS", "RANKSIM", "RRT + RANKSIM", "CONR")
OTHERS += ("BMSE + CONR", "CONR + CMIXUP", "SQINV + LDS + FDS + RANKSIM + CONR")
EVERY += map(Method.parse, OTHERS)


def test_every_name_is_trained_below():
    trained = {entry.name for method in EVERY for entry in method.entries}
    assert {entry.name for entry in entries() if entry.fit is None} <= trained


@pytest.mark.parametrize(
    "method", [*dict.fromkeys(m.same_run(kr.data.Recipe(1, 1, 1)) for m in EVERY)], ids=str
)
def test_every_method_trains_and_reports(benchmark, method):
    result = run(benchmark.replace(batch_size=90), method, verbose=0)
    stages = 2 if method.base in ("RRT", "PRETRAIN") else 1
    assert len(result.history["loss"]) == 2 * stages
    assert np.isfinite(result.history["loss"]).all()
    assert np.isfinite(result.report.loc["all", ["mse", "mae", "gm"]]).all()
    assert result.report.loc[["all", "zero", "interpolation"], "n"].gt(0).all()


def test_the_folder_holds_all_of_a_run_and_a_second_call_reads_it(benchmark, tmp_path):
    first = run(benchmark, "RANKSIM", output_dir=tmp_path, verbose=0)
    names = {path.name for path in tmp_path.iterdir()}
    assert names >= {"model.keras", "history.csv", "settings.json", "report.csv", "validation.csv"}
    assert not list(tmp_path.rglob("*unfinished*"))
    again = run(benchmark, "RANKSIM", output_dir=tmp_path, verbose=0)
    assert again.model is None
    pd.testing.assert_frame_equal(again.report, first.report)
    assert again.history == first.history
    model = keras.models.load_model(tmp_path / "model.keras")
    pd.testing.assert_frame_equal(kr.experiments.evaluate(model, benchmark), first.report)
    settings = json.loads((tmp_path / "settings.json").read_text())
    assert settings["method"] == "VANILLA + RANKSIM"
    assert settings["recipe"]["ranksim"] == {"gamma": 0.01, "lambda_": 100.0}


def test_a_folder_of_another_run_raises(benchmark, tmp_path):
    run(benchmark, "VANILLA", output_dir=tmp_path, verbose=0, epochs=1)
    with pytest.raises(
        ValueError, match=r"`output_dir` must be empty.*differs in seed: 0 there, 3"
    ):
        run(benchmark, "VANILLA", seed=3, output_dir=tmp_path, verbose=0, epochs=1)


def test_the_best_epoch_by_validation_is_kept(benchmark):
    result = run(benchmark, "VANILLA", epochs=6, verbose=0)
    best = min(result.history["val_mae"])
    np.testing.assert_allclose(result.validation.loc["all", "mae"], best, rtol=1e-4)


def test_patience_ends_a_run(benchmark):
    recipe = dataclasses.replace(benchmark.recipe, patience=1, learning_rate=0.0)
    result = run(benchmark.replace(recipe=recipe), "VANILLA", epochs=9, verbose=0)
    assert len(result.history["loss"]) == 2


def test_the_learning_rate_falls_at_the_milestones(benchmark):
    result = run(benchmark, "VANILLA", epochs=3, verbose=0)
    np.testing.assert_allclose(result.history["learning_rate"], [1e-3, 1e-3, 1e-4], rtol=1e-6)


def test_a_run_that_diverges_raises(benchmark):
    recipe = dataclasses.replace(benchmark.recipe, learning_rate=1e38)
    with pytest.raises(ValueError, match="must reach a finite 'val_mae'"):
        run(benchmark.replace(recipe=recipe), "VANILLA", verbose=0)


DIE = """
class Die(keras.callbacks.Callback):
    seen = 0
    def on_train_batch_end(self, batch, logs=None):
        Die.seen += 1
        if Die.seen == int(sys.argv[2]):
            os._exit(9)

kr.experiments.run(
    make_benchmark(epochs=3), sys.argv[3], output_dir=sys.argv[1], verbose=0, callbacks=[Die()]
)
"""


@pytest.mark.parametrize(
    ("method", "dies_at"), [("SQINV + FDS + RANKSIM + CMIXUP", 5), ("RRT + LDS + RANKSIM", 14)]
)
def test_a_killed_run_resumes_to_the_report_of_an_uninterrupted_one(tmp_path, method, dies_at):
    """Three steps an epoch: it dies in the second epoch, or in the second of the second stage."""
    benchmark = make_benchmark(epochs=3)  # noqa: F821
    uncut = run(benchmark, method, output_dir=tmp_path / "uncut", verbose=0)
    died = subprocess.run(
        [sys.executable, "-c", SETUP + DIE, str(tmp_path / "cut"), str(dies_at), method],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
    )
    assert died.returncode == 9, died.stderr
    resumed = run(benchmark, method, output_dir=tmp_path / "cut", verbose=0)
    for name in set(uncut.history) - {"seconds"}:
        np.testing.assert_allclose(resumed.history[name], uncut.history[name], rtol=1e-5)
    pd.testing.assert_frame_equal(resumed.report, uncut.report, rtol=1e-4)


def test_a_folder_of_other_data_raises(benchmark, tmp_path):
    run(benchmark, "VANILLA", output_dir=tmp_path, verbose=0, epochs=1)
    labels = {**benchmark.labels, "test": benchmark.labels["test"][::-1].copy()}
    others = {
        "weights": benchmark.replace(weights=np.linspace(0.5, 2, 90)),
        "labels": benchmark.replace(labels=labels),
        "bins": benchmark.replace(bins=kr.LabelBins.uniform(0, 101, 2)),
        "label_scale": benchmark.replace(label_scale=3.0),
        "network": benchmark.replace(make_network=lambda: benchmark.make_network()),
    }
    for name, other in others.items():
        with pytest.raises(ValueError, match=f"holds a run that differs in {name}"):
            run(other, "VANILLA", output_dir=tmp_path, verbose=0, epochs=1)


def test_numpy_seeds_are_seeds(benchmark, tmp_path):
    result = run(benchmark, "VANILLA", np.int64(1), output_dir=tmp_path, verbose=0, epochs=1)
    assert result.seed == 1
    with pytest.raises(ValueError, match="`epochs` must be a whole number of at least 1"):
        run(benchmark, "VANILLA", epochs=0)
