"""Two replicas with half a batch each learn what one learns with the whole.

Steps are few on purpose: the ranks are piecewise constant, so once a rounding error of 1e-8
swaps two neighbors, any two runs of RankSim part for good.
"""

import numpy as np
import pytest
import tensorflow as tf
from small import assert_all_close, data, regressor, statistics_of, weights_of

import keras_ranksim as kr


@pytest.mark.parametrize(
    "names",
    [("ranksim",), ("fds",), ("ranksim", "fds"), ("fds", "ranksim", "rnc", "conr")],
    ids=" then ".join,
)
def test_two_replicas_learn_what_one_learns(names, two_replicas):
    alone = regressor(*names)
    history = alone.fit(data(), epochs=2, verbose=0).history

    with two_replicas.scope():
        together = regressor(*names)
    history_together = together.fit(data(), epochs=2, verbose=0).history

    np.testing.assert_allclose(history_together["loss"], history["loss"], rtol=1e-5)
    assert_all_close(weights_of(alone), weights_of(together), atol=1e-5)
    if "fds" in names:
        with two_replicas.scope():
            assert_all_close(statistics_of(alone), statistics_of(together), rtol=1e-4, atol=1e-5)


def test_the_regularizer_acts_on_the_global_batch(two_replicas):
    """With half a batch each, the local term would be about half of the global one."""
    x, y, _ = next(iter(data()))
    layer = kr.layers.RankSimRegularizer(gamma=1.0, seed=1)

    def step(features, labels):
        with kr.label_scope(labels) as scope:
            layer(features, training=True)
        return scope.total_loss()

    batches = tf.data.Dataset.from_tensors((x, y)).unbatch().batch(32)
    features, labels = next(iter(two_replicas.experimental_distribute_dataset(batches)))
    terms = two_replicas.run(step, args=(features, labels))
    total = two_replicas.reduce("sum", terms, axis=None)
    expected = kr.ops.ranksim_loss(x, y, gamma=1.0, lambda_=100.0, seed=1)
    np.testing.assert_allclose(total, expected, rtol=0.05)


def test_a_plain_model_under_replicas_is_told_what_to_do(two_replicas):
    layer = kr.layers.RankSimRegularizer(name="regularizer")

    def step():
        layer(tf.ones((4, 3)), tf.range(4.0), training=True)

    with pytest.raises(ValueError, match=r"'regularizer' acts on the samples of all 2 replicas"):
        two_replicas.run(step)
