"""ResNet-50 in its two forms."""

import keras
import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.networks import resnet50


def model_of(variant, input_shape=(32, 32, 3)):
    return keras.Model(*resnet50(input_shape, variant))


def trainable_count(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


@pytest.fixture(scope="module")
def papers_form():
    return model_of("v1.5", (64, 96, 3))


def layers_of(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def convolutions(model, size, strides=None):
    found = [conv for conv in layers_of(model, keras.layers.Conv2D) if conv.kernel_size[0] == size]
    return [conv for conv in found if strides is None or conv.strides[0] == strides]


def test_the_papers_form_has_their_number_of_parameters(papers_form):
    assert trainable_count(papers_form) == 23_508_032


def test_the_default_is_the_papers_form_at_224_pixels():
    inputs, embedding = resnet50()
    assert inputs.shape == (None, 224, 224, 3)
    assert embedding.shape == (None, 2048)
    assert trainable_count(keras.Model(inputs, embedding)) == 23_508_032


def test_stages_reduce_their_resolution_in_the_3x3_convolutions(papers_form):
    assert len(convolutions(papers_form, 3, strides=2)) == 3
    reducing = convolutions(papers_form, 1, strides=2)
    assert sorted(conv.filters for conv in reducing) == [512, 1024, 2048]
    assert len(layers_of(papers_form, keras.layers.Conv2D)) == 53


def test_convolutions_have_no_bias_and_batch_norms_the_papers_settings(papers_form):
    assert not any(conv.use_bias for conv in layers_of(papers_form, keras.layers.Conv2D))
    norms = layers_of(papers_form, keras.layers.BatchNormalization)
    assert {(norm.epsilon, norm.momentum) for norm in norms} == {(1e-5, 0.9)}


def test_kernels_start_with_the_fan_out_variance(papers_form):
    widest = max(convolutions(papers_form, 3), key=lambda conv: conv.filters)
    kernel = keras.ops.convert_to_numpy(widest.kernel)
    assert kernel.std() == pytest.approx(np.sqrt(2 / (9 * 512)), rel=0.01)
    first = keras.ops.convert_to_numpy(convolutions(papers_form, 7)[0].kernel)
    assert first.std() == pytest.approx(np.sqrt(2 / (49 * 64)), rel=0.05)


def test_feature_maps_shrink_as_those_of_symmetric_padding_do(papers_form):
    sides = {(tensor.shape[1], tensor.shape[2]) for tensor in outputs_of_additions(papers_form)}
    assert sides == {(16, 24), (8, 12), (4, 6), (2, 3)}


def outputs_of_additions(model):
    return [layer.output for layer in layers_of(model, keras.layers.Add)]


def test_the_first_convolution_pads_alike_on_both_sides(papers_form, random):
    conv = convolutions(papers_form, 7)[0]
    first = keras.Model(papers_form.inputs, conv.output)
    image = random.normal(size=(64, 96, 3)).astype("float32")
    kernel = keras.ops.convert_to_numpy(conv.kernel)
    padded = np.pad(image, ((3, 3), (3, 3), (0, 0)))
    found = first.predict(image[None], verbose=0)[0]
    assert found.shape == (32, 48, 64)
    for row, column in [(0, 0), (31, 47), (7, 20)]:
        window = padded[2 * row : 2 * row + 7, 2 * column : 2 * column + 7]
        expected = [np.sum(window * kernel[..., filter_]) for filter_ in range(64)]
        np.testing.assert_allclose(found[row, column], expected, atol=1e-4)


def test_every_strided_window_is_padded_alike_on_both_sides(papers_form):
    paddings = [layer.padding for layer in layers_of(papers_form, keras.layers.ZeroPadding2D)]
    assert paddings == [((3, 3), (3, 3))] + [((1, 1), (1, 1))] * 4


def test_the_other_form_is_that_of_keras_applications():
    model = model_of("v1")
    reference = keras.applications.ResNet50(
        weights=None, include_top=False, pooling="avg", input_shape=(32, 32, 3)
    )
    assert model.output.shape == (None, 2048)
    assert trainable_count(model) == trainable_count(reference)
    assert all(conv.use_bias for conv in layers_of(model, keras.layers.Conv2D))


def test_it_trains_under_an_imbalanced_regressor(random):
    inputs, embedding = resnet50((32, 32, 3))
    embedding = kr.layers.RankSimRegularizer()(embedding)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    model.compile("adam", loss="mae", run_eagerly=True)
    x, y = random.normal(size=(4, 32, 32, 3)).astype("float32"), np.array([20.0, 30, 40, 70])
    loss = model.train_on_batch(x, y)
    assert np.isfinite(loss).all()


@pytest.mark.parametrize("variant", ["v2", "1.5", None])
def test_an_unknown_variant_is_told(variant):
    with pytest.raises(ValueError, match=r"`variant` must be one of 'v1\.5', 'v1'"):
        resnet50(variant=variant)


@pytest.mark.parametrize("input_shape", [(224, 224), (16, 224, 3), (224, 31, 3)])
def test_a_wrong_input_shape_is_told(input_shape):
    with pytest.raises(ValueError, match="`input_shape` must be"):
        resnet50(input_shape)
