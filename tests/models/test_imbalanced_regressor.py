"""What `fit` does besides Keras' own: labels in scope, checks, folds, degenerate batches."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import check_that_weights_stay_finite
from gradients import numpy
from small import BINS, data, regressor, statistics_of, weights_of

import keras_ranksim as kr


def test_fit_adds_the_regularizer_to_the_loss(random):
    x = random.normal(size=(20, 6)).astype("float32")
    y = random.uniform(0, 40, size=(20, 1)).astype("float32")
    model = regressor("ranksim")
    features = numpy(keras.Model(model.input, model.get_layer("ranksim").output)(x))
    expected = np.mean((model.predict(x, verbose=0) - y) ** 2)
    expected += numpy(kr.ops.ranksim_loss(features, y, gamma=0.5, lambda_=2.0, seed=0))
    history = model.fit(x, y, batch_size=20, shuffle=False, verbose=0).history
    np.testing.assert_allclose(history["loss"][0], expected, rtol=1e-5)


def test_evaluation_and_prediction_change_nothing():
    model = regressor("fds", "ranksim")
    model.fit(data(), epochs=2, verbose=0)
    before = statistics_of(model)
    loss = model.evaluate(data(), verbose=0, return_dict=True)["loss"]
    x, y, weight = map(np.concatenate, zip(*data().as_numpy_iterator()))
    predictions = model.predict(x, verbose=0)
    np.testing.assert_allclose(loss, np.mean(weight[:, None] * (predictions - y) ** 2), rtol=1e-5)
    for one, other in zip(before, statistics_of(model)):
        np.testing.assert_array_equal(one, other)


def test_statistics_are_folded_when_the_next_epoch_begins():
    model = regressor("fds")
    fds = model.get_layer("fds")
    model.fit(data(), epochs=1, verbose=0)
    assert int(fds.epochs_folded) == 0
    assert float(keras.ops.sum(fds.epoch_count)) == 96
    model.fit(data(), epochs=3, initial_epoch=1, verbose=0)
    assert int(fds.epochs_folded) == 2
    assert float(keras.ops.sum(fds.samples_seen)) == 192


@pytest.mark.parametrize("as_list", [True, False])
def test_folding_comes_before_the_users_callbacks(as_list):
    folded = []

    class Look(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            folded.append(int(self.model.get_layer("fds").epochs_folded))

    model = regressor("fds")
    callbacks = (
        [Look()]
        if as_list
        else keras.callbacks.CallbackList([Look()], add_history=True, model=model)
    )
    model.fit(data(), epochs=3, verbose=0, callbacks=callbacks)
    assert folded == [0, 1, 2]


BATCHES = {
    "one sample": (np.ones((1, 6)), [[3.0]]),
    "one label": (np.random.default_rng(0).normal(size=(8, 6)), [[3.0]] * 8),
    "zero features": (np.zeros((8, 6)), np.arange(8.0)[:, None]),
    "constant features": (np.ones((8, 6)), np.arange(8.0)[:, None]),
    "float labels": (np.random.default_rng(0).normal(size=(8, 6)), np.linspace(0, 1, 8)[:, None]),
    "labels outside the bins": (np.ones((4, 6)), [[-9.0], [1e6], [2.0], [1e-9]]),
}


@pytest.mark.filterwarnings("ignore:.*labels of the last epoch lie outside the bins")
def test_no_batch_makes_a_nan():
    model = regressor("fds", "ranksim", optimizer=keras.optimizers.Adam(0.01))
    check_that_weights_stay_finite(model, BATCHES)


def test_a_seeded_run_repeats_exactly():
    runs = []
    for _ in range(2):
        model = regressor("fds", "ranksim")
        model.fit(data(), epochs=3, verbose=0)
        runs.append(weights_of(model))
    for one, two in zip(*runs):
        np.testing.assert_array_equal(one, two)


X, Y = np.ones((4, 6), dtype="float32"), np.arange(4.0)
MODES = [{}] if keras.config.backend() == "torch" else [{}, {"jit_compile": True}]
NOT_FINITE = np.array([1, np.nan, np.inf, 2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": NOT_FINITE}, r"`y` must hold finite numbers.*2 NaN or infinite of 4.*index 1"),
        ({"y": ["a", "b", "c", "d"]}, r"`y` must hold numbers"),
        ({"y": None}, r"`y` must hold the labels.*y=None"),
        (
            {"y": np.ones((4, 3))},
            r"shape of the model's output, \(batch, 1\).*y of shape \(batch, 3\)",
        ),
        ({"sample_weight": NOT_FINITE}, r"`sample_weight` must hold finite numbers"),
        ({"sample_weight": -Y}, r"`sample_weight` must not be negative.*-3.0"),
        (
            {"x": tf.data.Dataset.from_tensors(X), "y": None},
            r"must yield \(x, y\) or \(x, y, sample_weight\)",
        ),
        (
            {"x": tf.data.Dataset.from_tensors((X, np.ones((4, 2)))), "y": None},
            r"`y` must have the shape of the model's output.*\(batch, 2\)",
        ),
    ],
    ids=str,
)
def test_mistakes_are_told_before_the_first_step(arguments, message):
    model = regressor("ranksim")
    before = weights_of(model)
    with pytest.raises(ValueError, match=message):
        model.fit(**{"x": X, "y": Y, "verbose": 0, **arguments})
    for one, other in zip(before, weights_of(model)):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("part", ["y", "sample_weight", "validation"])
def test_a_dataset_with_numbers_that_are_not_finite_is_told(mode, part):
    """Also where XLA leaves checks out of the step."""
    model = regressor("ranksim", **mode)
    before = weights_of(model)
    wrong, right = NOT_FINITE.astype("float32"), np.ones(4, dtype="float32")
    good = tf.data.Dataset.from_tensors((X, right[:, None], right))
    bad = tf.data.Dataset.from_tensors(
        (X, right[:, None], wrong) if part == "sample_weight" else (X, wrong[:, None], right)
    )
    data = (good, bad) if part == "validation" else (bad, good)
    name = "sample_weight" if part == "sample_weight" else "y"
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"`{name}` must hold finite numbers"):
        model.fit(data[0], validation_data=data[1], verbose=0)
    if part != "validation":
        for one, other in zip(before, weights_of(model)):
            np.testing.assert_array_equal(one, other)


def test_a_dataset_of_strings_is_told():
    data = tf.data.Dataset.from_tensors((X, tf.constant([["1"]] * 4)))
    with pytest.raises(ValueError, match="`y` must hold numbers.*string"):
        regressor("ranksim").fit(data, verbose=0)


def test_two_outputs_and_quantile_heads_train(random):
    inputs = keras.Input((6,))
    body = keras.layers.Dense(4)(inputs)
    heads = [keras.layers.Dense(1)(body), keras.layers.Dense(3)(body)]
    model = kr.ImbalancedRegressor(inputs, heads)
    model.compile("sgd", loss=["mse", "mse"])
    model.fit(X, [Y, np.ones((4, 3))], verbose=0)

    def pinball(labels, quantiles):
        error = labels - quantiles
        return keras.ops.mean(keras.ops.maximum(0.1 * error, -0.9 * error), axis=-1)

    quantiles = kr.ImbalancedRegressor(inputs, heads[1])
    quantiles.compile("sgd", loss=pinball)
    quantiles.fit(X, Y[:, None], verbose=0)


def test_what_fit_takes_reaches_keras(random):
    """`shuffle`, `class_weight` and `validation_split`, against a plain model."""
    x, y = random.normal(size=(40, 6)), random.integers(0, 2, size=(40, 1)).astype("float32")

    def histories(kind, **arguments):
        keras.utils.set_random_seed(1)
        inputs = keras.Input((6,))
        model = kind(inputs, keras.layers.Dense(1)(inputs))
        model.compile(keras.optimizers.SGD(0.1), loss="mse")
        history = model.fit(x, y, epochs=2, batch_size=8, verbose=0, **arguments).history
        return {name: np.round(values, 5).tolist() for name, values in history.items()}

    plain = histories(keras.Model)
    for arguments in (
        {"shuffle": False},
        {"class_weight": {0: 1.0, 1: 5.0}},
        {"validation_split": 0.25},
        {"steps_per_epoch": 2},
    ):
        ours = histories(kr.ImbalancedRegressor, **arguments)
        assert ours == histories(keras.Model, **arguments)
        assert ours != plain


def test_labels_of_one_dimension_and_validation_data_work():
    model = regressor("fds", "ranksim")
    history = model.fit(X, Y, validation_data=(X, Y), epochs=2, verbose=0)
    assert len(history.history["val_loss"]) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((X, np.full(len(X), np.nan)), "In `validation_data`: `y` must hold finite numbers"),
        ((X, Y, -np.ones(len(X))), "In `validation_data`: `sample_weight` must not be negative"),
    ],
)
def test_validation_arrays_are_checked_before_training(data, message):
    with pytest.raises(ValueError, match=message):
        regressor().fit(X, Y, validation_data=data, verbose=0)


def test_a_custom_loop_reaches_the_same_loss(random):
    x = random.normal(size=(20, 6)).astype("float32")
    y = random.uniform(0, 40, size=(20, 1)).astype("float32")
    model = regressor("ranksim")
    with kr.label_scope(y) as scope:
        predictions = model(x, training=True)
    loss = keras.ops.mean((predictions - keras.ops.convert_to_tensor(y)) ** 2)
    loss = loss + scope.total_loss(predictions)
    assert not model.losses
    expected = regressor("ranksim").train_on_batch(x, y)
    np.testing.assert_allclose(numpy(loss), np.ravel(expected)[0], rtol=1e-5)


def test_labels_of_several_dimensions_train(random):
    inputs = keras.Input((6,))
    embedding = keras.layers.Dense(8)(inputs)
    embedding = kr.layers.RankSimRegularizer(label_similarity="cosine")(embedding)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(3)(embedding))
    model.compile("adam", loss="mse")
    x, y = random.normal(size=(16, 6)), random.normal(size=(16, 3))
    assert np.isfinite(model.fit(x, y, verbose=0).history["loss"]).all()


def plain_model(fds):
    inputs, labels = keras.Input((6,)), keras.Input((1,), optional=True)
    embedding = keras.layers.Dense(4)(inputs)
    model = keras.Model([inputs, labels], keras.layers.Dense(1)(fds(embedding, labels)))
    model.compile("sgd", loss="mse")
    return model


def test_a_plain_keras_model_folds_with_the_callback():
    fds, y = kr.layers.FeatureDistributionSmoothing(BINS), Y[:, None]
    model = plain_model(fds)
    model.fit([X, y], y, epochs=3, verbose=0, callbacks=[kr.models.EpochFold()])
    assert int(fds.epochs_folded) == 2


def test_a_plain_keras_model_without_the_callback_is_told_of_it_once():
    fds, y = kr.layers.FeatureDistributionSmoothing(BINS, name="fds"), Y[:, None]
    model = plain_model(fds)
    with pytest.warns(UserWarning, match=r"(?s)'fds' trains.*pass.*EpochFold\(\)") as told:
        model.fit([X, y], y, epochs=2, verbose=0)
    assert len([warning for warning in told if "EpochFold" in str(warning.message)]) == 1


def test_a_loop_that_folds_before_every_epoch_is_told_nothing():
    fds, y = kr.layers.FeatureDistributionSmoothing(BINS), Y[:, None]
    model = plain_model(fds)
    for _ in range(2):
        fds.finalize_state()
        model.train_on_batch([X, y], y)
    assert int(fds.epochs_folded) == 1
