"""The small search of these tests, trained once, and a training that takes no time."""

import contextlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from small_search import make_benchmark, small_search

import keras_ranksim as kr


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("ignore:Even though the `tf.config"))


@contextlib.contextmanager
def eagerly():
    """Tracing so many small models takes longer than their few steps."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


@pytest.fixture(autouse=True)
def _eagerly():
    with eagerly():
        yield


@pytest.fixture(scope="session")
def benchmark():
    return make_benchmark()


@pytest.fixture(scope="session")
def found(tmp_path_factory):
    with eagerly():
        return small_search(tmp_path_factory.mktemp("tuning") / "search")


class Trained:
    """Stands in for training: remembers the settings, and gives every label one error."""

    def __init__(self):
        self.settings, self.seeds, self.fail = [], [], lambda hp: None

    def error(self, hp, seed):
        return 1.0 + abs(np.log10(hp.values["gamma"] or 1e-9)) + seed

    def train(self, hp, seed, folder, verbose=0, callbacks=()):
        self.fail(hp)
        self.settings.append(dict(hp.values))
        self.seeds.append(seed)
        report = pd.DataFrame(
            {"n": [2, 0, 1, 1, 0], "mae": self.error(hp, seed)},
            index=["all", "many", "medium", "few", "zero"],
        )
        report["mae"] = report["mae"].where(report["n"] > 0)
        return self, report

    def save(self, path):
        Path(path).write_text("a model")


@pytest.fixture
def trained(monkeypatch):
    """Replaces the training of benchmarks by `Trained`."""
    trained = Trained()

    def train(hypermodel, *args, **kwargs):
        return trained.train(*args, **kwargs)

    monkeypatch.setattr(kr.tuning.RankSimHyperModel, "train", train)
    return trained
