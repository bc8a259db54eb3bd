"""The network that compares two vectors."""

import keras
import numpy as np
import pytest

from keras_ranksim.networks.vector_pair import CompareVectors, vector_pair


def test_it_computes_what_the_matrices_say(random):
    model = keras.Model(*vector_pair(3, widths=(4, 2)))
    u, v = random.normal(size=(2, 5, 3)).astype("float32")
    expected = np.concatenate([5 * np.abs(u - v), 20 * u * v], axis=1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            kernel, bias = layer.get_weights()
            expected = np.maximum(expected @ kernel + bias, 0)
    np.testing.assert_allclose(model.predict((u, v), verbose=0), expected, rtol=1e-4, atol=1e-5)


def test_it_is_saved_and_loaded(tmp_path, random):
    model = keras.Model(*vector_pair(3))
    model.save(tmp_path / "pair.keras")
    pair = tuple(random.normal(size=(2, 4, 3)).astype("float32"))
    again = keras.models.load_model(tmp_path / "pair.keras")
    np.testing.assert_array_equal(again.predict(pair, verbose=0), model.predict(pair, verbose=0))
    layer = CompareVectors(difference=2, product=0)
    assert CompareVectors.from_config(layer.get_config()).difference == 2
    assert layer(*pair).shape == (4, 6)


def test_wrong_sizes_raise():
    with pytest.raises(ValueError, match="`size` must be a whole number of at least 1"):
        vector_pair(0)
    with pytest.raises(ValueError, match="`product` must be a number of at least 0"):
        CompareVectors(product=-1)
