"""The RankSim layer: where labels come from, what it adds, what it leaves alone."""

import threading

import keras
import numpy as np
import pytest
from gradients import gradient, numpy

import keras_ranksim as kr
from keras_ranksim.scope.label_scope import current_scope

FEATURES = np.random.default_rng(1).normal(size=(12, 5)).astype("float32")
LABELS = np.arange(12, dtype="float32")[:, None]


def test_the_layer_adds_the_loss_of_the_equation():
    layer = kr.layers.RankSimRegularizer(gamma=2.0, lambda_=3.0, seed=0)
    outputs = layer(FEATURES, LABELS, training=True)
    np.testing.assert_array_equal(outputs, FEATURES)
    expected = kr.ops.ranksim_loss(FEATURES, LABELS, gamma=2.0, lambda_=3.0, seed=0)
    np.testing.assert_allclose([float(loss) for loss in layer.losses], [float(expected)])


def test_labels_may_come_from_a_scope():
    layer = kr.layers.RankSimRegularizer(gamma=2.0)
    with kr.label_scope(LABELS) as scope:
        layer(FEATURES, training=True)
    expected = kr.ops.ranksim_loss(FEATURES, LABELS, gamma=2.0, lambda_=100.0, seed=0)
    np.testing.assert_allclose(numpy(scope.total_loss()), numpy(expected), rtol=1e-6)
    assert layer.losses == []


def test_labels_may_come_from_an_optional_input_of_a_plain_model():
    features = keras.Input((5,))
    labels = keras.Input((1,), optional=True)
    embedding = keras.layers.Dense(4)(features)
    embedding = kr.layers.RankSimRegularizer(gamma=5.0)(embedding, labels)
    model = keras.Model([features, labels], keras.layers.Dense(1)(embedding))
    model.compile("sgd", loss="mse")
    predictions = model([FEATURES, LABELS], training=True)
    term = model.losses[0]
    expected = np.mean((numpy(predictions) - LABELS) ** 2) + numpy(term)
    loss = model.fit([FEATURES, LABELS], LABELS, batch_size=12, verbose=0).history["loss"][0]
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    assert term > 0
    assert model([FEATURES, None]).shape == (12, 1)


def test_without_labels_training_tells_the_three_ways():
    layer = kr.layers.RankSimRegularizer(name="rank")
    with pytest.raises(ValueError, match="RankSimRegularizer 'rank' needs the labels") as error:
        layer(FEATURES, training=True)
    for way in ("ImbalancedRegressor", "keras.Input", "label_scope"):
        assert way in str(error.value)


@pytest.mark.parametrize(
    ("several", "names", "right"),
    [
        ({"age": LABELS, "size": LABELS[::-1]}, r"\['age', 'size'\].*label='age'", "size"),
        ([LABELS, LABELS[::-1]], r"\[0, 1\].*label=0", 1),
    ],
)
def test_a_layer_must_know_which_of_several_labels_to_use(several, names, right):
    for wrong in (None, "weight"):
        with (
            kr.label_scope(several),
            pytest.raises(
                ValueError, match=f"which labels to use, since `y` holds several: {names}"
            ),
        ):
            kr.layers.RankSimRegularizer(label=wrong)(FEATURES, training=True)
    with kr.label_scope(several) as scope:
        kr.layers.RankSimRegularizer(gamma=1.0, label=right)(FEATURES, training=True)
    expected = kr.ops.ranksim_loss(FEATURES, LABELS[::-1], gamma=1.0, lambda_=100.0, seed=0)
    np.testing.assert_allclose(float(scope.total_loss()), float(expected), rtol=1e-6)


@pytest.mark.parametrize("when", ["evaluation", "frozen", "gamma 0"])
def test_the_layer_is_an_identity_without_labels(when):
    layer = kr.layers.RankSimRegularizer(gamma=0.0 if when == "gamma 0" else 1.0)
    layer.trainable = when != "frozen"
    outputs = layer(FEATURES, training=when != "evaluation")
    np.testing.assert_array_equal(outputs, FEATURES)
    assert layer.losses == []


@pytest.mark.parametrize("fds_first", [True, False])
def test_ranksim_sees_the_features_before_calibration_whichever_layer_is_first(fds_first):
    fds = kr.layers.FeatureDistributionSmoothing(kr.LabelBins.uniform(0, 12, 3))
    fds.finalize_state()
    with kr.label_scope(LABELS):
        fds(FEATURES, training=True)
    fds.finalize_state()
    ranksim = kr.layers.RankSimRegularizer(gamma=1.0)
    inputs = keras.Input((5,))
    x = inputs
    for layer in (fds, ranksim) if fds_first else (ranksim, fds):
        x = layer(x)
    model = keras.Model(inputs, x)
    with kr.label_scope(LABELS) as scope:
        calibrated = numpy(model(FEATURES, training=True))
    assert np.abs(calibrated - FEATURES).max() > 0.01
    raw, wrong = (float(kr.ops.ranksim_loss(z, LABELS, seed=0)) for z in (FEATURES, calibrated))
    assert raw != wrong
    np.testing.assert_allclose(float(scope.total_loss()), raw, rtol=1e-6)


def test_a_scope_belongs_to_its_thread():
    seen = []
    with kr.label_scope(LABELS):
        thread = threading.Thread(target=lambda: seen.append(current_scope()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_the_scope_sums_terms_of_the_predictions():
    with kr.label_scope(LABELS) as scope:
        scope.add_loss(keras.ops.convert_to_tensor(2.0, "float16"))
        scope.add_loss(lambda predictions: 3 * keras.ops.sum(predictions))
    total = scope.total_loss(np.ones((2, 1), dtype="float32"))
    assert keras.backend.standardize_dtype(total.dtype) == "float32"
    assert float(total) == 8.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gamma": -0.1}, r"`gamma` must be a number of at least 0.*gamma=-0.1"),
        ({"gamma": float("nan")}, r"`gamma` must be a number of at least 0.*gamma=nan"),
        ({"gamma": "big"}, r"`gamma` must be a number.*gamma='big'"),
        ({"lambda_": -2}, r"`lambda_` must be a positive number.*lambda_=-2"),
        ({"perturbation": 0}, r"`perturbation` must be a positive number.*perturbation=0"),
        (
            {"lambda_": 2.0, "perturbation": 1.0},
            r"`lambda_` and `perturbation` must not both be given.*lambda_=2.0, perturbation=1.0",
        ),
        ({"reduction": "none"}, r"`reduction` must be one of 'sum', 'mean'.*'none'"),
        ({"label_similarity": "manhattan"}, r"`label_similarity` must be one of .*'manhattan'"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.layers.RankSimRegularizer(**arguments)


def test_the_perturbation_stands_for_lambda_and_makes_gamma_a_weight_alone():
    def gradient_at(gamma):
        layer = kr.layers.RankSimRegularizer(gamma, perturbation=1.5, seed=0)

        def term(features):
            with kr.label_scope(LABELS) as scope:
                layer(features, training=True)
            return scope.total_loss()

        return gradient(term, FEATURES)

    assert kr.layers.RankSimRegularizer(0.03, perturbation=1.5).lambda_ == pytest.approx(50)
    assert np.abs(gradient_at(0.1)).max() > 0
    np.testing.assert_allclose(gradient_at(0.4), 4 * gradient_at(0.1), rtol=1e-5)


def test_the_default_pair_and_a_given_perturbation_go_through_the_config():
    default = kr.layers.RankSimRegularizer()
    assert (default.gamma, default.lambda_) == (0.01, 100.0)
    assert default.get_config()["lambda_"] == 100.0
    layer = kr.layers.RankSimRegularizer(0.2, perturbation=3.0)
    config = layer.get_config()
    assert (config["lambda_"], config["perturbation"]) == (None, 3.0)
    assert kr.layers.RankSimRegularizer.from_config(config).lambda_ == layer.lambda_
    assert kr.layers.RankSimRegularizer(0.0, perturbation=3.0).lambda_ == 100.0
