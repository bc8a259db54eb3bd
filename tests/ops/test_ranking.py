"""Ranks and their black-box gradient, against plain loops and golden arrays."""

import keras
import numpy as np
import pytest
from gradients import numpy, value_and_gradient
from keras import ops

import keras_ranksim as kr
from keras_ranksim.ops import larger_entries
from keras_ranksim.ops.ranking import rank_by_distance


def rank_by_definition(row):
    return [1 + sum(other > value for other in row) for value in row]


@pytest.mark.parametrize("size", [1, 2, 5, 33, 150])
def test_rank_is_one_plus_the_number_of_larger_entries(random, size):
    scores = random.integers(0, 10, size=(4, size)).astype("float32")
    expected = [rank_by_definition(row) for row in scores]
    np.testing.assert_array_equal(kr.ops.rank(scores), expected)


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="only JAX ranks in several ways")
@pytest.mark.parametrize("machine", ["a processor, long rows", "an accelerator"])
@pytest.mark.parametrize("size", [1, 33, 150])
def test_every_way_of_ranking_in_jax_gives_the_same(random, monkeypatch, size, machine):
    import jax

    if machine == "an accelerator":
        monkeypatch.setattr(jax.lax, "platform_dependent", lambda rows, cpu, default: default(rows))
    else:
        monkeypatch.setattr(larger_entries, "MOST_COUNTED_ON_CPU", 0)
    scores = random.integers(0, 10, size=(4, size)).astype("float32")
    expected = [rank_by_definition(row) for row in scores]
    np.testing.assert_array_equal(kr.ops.rank(scores), expected)


def test_rank_works_along_the_last_axis_of_any_shape(random):
    scores = random.normal(size=(2, 3, 7)).astype("float32")
    assert kr.ops.rank(scores).shape == (2, 3, 7)
    np.testing.assert_array_equal(kr.ops.rank(scores)[1, 2], rank_by_definition(scores[1, 2]))
    np.testing.assert_array_equal(kr.ops.rank(scores[0, 0]), rank_by_definition(scores[0, 0]))


@pytest.mark.parametrize("spread", ["whole", "fractional", "one", "pair"])
def test_ranks_of_sorted_points_are_those_of_their_distances(random, spread):
    points = {
        "whole": np.unique(random.integers(0, 100, size=40)),
        "fractional": np.unique(random.uniform(size=40)),
        "one": np.array([3.0]),
        "pair": np.array([1.0, 2.0]),
    }[spread].astype("float32")
    expected = [rank_by_definition(-np.abs(points - point)) for point in points]
    np.testing.assert_array_equal(rank_by_distance(points), expected)


def test_ranks_of_sorted_points_count_only_the_points_kept(random):
    points = np.sort(random.integers(0, 30, size=25)).astype("float32")
    kept = np.diff(points, prepend=-1) > 0
    expected = [rank_by_definition(-np.abs(points[kept] - point)) for point in points[kept]]
    ranks = numpy(rank_by_distance(points, kept=kept))
    np.testing.assert_array_equal(ranks[kept][:, kept], expected)
    rows = np.flatnonzero(kept)[[3, 1]].astype("int32")
    np.testing.assert_array_equal(rank_by_distance(points, rows, kept), ranks[rows])


def test_distances_equal_but_for_rounding_share_a_rank():
    labels = (np.arange(51) / 10).astype("float32")
    exact = np.abs(np.arange(51)[:, None] - np.arange(51))
    expected = [rank_by_definition(-row) for row in exact]
    np.testing.assert_array_equal(rank_by_distance(labels), expected)


def test_one_large_point_leaves_the_ranks_of_the_others_as_they_are():
    points = np.array([1, 2, 3, 4, 1e9])
    expected = [rank_by_definition(-np.abs(points - point)) for point in points]
    np.testing.assert_array_equal(rank_by_distance(points.astype("float32")), expected)


def test_blackbox_gradient_is_the_interpolation_of_the_definition(random):
    scores = random.normal(size=(3, 9)).astype("float32")
    upstream = random.normal(size=(3, 9)).astype("float32")
    ranks = numpy(kr.ops.blackbox_rank(scores, lambda_=0.7))
    _, gradient = value_and_gradient(
        lambda x: ops.sum(kr.ops.blackbox_rank(x, lambda_=0.7) * ops.convert_to_tensor(upstream)),
        scores,
    )

    perturbed = scores + np.float32(0.7) * upstream
    expected = [
        -(np.array(rank_by_definition(a)) - rank_by_definition(b)) / 9 / 0.7
        for a, b in zip(scores, perturbed)
    ]
    np.testing.assert_allclose(ranks, [np.array(rank_by_definition(a)) / 9 for a in scores])
    np.testing.assert_allclose(gradient, expected, rtol=1e-5)


def test_lambda_must_be_positive():
    with pytest.raises(ValueError, match=r"`lambda_` must be a positive number.*lambda_=0"):
        kr.ops.blackbox_rank([1.0, 2.0], lambda_=0)
