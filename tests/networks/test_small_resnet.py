"""The small residual network."""

import numpy as np
import pytest

import keras_ranksim as kr


@pytest.mark.parametrize("shape", [(64, 64, 3), (16, 16, 1), (50, 33, 3)])
def test_images_of_any_size_end_at_an_embedding(shape):
    inputs, embedding = kr.networks.small_resnet(shape, widths=(4, 6, 8))
    model = kr.ImbalancedRegressor(inputs, embedding)
    assert model.predict(np.zeros((2, *shape)), verbose=0).shape == (2, 8)


def test_it_is_as_small_as_it_says():
    inputs, embedding = kr.networks.small_resnet()
    assert 500_000 < kr.ImbalancedRegressor(inputs, embedding).count_params() < 800_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (64, 64)}, r"`image_shape` must be \(height, width, channels\)"),
        ({"image_shape": (64, 0, 3)}, "`image_shape` must be a whole number of at least 1"),
        ({"widths": ()}, "`widths` must name at least one width"),
        ({"widths": (8, 1.5)}, "`widths` must be a whole number of at least 1"),
    ],
)
def test_mistakes_raise(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.networks.small_resnet(**arguments)
