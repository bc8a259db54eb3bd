"""RankSim's weight and perturbation measured in the first steps of training."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.data import Recipe
from keras_ranksim.layers import automatic
from keras_ranksim.layers.automatic import GRADIENT_RATIO, SHARE_OF_SPREAD

RANDOM = np.random.default_rng(5)
FEATURES = RANDOM.normal(size=(12, 5)).astype("float32")
OTHER_FEATURES = RANDOM.normal(size=(12, 5)).astype("float32")
ABOVE = RANDOM.normal(size=(12, 5)).astype("float32")
LABELS = np.arange(12, dtype="float32")[:, None]
X = RANDOM.normal(size=(64, 6)).astype("float32")
Y = RANDOM.permutation(64).astype("float32")[:, None]


def auto(**options):
    return kr.layers.RankSimRegularizer("auto", seed=1, **options)


def gradient(layer, features=FEATURES, above=ABOVE, scale=1.0, labels=LABELS):
    """What reaches the features, where `above` comes from what follows the layer."""
    features = tf.Variable(features)
    with tf.GradientTape() as tape:
        outputs = layer(features, labels, training=True)
        loss = scale * (tf.reduce_sum(outputs * above) + sum(layer.losses))
    return tape.gradient(loss, features).numpy()


def model_of(layer, optimizer=None, policy=None, **arguments):
    keras.utils.set_random_seed(3)
    inputs = keras.Input((6,))
    embedding = keras.layers.Dense(16, dtype=policy)(inputs)
    outputs = keras.layers.Dense(1, dtype="float32")(layer(embedding))
    model = kr.ImbalancedRegressor(inputs, outputs)
    model.compile(optimizer or keras.optimizers.SGD(0.01), loss="mae", **arguments)
    return model


def fitted(layer, epochs=2, **arguments):
    model = model_of(layer, **arguments)
    model.fit(X, Y, batch_size=32, epochs=epochs, shuffle=False, verbose=0)
    return model


def ranksim_of(model):
    return next(x for x in model.layers if isinstance(x, kr.layers.RankSimRegularizer))


def assert_same(model, other, **tolerance):
    """The same weights, and the same numbers measured."""
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, **tolerance)
    assert ranksim_of(model).current_gamma > 0
    for name in ("current_gamma", "current_perturbation"):
        ones, twos = (getattr(ranksim_of(m), name) for m in (model, other))
        np.testing.assert_allclose(ones, twos, rtol=1e-4)


def test_the_first_step_has_the_ratio_of_the_gradients():
    layer = auto()
    own = gradient(layer) - ABOVE
    ratio = np.linalg.norm(own) / np.linalg.norm(ABOVE)
    np.testing.assert_allclose(ratio, GRADIENT_RATIO, rtol=1e-4)
    numbers = kr.layers.RankSimRegularizer(
        layer.current_gamma, perturbation=layer.current_perturbation, seed=1
    )
    np.testing.assert_allclose(own, gradient(numbers) - ABOVE, rtol=1e-3, atol=1e-6)


def test_the_perturbation_is_a_share_of_the_spread_of_similarities():
    layer = auto()
    gradient(layer)
    unit = FEATURES / np.linalg.norm(FEATURES, axis=1, keepdims=True)
    spread = np.sqrt(np.mean([np.var([u @ v for v in unit]) for u in unit]))
    differences = [i - j for i in range(500) for j in range(500)]
    of_random_orders = np.sqrt(np.mean(np.square(differences))) / 500
    moved_by_one = 2 / 12 * of_random_orders
    expected = SHARE_OF_SPREAD * spread / moved_by_one
    np.testing.assert_allclose(layer.current_perturbation, expected, rtol=1e-4)
    mean = auto(reduction="mean")
    gradient(mean)
    np.testing.assert_allclose(mean.current_perturbation, 12 * expected, rtol=1e-4)


def test_both_are_the_geometric_mean_over_the_first_steps_and_then_kept(monkeypatch):
    monkeypatch.setattr(automatic, "STEPS", 2)
    layer, first, second = auto(), auto(), auto()
    gradient(first)
    gradient(second, OTHER_FEATURES)
    gradient(layer)
    gradient(layer, OTHER_FEATURES)
    expected = np.sqrt(first.current_perturbation * second.current_perturbation)
    np.testing.assert_allclose(layer.current_perturbation, expected, rtol=1e-5)
    gamma = layer.current_gamma
    assert first.current_gamma != gamma > 0
    own = gradient(layer, above=100 * ABOVE) - 100 * ABOVE
    assert layer.current_gamma == gamma
    np.testing.assert_allclose(layer.current_perturbation, expected, rtol=1e-5)
    kept = kr.layers.RankSimRegularizer(gamma, perturbation=layer.current_perturbation)
    np.testing.assert_allclose(own, gradient(kept, above=0 * ABOVE), atol=2e-5)


def test_a_scale_of_the_loss_scales_the_gradient_and_nothing_else():
    plain, scaled = auto(), auto()
    np.testing.assert_allclose(
        gradient(scaled, scale=2.0**15), 2.0**15 * gradient(plain), rtol=1e-4, atol=1e-2
    )
    np.testing.assert_allclose(scaled.current_gamma, plain.current_gamma, rtol=1e-5)


def test_the_term_joins_the_loss_at_the_weight_measured_so_far():
    layer = auto()
    gradient(layer)
    gamma, delta = layer.current_gamma, layer.current_perturbation
    layer(FEATURES, LABELS, training=True)
    expected = kr.ops.ranksim_loss(FEATURES, LABELS, gamma, delta / gamma)
    np.testing.assert_allclose(layer.losses, [expected], rtol=1e-5)


@pytest.mark.parametrize("case", ["one label", "no features", "no gradient", "infinite"])
def test_a_step_that_tells_nothing_is_not_counted(case):
    layer = auto()
    found = gradient(
        layer,
        features=0 * FEATURES if case == "no features" else FEATURES,
        labels=np.ones_like(LABELS) if case == "one label" else LABELS,
        above=0 * ABOVE if case == "no gradient" else ABOVE,
        scale=np.inf if case == "infinite" else 1.0,
    )
    assert layer.current_gamma == 0.0
    if case != "infinite":
        np.testing.assert_array_equal(found, 0 * ABOVE if case == "no gradient" else ABOVE)
    gradient(layer)
    assert layer.current_gamma > 0


@pytest.mark.parametrize(
    ("gamma", "perturbation"), [(0.3, "auto"), ("auto", 0.8)], ids=["perturbation", "gamma"]
)
def test_one_of_the_two_may_be_a_number(gamma, perturbation):
    layer = kr.layers.RankSimRegularizer(gamma, perturbation=perturbation, seed=1)
    own = gradient(layer) - ABOVE
    current = layer.current_gamma, layer.current_perturbation
    assert current[0 if perturbation == "auto" else 1] == (gamma if gamma != "auto" else 0.8)
    numbers = kr.layers.RankSimRegularizer(current[0], perturbation=current[1])
    np.testing.assert_allclose(own, gradient(numbers, above=0 * ABOVE), rtol=1e-3, atol=1e-6)


@pytest.fixture(scope="module")
def in_graph_mode():
    return fitted(auto(), jit_compile=False)


@pytest.mark.parametrize(
    "mode",
    [{"run_eagerly": True}, {"jit_compile": True}, {"steps_per_execution": 2}],
    ids=str,
)
def test_every_way_of_running_measures_and_learns_the_same(in_graph_mode, mode):
    assert_same(in_graph_mode, fitted(auto(), **mode), atol=1e-5)


def test_two_replicas_measure_and_learn_what_one_does(in_graph_mode, two_replicas, tmp_path):
    """Also when they are cut off between the epochs, in the midst of measuring."""
    for part in range(2):
        with two_replicas.scope():
            together = model_of(auto())
            if part:
                together.load_weights(tmp_path / "half.weights.h5")
        together.fit(X, Y, batch_size=32, shuffle=False, verbose=0)
        together.save_weights(tmp_path / "half.weights.h5")
    assert_same(in_graph_mode, together, atol=1e-5)


def test_a_saved_model_goes_on_with_what_it_measured(in_graph_mode, tmp_path):
    half = fitted(auto(), epochs=1)
    half.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert ranksim_of(loaded).gamma == "auto"
    assert_same(half, loaded, rtol=0)
    loaded.fit(X, Y, batch_size=32, shuffle=False, verbose=0)
    assert_same(in_graph_mode, loaded, atol=1e-6)


def test_loss_scaling_in_half_precision_does_not_change_the_weight():
    def gamma(policy, scale):
        optimizer = keras.optimizers.SGD(0.0)
        if scale:
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=scale)
        return ranksim_of(fitted(auto(), 1, optimizer=optimizer, policy=policy)).current_gamma

    full = gamma(None, None)
    assert full > 0
    np.testing.assert_allclose(gamma("mixed_float16", 2.0**12), full, rtol=0.02)


def test_a_plain_model_with_labels_as_an_input_measures_the_same(in_graph_mode):
    keras.utils.set_random_seed(3)
    inputs, labels = keras.Input((6,)), keras.Input((1,), optional=True)
    embedding = auto()(keras.layers.Dense(16)(inputs), labels)
    model = keras.Model([inputs, labels], keras.layers.Dense(1)(embedding))
    model.compile(keras.optimizers.SGD(0.01), loss="mae")
    model.fit([X, Y], Y, batch_size=32, epochs=2, shuffle=False, verbose=0)
    assert_same(in_graph_mode, model, atol=1e-6)


def test_a_loop_in_a_label_scope_measures_the_same(in_graph_mode):
    model, optimizer = model_of(auto()), keras.optimizers.SGD(0.01)
    for start in (0, 32, 0, 32):
        x, y = X[start : start + 32], Y[start : start + 32]
        with tf.GradientTape() as tape, kr.label_scope(y) as scope:
            predictions = model(x, training=True)
            loss = keras.ops.mean(abs(predictions - y)) + sum(model.losses)
            loss = loss + scope.total_loss(predictions)
        gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
        optimizer.apply(gradients, model.trainable_variables)
    assert_same(in_graph_mode, model, atol=1e-6)


def test_feature_maps_are_weighed_as_their_means_are():
    maps = tf.Variable(RANDOM.normal(size=(12, 2, 3, 5)).astype("float32"))
    above = RANDOM.normal(size=maps.shape).astype("float32")
    layer = kr.layers.PerImage(auto())
    labels = np.broadcast_to(LABELS[:, None, None, :], (12, 2, 3, 1))
    with tf.GradientTape() as tape:
        outputs = layer(maps, labels, training=True)
        loss = tf.reduce_sum(outputs * above) + sum(layer.losses)
    own = tape.gradient(loss, maps).numpy() - above
    np.testing.assert_array_equal(outputs, maps)
    of_means = np.linalg.norm(own.sum(axis=(1, 2))) / np.linalg.norm(above.sum(axis=(1, 2)))
    np.testing.assert_allclose(of_means, GRADIENT_RATIO, rtol=1e-4)
    np.testing.assert_allclose(own, own[:, :1, :1] + 0 * own, atol=1e-6)


def test_calibrated_features_keep_their_memory_of_the_raw_ones():
    fds = kr.layers.FeatureDistributionSmoothing(kr.LabelBins.uniform(0, 12, 3))
    with kr.label_scope(LABELS):
        fds(FEATURES, training=True)
        fds.finalize_state()
        calibrated = fds(FEATURES, training=True)
        first, second = auto(), kr.layers.RankSimRegularizer(1.0)
        second(first(calibrated, training=True), training=True)
    assert np.abs(calibrated - FEATURES).max() > 0.01
    np.testing.assert_allclose(second.losses, [kr.ops.ranksim_loss(FEATURES, LABELS)])


def test_the_config_keeps_auto():
    layer = kr.layers.RankSimRegularizer("auto", perturbation=None)
    config = json.loads(json.dumps(layer.get_config()))
    assert (config["gamma"], config["perturbation"], config["lambda_"]) == ("auto", "auto", None)
    again = kr.layers.RankSimRegularizer.from_config(config)
    assert again.get_config() == layer.get_config()
    given = kr.layers.RankSimRegularizer()
    assert (given.current_gamma, given.current_perturbation) == (0.01, 1.0)
    assert [v.name for v in given.variables] == ["seed_generator_state"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gamma": "automatic"}, r"`gamma` must be a number of at least 0 .*'auto'.*=automatic"),
        ({"perturbation": "big"}, r"`perturbation` must be a positive number .*'auto'.*=big"),
        (
            {"gamma": "auto", "lambda_": 2.0},
            r"`lambda_` must be left out where `gamma` is measured.*gamma='auto', lambda_=2.0",
        ),
        (
            {"perturbation": "auto", "lambda_": 2.0},
            r"must not both be given.*lambda_=2.0, perturbation=auto",
        ),
        (
            {"gamma": "auto", "across_replicas": False},
            r"`across_replicas` must be True where `gamma` is 'auto'",
        ),
        (
            {"perturbation": "auto", "across_replicas": False},
            r"`across_replicas` must be True where `perturbation` is 'auto'",
        ),
    ],
)
def test_wrong_combinations_are_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.layers.RankSimRegularizer(**arguments)


def test_a_recipe_may_leave_both_to_be_measured():
    benchmark = kr.data.load_portraits(
        train_samples=64, evaluation_per_age=1, image_size=16, verbose=False
    )
    measured = {"gamma": "auto", "perturbation": "auto"}
    recipe = Recipe(epochs=1, batch_size=64, learning_rate=1e-3, ranksim=measured)
    result = kr.experiments.run(benchmark.replace(recipe=recipe), "RANKSIM", verbose=0)
    assert ranksim_of(result.model).current_gamma > 0
