"""The encoder-decoder of the depth benchmark."""

import types

import keras
import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.networks import depth
from keras_ranksim.networks.depth import depth_head, depth_network
from keras_ranksim.networks.resnet import resnet50_stages


def small_encoder(images):
    stages, features = [], keras.layers.AveragePooling2D(2)(images)
    for width in (4, 8, 16, 64):
        features = keras.layers.Conv2D(width, 3, strides=2, padding="same")(features)
        stages.append(features)
    return stages


def small_net(shape=(20, 28, 3)):
    inputs, embedding = depth_network(shape, small_encoder, fusion_width=2)
    return kr.ImbalancedRegressor(inputs, depth_head()(embedding))


def parameters(inputs, outputs):
    return keras.Model(inputs, outputs).count_params()


def up_projection(channels, width):
    return 25 * channels * width + 9 * width * width + 25 * channels * width + 3 * 4 * width


def test_the_published_sizes_follow_from_the_published_widths():
    inputs, embedding = depth_network((228, 304, 3))
    assert embedding.shape == (None, 114, 152, 128)
    assert depth_head()(embedding).shape == (None, 114, 152, 1)
    encoder, _ = kr.networks.resnet50((228, 304, 3))
    decoder = 2048 * 1024 + 4 * 1024
    for channels in (1024, 512, 256, 128):
        decoder += up_projection(channels, channels // 2)
    fusion = sum(up_projection(channels, 16) for channels in (256, 512, 1024, 2048))
    fusion += 25 * 64 * 64 + 4 * 64
    refinement = 2 * (25 * 128 * 128 + 4 * 128)
    resnet = parameters(encoder, resnet50_stages(encoder))
    assert parameters(inputs, embedding) == resnet + decoder + fusion + refinement


def test_any_size_divisible_by_four_gives_half_of_it():
    for height, width in ((20, 28), (48, 64), (36, 44)):
        assert small_net((height, width, 3)).output_shape == (None, height // 2, width // 2, 1)


def test_every_stage_and_every_weight_reaches_the_output(random):
    model = small_net()
    images = random.random((2, 20, 28, 3)).astype("float32")
    model.compile(keras.optimizers.SGD(0.1), loss="mse", run_eagerly=True)
    before = [variable.numpy() for variable in model.trainable_variables]
    model.train_on_batch(images, random.random((2, 10, 14, 1)))
    for variable, was in zip(model.trainable_variables, before):
        # What a BatchNormalization takes away again cannot be learned.
        if not (variable.path.endswith("bias") and "conv2d" in variable.path):
            assert np.abs(variable.numpy() - was).max() > 0, variable.path


def test_features_are_enlarged_between_pixels_not_from_corner_to_corner():
    inputs = keras.Input((1, 2, 1))
    enlarged = keras.ops.image.resize(inputs, (1, 4), interpolation="bilinear")
    values = keras.Model(inputs, enlarged)(np.array([[[[0.0], [1.0]]]]))
    np.testing.assert_allclose(np.ravel(values), [0, 0.25, 0.75, 1])
    resizes = [step for step in small_net().operations if "resize" in step.name]
    assert {step.interpolation for step in resizes} == {"bilinear"}
    steps = sorted((step.input.shape[1:3], step.output.shape[1:3]) for step in resizes)
    decoder = [((1, 1), (2, 2)), ((2, 2), (3, 4)), ((3, 4), (5, 7)), ((5, 7), (10, 14))]
    fusion = [(size, (10, 14)) for size in ((1, 1), (2, 2), (3, 4), (5, 7))]
    assert steps == sorted(decoder + fusion)


def test_a_saved_net_predicts_the_same(tmp_path, random):
    model = small_net()
    model.save(tmp_path / "net.keras")
    images = random.random((2, 20, 28, 3)).astype("float32")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    np.testing.assert_allclose(loaded(images), model(images), rtol=1e-5)


def test_half_precision_gives_half_precision_features(random):
    keras.config.set_dtype_policy("mixed_float16")
    inputs, embedding = depth_network((20, 28, 3), small_encoder, 2)
    features = keras.Model(inputs, embedding)(random.random((2, 20, 28, 3)).astype("float32"))
    assert features.dtype == "float16"
    assert np.isfinite(features).all()


def test_statistics_of_features_are_collected_by_pixel(random):
    inputs, embedding = depth_network((20, 28, 3), small_encoder, 2)
    bins = kr.LabelBins.uniform(0.7, 10, 0.1)
    fds = kr.layers.FeatureDistributionSmoothing(bins, variance_clip=(0.2, 5))
    fds.build(embedding.shape)
    features = keras.Model(inputs, embedding)(random.random((3, 20, 28, 3)).astype("float32"))
    labels = random.choice([0.2, 2.0, 2.15, 5.05, 12.0], size=(3, 10, 14, 1)).astype("float32")
    fds.update_state(features, labels)
    with pytest.warns(UserWarning, match="170 of 420 labels of the last epoch lie outside"):
        fds.finalize_state()
    rows, pixel = np.reshape(features, (-1, 10)), labels.ravel()
    for value, bin_ in ((0.2, 0), (2.0, 13), (2.15, 14), (5.05, 43), (12.0, 92)):
        mine = rows[pixel == np.float32(value)]
        np.testing.assert_allclose(fds.running_mean[bin_], mine.mean(axis=0), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(
            fds.running_variance[bin_], mine.var(axis=0, ddof=1), rtol=1e-3, atol=1e-5
        )
    calibrated = fds.calibrate(features, labels)
    assert calibrated.shape == features.shape
    assert np.abs(calibrated - features).max() > 1e-3


def test_weights_of_keras_applications_get_the_images_they_were_learned_on(monkeypatch, random):
    seen = {}

    def fake(include_top, weights, input_tensor):
        seen.update(include_top=include_top, weights=weights, images=input_tensor)
        stages = dict(zip(depth.LAST_OF_STAGES, small_encoder(input_tensor)))
        return types.SimpleNamespace(
            get_layer=lambda name: types.SimpleNamespace(output=stages[name])
        )

    monkeypatch.setattr(keras.applications, "ResNet50", fake)
    inputs, _ = depth_network((20, 28, 3), "v1", 2, encoder_weights="imagenet")
    assert (seen["include_top"], seen["weights"]) == (False, "imagenet")
    rgb = random.random((2, 20, 28, 3)).astype("float32")
    scaled = (rgb - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    expected = keras.applications.resnet.preprocess_input(rgb * 255)
    given = keras.Model(inputs, seen["images"])(scaled.astype("float32"))
    np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-3)

    inputs, _ = depth_network((20, 28, 3), "v1", 2)
    assert seen["weights"] is None
    assert seen["images"] is inputs


def test_the_stages_of_keras_resnet_are_found():
    images = keras.Input((64, 96, 3))
    stages = depth._stages(images, "v1", None)
    assert [stage.shape[1:] for stage in stages] == [
        stage.shape[1:] for stage in resnet50_stages(images)
    ]
    assert [stage.shape[1:] for stage in stages] == [
        (16, 24, 256),
        (8, 12, 512),
        (4, 6, 1024),
        (2, 3, 2048),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"encoder": "v2"}, "`encoder` must be one of 'v1.5', 'v1'. Received: encoder='v2'"),
        (
            {"encoder_weights": "imagenet"},
            "`encoder_weights` must be None unless `encoder` is 'v1'",
        ),
        (
            {"encoder": lambda images: [images]},
            "The encoder must give four feature maps.*Received: .*20, 28, 3",
        ),
        ({"encoder": small_encoder, "fusion_width": 0}, "`fusion_width` must be a whole number"),
    ],
)
def test_wrong_arguments_are_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        depth_network((20, 28, 3), **arguments)
