"""Rows in blocks: the same loss and gradient as at once, from a fraction of the memory."""

import itertools
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from gradients import value_and_gradient

import keras_ranksim as kr
from keras_ranksim.ops import pairs

ON_TENSORFLOW = keras.config.backend() == "tensorflow"
RANDOM = np.random.default_rng(2)
FEATURES = RANDOM.normal(size=(23, 5)).astype("float32")
LABELS = np.sort(RANDOM.uniform(0, 9, size=(23, 1)).astype("float32"), axis=0)
PREDICTIONS = RANDOM.uniform(0, 9, size=(23, 1)).astype("float32")
WEIGHTS = RANDOM.uniform(0.5, 2, size=23).astype("float32")


def ranksim(features, rows=None, labels=LABELS, **options):
    return kr.ops.ranksim_loss(features, labels, 2.0, 0.5, seed=0, rows=rows, **options)


def conr(features, rows=None):
    return kr.ops.conr_loss(features, LABELS, PREDICTIONS, WEIGHTS, pushing_power=0.2, rows=rows)


def rank_n_contrast(features, rows=None, **options):
    return kr.ops.rank_n_contrast_loss(features, np.round(LABELS), rows=rows, **options)


MODES = [{}, {"compiled": True}]
JIT = {"compiled": True, "jit_compile": True}  # TensorFlow with XLA, which takes seconds


def own_similarity(labels):
    return -keras.ops.abs(labels[:, :1] - keras.ops.transpose(labels[:, 1:]))


TWO_LABELS = RANDOM.normal(size=(23, 2)).astype("float32")
EQUATIONS = {
    "ranksim": ranksim,
    "ranksim of means": lambda x, rows=None: ranksim(x, rows, reduction="mean"),
    "ranksim of two labels": lambda x, rows=None: ranksim(x, rows, TWO_LABELS),
    "ranksim of label cosines": lambda x, rows=None: ranksim(
        x, rows, TWO_LABELS, label_similarity="cosine"
    ),
    "ranksim of one's own": lambda x, rows=None: ranksim(
        x, rows, TWO_LABELS, label_similarity=own_similarity
    ),
    "conr": conr,
    "rank-n-contrast": rank_n_contrast,
    "rank-n-contrast of cosines": lambda x, rows=None: rank_n_contrast(
        x, rows, similarity="cosine", temperature=0.1
    ),
}


MAIN = ("ranksim", "conr", "rank-n-contrast")


def scaled(equation):
    """Three times the equation, so that the gradient is not the one found in the forward pass."""
    return lambda features: 3 * equation(features)


def assert_same(ones, others):
    for one, other in zip(ones, others):
        assert np.abs(one).max() > 0
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-5 * np.abs(one).max())


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 4 rows, from matrices of more than 30 entries."""
    monkeypatch.setattr(pairs, "ENTRIES_AT_ONCE", 30)
    monkeypatch.setattr(pairs, "ROWS_IN_A_BLOCK", 4)


@pytest.mark.parametrize(
    ("equation", "mode"),
    [
        *itertools.product(EQUATIONS, MODES),
        *((name, JIT) for name in MAIN if ON_TENSORFLOW),
    ],
    ids=str,
)
def test_blocks_give_what_all_rows_at_once_give(equation, mode, request):
    expected = value_and_gradient(scaled(EQUATIONS[equation]), FEATURES)
    request.getfixturevalue("small_blocks")
    assert_same(expected, value_and_gradient(scaled(EQUATIONS[equation]), FEATURES, **mode))


@pytest.mark.parametrize(
    ("equation", "blocks"),
    [*((name, True) for name in EQUATIONS), *((name, False) for name in MAIN)],
)
def test_the_terms_of_disjoint_rows_add_up_to_the_whole(equation, blocks, request):
    equation = EQUATIONS[equation]
    expected = value_and_gradient(scaled(equation), FEATURES)
    if blocks:
        request.getfixturevalue("small_blocks")
    shares = [
        value_and_gradient(scaled(lambda x, rows=rows: equation(x, rows)), FEATURES)
        for rows in ((0, 2), (2, 2), (2, 15), (15, 23))
    ]
    assert_same(expected, [sum(tensors) for tensors in zip(*shares)])


@pytest.mark.parametrize("case", range(5))
def test_blocks_give_the_published_ranksim(golden, case, small_blocks):
    arrays = golden("ranksim")
    loss, gradient = value_and_gradient(
        lambda x: kr.ops.ranksim_loss(
            x,
            arrays[f"{case}_labels"],
            gamma=float(arrays[f"{case}_gamma"]),
            lambda_=float(arrays[f"{case}_lambda"]),
            seed=0,
        ),
        arrays[f"{case}_features"],
    )
    expected = arrays[f"{case}_grad"]
    np.testing.assert_allclose(loss, arrays[f"{case}_loss"], rtol=1e-4)
    np.testing.assert_allclose(gradient, expected, atol=2e-4 * np.abs(expected).max())


MEASURED = """
import json, resource, sys
import numpy as np, keras_ranksim as kr
from gradients import value_and_gradient
from keras_ranksim.ops import pairs

size, pairs.ENTRIES_AT_ONCE, pairs.ROWS_IN_A_BLOCK = map(int, sys.argv[1:])
random = np.random.default_rng(0)
features = random.normal(size=(size, 8)).astype("float32")
labels = random.uniform(0, 100, size=size).astype("float32")

def measure(samples):
    y = labels[:samples]
    def loss(x):
        loss = kr.ops.ranksim_loss(x, y, gamma=0.01, lambda_=100.0, seed=0)
        return loss + kr.ops.conr_loss(x, y, y)
    loss, gradient = value_and_gradient(loss, features[:samples], compiled=True)
    assert np.isfinite(loss) and np.isfinite(gradient).all()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

before = measure(8)
print(json.dumps(measure(size) - before))
"""


def test_memory_grows_with_the_block_and_not_with_the_square():
    """A small case: smaller blocks for fewer samples. Their matrix has 0.035 GiB, and rows all at
    once take more than ten of it.

    `benchmarks/memory.py` measures up to 16,384 samples.
    """
    smaller = (pairs.ENTRIES_AT_ONCE // 16, pairs.ROWS_IN_A_BLOCK // 4)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "3072", *map(str, smaller)],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "XLA_FLAGS": ""},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) < 0.2
