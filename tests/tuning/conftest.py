"""The small search of these tests, trained once, and a training that takes no time."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_search import make_benchmark, small_search

import keras_ranksim as kr


@pytest.fixture(scope="session")
def benchmark():
    return make_benchmark()


@pytest.fixture(scope="session")
def found(tmp_path_factory):
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
