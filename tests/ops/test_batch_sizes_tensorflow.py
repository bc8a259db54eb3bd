"""Batches of unknown size in compiled TensorFlow functions."""

import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.ops import pairs
from keras_ranksim.ops.distinct import one_per_label

RANDOM = np.random.default_rng(2)
FEATURES = RANDOM.normal(size=(23, 5)).astype("float32")
LABELS = np.round(np.sort(RANDOM.uniform(0, 9, size=(23, 1)), axis=0)).astype("float32")


@pytest.mark.parametrize("jit_compile", [False, True])
def test_the_size_of_a_batch_may_vary_from_step_to_step(monkeypatch, jit_compile):
    """As in training, where a batch holds an unknown number of distinct labels."""
    monkeypatch.setattr(pairs, "ENTRIES_AT_ONCE", 30)
    monkeypatch.setattr(pairs, "ROWS_IN_A_BLOCK", 4)
    signature = [tf.TensorSpec((None, 5)), tf.TensorSpec((None, 1))]

    @tf.function(input_signature=signature, jit_compile=jit_compile)
    def loss(features, labels):
        return kr.ops.ranksim_loss(features, labels, seed=0)

    for count in (1, 6, 23):
        few = FEATURES[:count], LABELS[:count]
        kept = one_per_label(few[1], seed=0).numpy()
        expected = kr.ops.ranksim_loss(few[0][kept], few[1][kept])
        np.testing.assert_allclose(loss(*few), expected, rtol=1e-5)
