"""The perceptron for tables."""

import keras
import numpy as np
import pytest

import keras_ranksim as kr


def dense_stack(model):
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]


def test_it_ends_at_an_embedding_of_the_last_width():
    inputs, embedding = kr.networks.mlp(7, widths=(16, 8))
    model = keras.Model(inputs, embedding)
    assert model.input_shape == (None, 7)
    assert model.output_shape == (None, 8)
    assert model.count_params() == (7 + 1) * 16 + (16 + 1) * 8


def test_it_computes_what_the_matrices_say(random):
    model = keras.Model(*kr.networks.mlp(3, widths=(4, 2), activation="relu"))
    x = random.normal(size=(5, 3)).astype("float32")
    expected = x
    for layer in dense_stack(model):
        kernel, bias = layer.get_weights()
        expected = np.maximum(expected @ kernel + bias, 0)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_dropout_follows_every_layer_but_the_last():
    model = keras.Model(*kr.networks.mlp(3, widths=(8, 8, 8), dropout=0.3))
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["InputLayer", "Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert model.layers[2].rate == 0.3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"input_size": 0}, "`input_size` must be a whole number of at least 1"),
        ({"input_size": 3, "widths": ()}, "`widths` must name at least one layer"),
        ({"input_size": 3, "widths": (8, 0)}, "`widths` must be a whole number of at least 1"),
        ({"input_size": 3, "dropout": 1.0}, "`dropout` must be at least 0 and below 1"),
    ],
)
def test_mistakes_are_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.networks.mlp(**arguments)
