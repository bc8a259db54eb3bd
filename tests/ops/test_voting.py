"""Voting experts, against plain loops."""

import math

import numpy as np
import pytest
from gradients import evaluate, value_and_gradient
from scipy import stats

from keras_ranksim.ops.voting import laplace_losses, of_surest, voting_loss

RANDOM = np.random.default_rng(1)
LABELS = RANDOM.normal(size=(9, 1)).astype("float32")
CENTERS = RANDOM.normal(size=(9, 3)).astype("float32")
LOG_SCALES = RANDOM.normal(size=(9, 3)).astype("float32")
WEIGHTS = RANDOM.uniform(0.5, 2, size=(9, 3)).astype("float32")


def test_a_loss_is_minus_the_log_likelihood():
    expected = -stats.laplace.logpdf(LABELS, CENTERS, np.exp(LOG_SCALES))
    losses = evaluate(laplace_losses, LABELS, CENTERS, LOG_SCALES)
    np.testing.assert_allclose(losses, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("ramp", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("experts", [1, 2, 3])
def test_the_loss_of_a_batch_is_that_of_a_loop(experts, ramp):
    expected = 0.0
    for i in range(9):
        for m in range(experts):
            b = math.exp(LOG_SCALES[i, m])
            loss = math.log(2 * b) + abs(LABELS[i, 0] - CENTERS[i, m]) / b
            expected += (1 if m == 0 else ramp) * WEIGHTS[i, m] * loss / 9
    some = [array[:, :experts] for array in (CENTERS, LOG_SCALES, WEIGHTS)]
    loss = evaluate(lambda *arrays: voting_loss(*arrays, ramp=ramp), LABELS, *some)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_the_surest_expert_answers():
    expected = [
        [row[scales.index(min(scales))]] for row, scales in zip(CENTERS, LOG_SCALES.tolist())
    ]
    np.testing.assert_array_equal(evaluate(of_surest, CENTERS, LOG_SCALES), expected)


def test_a_perfect_answer_and_an_empty_batch_have_finite_gradients():
    for count in (0, 4):
        some = [array[:count] for array in (CENTERS[:, :1], CENTERS, LOG_SCALES, WEIGHTS)]
        loss, gradient = value_and_gradient(
            lambda x, some=some: voting_loss(some[0], x, *some[2:]), some[1]
        )
        assert np.isfinite(loss)
        assert np.isfinite(gradient).all()
