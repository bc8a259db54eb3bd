"""Rows in blocks: the same loss and gradient as at once, from a fraction of the memory."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.ops import pairs
from keras_ranksim.ops.ranksim import ranksim_of_distinct

RANDOM = np.random.default_rng(2)
FEATURES = RANDOM.normal(size=(23, 5)).astype("float32")
LABELS = np.sort(RANDOM.uniform(0, 9, size=(23, 1)).astype("float32"), axis=0)
PREDICTIONS = RANDOM.uniform(0, 9, size=(23, 1)).astype("float32")
WEIGHTS = RANDOM.uniform(0.5, 2, size=23).astype("float32")


def ranksim(features, rows=None, labels=LABELS, **options):
    return ranksim_of_distinct(features, labels, 2.0, 0.5, rows=rows, **options)


def conr(features, rows=None):
    return kr.ops.conr_loss(features, LABELS, PREDICTIONS, WEIGHTS, pushing_power=0.2, rows=rows)


def own_similarity(labels):
    return -tf.abs(labels[:, :1] - tf.transpose(labels[:, 1:]))


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
}


def value_and_gradient(equation, features=FEATURES, **options):
    def differentiated(features):
        with tf.GradientTape() as tape:
            tape.watch(features)
            loss = equation(features)
            scaled = 3 * loss
        return loss, tape.gradient(scaled, features)

    compiled = tf.function(differentiated, **options) if options else differentiated
    return [tensor.numpy() for tensor in compiled(tf.constant(features))]


def assert_same(ones, others):
    for one, other in zip(ones, others):
        assert np.abs(one).max() > 0
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-5 * np.abs(one).max())


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 4 rows, from matrices of more than 30 entries."""
    monkeypatch.setattr(pairs, "ENTRIES_AT_ONCE", 30)
    monkeypatch.setattr(pairs, "ROWS_IN_A_BLOCK", 4)


@pytest.mark.parametrize("equation", EQUATIONS)
@pytest.mark.parametrize("mode", [{}, {"jit_compile": False}, {"jit_compile": True}], ids=str)
def test_blocks_give_what_all_rows_at_once_give(equation, mode, request):
    expected = value_and_gradient(EQUATIONS[equation])
    request.getfixturevalue("small_blocks")
    assert_same(expected, value_and_gradient(EQUATIONS[equation], **mode))


@pytest.mark.parametrize("equation", EQUATIONS)
@pytest.mark.parametrize("blocks", [False, True])
def test_the_terms_of_disjoint_rows_add_up_to_the_whole(equation, blocks, request):
    equation = EQUATIONS[equation]
    expected = value_and_gradient(equation)
    if blocks:
        request.getfixturevalue("small_blocks")
    shares = [
        value_and_gradient(lambda x, rows=rows: equation(x, rows))
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
        ),
        arrays[f"{case}_features"],
    )
    expected = arrays[f"{case}_grad"]
    np.testing.assert_allclose(loss, arrays[f"{case}_loss"], rtol=1e-4)
    np.testing.assert_allclose(gradient / 3, expected, atol=2e-4 * np.abs(expected).max())


@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_size_of_a_batch_may_vary_from_step_to_step(small_blocks, jit_compile):
    """As in training, where a batch holds an unknown number of distinct labels."""
    labels = np.round(LABELS)

    signature = [tf.TensorSpec((None, 5)), tf.TensorSpec((None, 1))]

    @tf.function(input_signature=signature, jit_compile=jit_compile)
    def loss(features, labels):
        return kr.ops.ranksim_loss(features, labels, seed=0)

    for count in (1, 5, 6, 23):
        few = FEATURES[:count], labels[:count]
        kept = kr.ops.one_per_label(few[1], seed=0).numpy()
        expected = ranksim_of_distinct(few[0][kept], few[1][kept])
        np.testing.assert_allclose(loss(*few), expected, rtol=1e-5)


MEASURED = """
import json, resource, sys
import numpy as np, tensorflow as tf, keras_ranksim as kr

size = int(sys.argv[1])
random = np.random.default_rng(0)
features = tf.constant(random.normal(size=(size, 8)).astype("float32"))
labels = random.uniform(0, 100, size=size).astype("float32")

@tf.function
def step(features, labels):
    with tf.GradientTape() as tape:
        tape.watch(features)
        loss = kr.ops.ranksim_loss(features, labels, gamma=0.01, lambda_=100.0)
        loss = loss + kr.ops.conr_loss(features, labels, labels)
    return loss, tape.gradient(loss, features)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

step(features[:8], labels[:8])
before = peak()
loss, gradient = step(features, labels)
assert np.isfinite(loss.numpy()) and np.isfinite(gradient.numpy()).all()
print(json.dumps(peak() - before))
"""


def test_memory_grows_with_the_block_and_not_with_the_square():
    """The matrix of 6,144 samples has 0.14 GiB, and all at once there are more than ten of it.

    `benchmarks/scaling.py` measures 16,384 samples of 2,048 features.
    """
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "6144"],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) < 0.75
