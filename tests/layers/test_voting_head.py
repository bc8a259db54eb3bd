"""The voting head: its loss in `fit`, its ramp over epochs, its answers, plain and saved."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import MODES, check_that_weights_stay_finite
from gradients import numpy

import keras_ranksim as kr

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(24, 6)).astype("float32")
Y = np.minimum(RANDOM.exponential(2, size=(24, 1)), 7).round().astype("float32")
WEIGHT = RANDOM.uniform(0.5, 2, size=24).astype("float32")
BINS = kr.LabelBins.uniform(0, 8, 1)


def regressor(experts=2, *extra, policy=None, head=None, **compile_arguments):
    keras.utils.set_random_seed(3)
    inputs = keras.Input((6,))
    embedding = keras.layers.Dense(8, activation="relu", dtype=policy)(inputs)
    for layer in extra:
        embedding = layer(embedding)
    head = head or kr.layers.VotingHead(Y, BINS, experts, name="head")
    model = kr.ImbalancedRegressor(inputs, head(embedding))
    model.compile(
        keras.optimizers.SGD(0.01), metrics=["mae"], **{"jit_compile": False, **compile_arguments}
    )
    return model


def outputs_of(model, x=X):
    """Centers and log scales of all experts, in standardized labels."""
    head = model.get_layer("head")
    embedding = numpy(keras.Model(model.input, head.input)(x))
    kernel, bias = head.outputs_of_experts.get_weights()
    outputs = embedding @ kernel + bias
    return outputs[:, : head.experts], np.clip(outputs[:, head.experts :], -5, 5)


def loss_by_definition(model, x, y, weight, ramp):
    (centers, log_scales), total = outputs_of(model, x), 0.0
    counts = {label: int((label == Y).sum()) for label in np.unique(Y)}
    experts = centers.shape[1]
    for m in range(experts):
        power = m / (experts - 1) if experts > 1 else 0
        clipped = {
            label: min(max(count, 5), 1000) if power == 1 else count
            for label, count in counts.items()
        }
        mean = np.mean([clipped[label] ** -power for label in Y[:, 0]])
        for i, label in enumerate((y[:, 0] - Y.mean()) / Y.std()):
            b = np.exp(log_scales[i, m])
            loss = np.log(2 * b) + abs(label - centers[i, m]) / b
            rare = clipped[y[i, 0]] ** -power / mean
            total += weight[i] * rare * (1 if m == 0 else ramp) * loss / len(y)
    return total


@pytest.mark.parametrize("experts", [1, 2, 3])
def test_fit_learns_from_the_experts_alone_the_later_ones_more_and_more(experts):
    model = regressor(experts)
    model.optimizer.learning_rate = 0.0
    history = model.fit(X, Y, sample_weight=WEIGHT, batch_size=24, epochs=3, verbose=0).history
    expected = [loss_by_definition(model, X, Y, WEIGHT, (t / 3) ** 2) for t in (1, 2, 3)]
    np.testing.assert_allclose(history["loss"], expected, rtol=1e-4)
    mae = np.abs(model.predict(X, verbose=0) - Y).mean()
    np.testing.assert_allclose(history["mae"], [mae] * 3, rtol=1e-5)


def test_a_resumed_run_counts_epochs_from_where_it_was():
    model = regressor()
    model.fit(X, Y, initial_epoch=1, epochs=4, verbose=0)
    assert model.get_layer("head").ramp == 1
    model.optimizer.learning_rate = 0.0
    history = model.fit(X, Y, batch_size=24, initial_epoch=1, epochs=4, verbose=0).history
    expected = loss_by_definition(model, X, Y, np.ones(24), (2 / 4) ** 2)
    np.testing.assert_allclose(history["loss"][0], expected, rtol=1e-4)


def test_the_surest_expert_answers_in_the_unit_of_the_label():
    model = regressor(3)
    head = model.get_layer("head")
    head.outputs_of_experts.bias.assign([0.1, 0.2, 0.3, 0.0, 0.1, -0.1])
    centers, log_scales = outputs_of(model)
    surest = log_scales.argmin(axis=1)
    assert len(set(surest)) > 1
    rows = np.arange(24)
    expected = (centers[rows, surest] * Y.std() + Y.mean())[:, None]
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, rtol=1e-4, atol=1e-5)
    both = keras.Model(model.input, head.answers(head.input))
    prediction, scale = both.predict(X, verbose=0)
    np.testing.assert_allclose(prediction, expected, rtol=1e-4, atol=1e-5)
    expected = (np.exp(log_scales[rows, surest]) * Y.std())[:, None]
    np.testing.assert_allclose(scale, expected, rtol=1e-4)


def test_it_learns_the_labels_and_how_far_they_scatter():
    """Labels scatter by 1 where the input is positive and by 4 where it is not."""
    x = RANDOM.uniform(-1, 1, size=(600, 1)).astype("float32")
    y = 10 + 5 * x + RANDOM.laplace(size=(600, 1)) * np.where(x > 0, 1, 4)
    inputs = keras.Input((1,))
    hidden = keras.layers.Dense(16, activation="tanh")(inputs)
    head = kr.layers.VotingHead(y, kr.LabelBins.uniform(-60, 80, 10), experts=1)
    model = kr.ImbalancedRegressor(inputs, head(hidden))
    model.compile(keras.optimizers.Adam(0.02))
    model.fit(x, y, batch_size=100, epochs=40, verbose=0)
    both = keras.Model(model.input, head.answers(head.input))
    prediction, scale = both.predict(np.array([[-0.8], [0.8]], "float32"), verbose=0)
    np.testing.assert_allclose(prediction[:, 0], [6, 14], atol=1.5)
    np.testing.assert_allclose(scale[:, 0], [4, 1], rtol=0.35)


def test_views_that_are_only_contrasted_do_not_count():
    model = regressor()
    expected = loss_by_definition(model, X, Y, WEIGHT, 1.0)
    data = tf.data.Dataset.from_tensors((kr.Views(X + 0.1, X - 0.1, X), Y, WEIGHT))
    np.testing.assert_allclose(model.fit(data, verbose=0).history["loss"][0], expected, rtol=1e-4)


def test_a_custom_loop_and_a_plain_model_have_the_same_loss():
    model = regressor()
    expected = loss_by_definition(model, X, Y, np.ones(24), 1.0)
    with kr.label_scope(Y) as scope:
        model(X, training=True)
    np.testing.assert_allclose(numpy(scope.total_loss()), expected, rtol=1e-4)
    head = model.get_layer("head")
    features = keras.Model(model.input, head.input)(X)
    head(features, Y, training=True)
    np.testing.assert_allclose(numpy(head.losses[0]), expected, rtol=1e-4)


def test_smoothed_counts_weigh_the_experts():
    plain, smoothed = (
        kr.layers.VotingHead(Y, BINS, kernel=kernel).expert_weights for kernel in (None, "gaussian")
    )
    np.testing.assert_array_equal(smoothed[:, 0], 1)
    assert np.abs(plain[:, 1] - smoothed[:, 1]).max() > 0.01


def test_counts_stand_for_labels():
    one = kr.layers.VotingHead(Y, BINS, name="head").get_config()
    other = kr.layers.VotingHead(np.arange(8.0), BINS, counts=BINS.count(Y), name="head")
    for name in ("train_counts", "mean", "deviation"):
        np.testing.assert_allclose(other.get_config()[name], one[name])


def test_pixels_have_answers_of_their_own():
    inputs = keras.Input((2, 3, 4))
    model = kr.ImbalancedRegressor(inputs, kr.layers.VotingHead(Y, BINS)(inputs))
    model.compile("sgd")
    x, y = RANDOM.normal(size=(5, 2, 3, 4)), RANDOM.integers(0, 8, size=(5, 2, 3, 1))
    weight = np.ones((5, 2, 3, 1))
    assert np.isfinite(model.fit(x, y, sample_weight=weight, verbose=0).history["loss"]).all()
    assert model.predict(x, verbose=0).shape == (5, 2, 3, 1)


@pytest.mark.parametrize("sequential", [False, True])
def test_a_plain_model_predicts_the_same(tmp_path, sequential):
    model = regressor(3, kr.layers.RankSimRegularizer())
    if sequential:
        model = keras.Sequential([keras.Input((6,)), *model.layers[1:]])
    plain = kr.plain_model(model)
    assert not any(type(layer).__module__.startswith("keras_ranksim") for layer in plain.layers)
    np.testing.assert_allclose(
        plain.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-5, atol=1e-6
    )
    plain.save(tmp_path / "plain.keras")
    again = keras.models.load_model(tmp_path / "plain.keras")
    np.testing.assert_array_equal(again.predict(X, verbose=0), plain.predict(X, verbose=0))


def test_a_saved_model_predicts_the_same_and_trains_on(tmp_path):
    model = regressor(3)
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    losses = [m.fit(X, Y, shuffle=False, verbose=0).history["loss"] for m in (model, again)]
    np.testing.assert_allclose(*losses, rtol=1e-6)


def test_the_head_alone_may_be_trained_again():
    model = regressor()
    body = model.layers[1].get_weights()[0]
    history = kr.retrain_regressor(model, X, Y, sample_weight=WEIGHT, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    np.testing.assert_array_equal(model.layers[1].get_weights()[0], body)


def test_two_replicas_learn_what_one_learns(two_replicas):
    data = tf.data.Dataset.from_tensor_slices((X, Y, WEIGHT)).batch(12)
    alone = regressor()
    history = alone.fit(data, epochs=2, verbose=0).history
    with two_replicas.scope():
        together = regressor()
    found = together.fit(data, epochs=2, verbose=0).history
    np.testing.assert_allclose(found["loss"], history["loss"], rtol=1e-5)
    for one, other in zip(alone.get_weights(), together.get_weights()):
        np.testing.assert_allclose(other, one, atol=1e-5)


BATCHES = {"one sample": (X[:1], Y[:1]), "zero features": (0 * X, Y), "huge": (1e4 * X, Y)}


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_no_batch_makes_a_nan(mode):
    check_that_weights_stay_finite(regressor(**mode), BATCHES)


def test_labels_of_one_value_make_no_nan():
    head = kr.layers.VotingHead([3.0, 3.0], BINS, name="head")
    history = regressor(head=head).fit(X, np.full((24, 1), 3.0), verbose=0).history
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_head_computes_in_float32(policy):
    model = regressor(policy=policy)
    assert keras.backend.standardize_dtype(model.output.dtype) == "float32"
    assert np.isfinite(model.fit(X, Y, verbose=0).history["loss"]).all()


def test_labels_outside_all_bins_are_counted_in_a_warning():
    with pytest.warns(UserWarning, match="2 of 3 labels lie outside the bins"):
        kr.layers.VotingHead([1.0, 9.0, -1.0], BINS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"experts": 0}, r"`experts` must be a whole number of at least 1.*experts=0"),
        ({"bins": [0, 1]}, r"`bins` must be a keras_ranksim.LabelBins"),
        ({"train_labels": [np.nan]}, r"`train_labels` must hold finite numbers"),
        ({"train_labels": []}, r"`train_labels` must hold at least one label"),
        ({"kernel": "box"}, r"`kernel` must be one of"),
        ({"counts": [1]}, r"`train_labels`, `counts` must have the same length"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.layers.VotingHead(**{"train_labels": [1.0, 2.0], "bins": BINS, **arguments})
