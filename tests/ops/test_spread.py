"""How far apart similarities lie, by plain loops."""

import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.ops import spread


def spread_by_loops(features):
    unit = [row / np.linalg.norm(row) for row in features]
    variances = [np.var([one @ other for other in unit]) for one in unit]
    return np.sqrt(np.mean(variances))


@pytest.mark.parametrize("shape", [(9, 4), (4, 9), (1, 3)], ids=str)
@pytest.mark.parametrize("largest", [4096, 2], ids=["short rows", "long rows"])
def test_the_spread_is_that_of_the_matrix_of_similarities(random, monkeypatch, shape, largest):
    monkeypatch.setattr(spread, "LARGEST_SQUARE", largest)
    features = random.normal(size=shape).astype("float32") + 0.5
    found = kr.ops.similarity_spread(features)
    np.testing.assert_allclose(found, spread_by_loops(features), rtol=1e-4, atol=1e-7)


def test_a_small_spread_is_not_lost_beside_similarities_near_one(random):
    features = (100 + random.normal(size=(20, 8))).astype("float32")
    expected = spread_by_loops(features.astype("float64"))
    assert expected < 1e-4
    np.testing.assert_allclose(kr.ops.similarity_spread(features), expected, rtol=0.02)


def test_no_samples_and_no_directions_have_no_spread():
    for features in (np.zeros((0, 3), "float32"), np.zeros((5, 3), "float32")):
        assert float(kr.ops.similarity_spread(features)) == 0.0
