import keras
import numpy as np
import pytest

import keras_ranksim as kr


def test_the_embedding_is_as_long_as_the_last_block_has_filters():
    inputs, embedding = kr.networks.small_cnn()
    assert inputs.shape == (None, 64, 64, 3)
    assert embedding.shape == (None, 128)
    assert kr.networks.small_cnn((32, 48, 1), filters=(4, 6))[1].shape == (None, 6)


def test_every_block_but_the_last_halves_the_picture():
    inputs, embedding = kr.networks.small_cnn((64, 64, 3), filters=(4, 6, 8))
    model = keras.Model(inputs, embedding)
    sides = [
        layer.output.shape[1] for layer in model.layers if isinstance(layer, keras.layers.Conv2D)
    ]
    assert sides == [32, 16, 16]


def test_the_embedding_is_the_mean_over_the_picture_and_never_negative(random):
    inputs, embedding = kr.networks.small_cnn((16, 16, 3), filters=(4, 6))
    features = keras.Model(inputs, [embedding._keras_history.operation.input, embedding])
    maps, means = features(random.normal(size=(5, 16, 16, 3)).astype("float32"))
    np.testing.assert_allclose(means, np.mean(maps, axis=(1, 2)), atol=1e-6)
    assert np.min(maps) == 0


def test_it_learns_and_comes_back_from_a_file(tmp_path, random):
    inputs, embedding = kr.networks.small_cnn((16, 16, 3), filters=(4, 8))
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    model.compile(keras.optimizers.Adam(0.01), loss="mae")
    y = random.random((64, 1)).astype("float32")
    x = np.broadcast_to(y[:, :, None, None], (64, 16, 16, 3)).copy()
    history = model.fit(x, y, epochs=10, batch_size=16, verbose=0)
    assert history.history["loss"][-1] < 0.5 * history.history["loss"][0]
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(x), model(x), atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_shape": (64, 64)}, r"`image_shape` must be \(height, width, channels\)"),
        ({"image_shape": (64, 0, 3)}, "`image_shape` must be a whole number of at least 1"),
        ({"filters": ()}, "`filters` must not be empty"),
        ({"filters": (8, 2.5)}, "`filters` must be a whole number of at least 1"),
        ({"filters": ("many",)}, "`filters` must hold numbers"),
    ],
)
def test_wrong_arguments_are_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.networks.small_cnn(**arguments)
