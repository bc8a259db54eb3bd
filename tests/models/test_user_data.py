"""Labels, weights and loops as users have them, in shapes that Keras allows."""

import keras
import numpy as np
import pytest

import keras_ranksim as kr

BACKEND = keras.config.backend()
BINS = kr.LabelBins.uniform(0, 40, 1)


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    x = random.normal(size=(64, 6)).astype("float32")
    y = random.integers(0, 40, size=64).astype("float32")
    return x, y, np.where(y > 30, 4.0, 0.0).astype("float32")


def model_of(outputs_of, loss="mae", layer=None, **compiled):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6,))
    hidden = keras.layers.Dense(4)(inputs)
    outputs = outputs_of(hidden if layer is None else layer(hidden))
    model = kr.ImbalancedRegressor(inputs, outputs)
    model.compile("sgd", loss=loss, **compiled)
    return model


def two_outputs(features):
    return {name: keras.layers.Dense(1, name=name)(features) for name in ("age", "height")}


def test_weights_act_on_outputs_without_a_last_axis(data):
    x, y, weight = data
    metrics = ["mae", kr.metrics.GeometricMeanError(), kr.metrics.ShotMetric("mae", "few", y, BINS)]
    model = model_of(
        lambda features: keras.layers.Dense(1)(features)[:, 0], weighted_metrics=metrics
    )
    found = model.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True)
    error = np.abs(model.predict(x, verbose=0) - y)
    np.testing.assert_allclose(found["loss"], np.mean(weight * error), rtol=1e-5)
    np.testing.assert_allclose(found["mae"], np.average(error, weights=weight), rtol=1e-5)
    geometric = np.exp(np.average(np.log(error), weights=weight))
    np.testing.assert_allclose(found["gm"], geometric, rtol=1e-4)
    model.fit(x, y, sample_weight=weight, verbose=0)


def test_losses_weigh_rows_of_one_number():
    loss = kr.losses.FocalR(gamma=0)([1.0, 2.0, 3.0], [2.0, 4.0, 9.0], sample_weight=[0.0, 1, 2])
    np.testing.assert_allclose(float(loss), (2 + 12) / 3, rtol=1e-6)


def test_an_output_may_have_no_weights(data):
    x, y, weight = data
    model = model_of(two_outputs, {"age": "mae", "height": "mae"})
    labels = {"age": y, "height": y}
    history = model.fit(
        x, labels, sample_weight={"age": weight, "height": None}, epochs=1, verbose=0
    )
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.skipif(BACKEND == "jax", reason="JAX always compiles the step that records")
def test_batches_alone_may_be_shuffled():
    x = np.arange(12, dtype="float32")[:, None] * np.ones(6, "float32")
    seen = []

    class Recorder(kr.models.ImbalancedTraining, keras.Sequential):
        def train_step(self, *args):
            seen.append(sorted(keras.ops.convert_to_numpy(args[-1][1]).ravel().tolist()))
            return super().train_step(*args)

    model = Recorder([keras.Input((6,)), keras.layers.Dense(1)])
    model.compile("sgd", loss="mae", run_eagerly=True)
    model.fit(x, x[:, :1], batch_size=4, shuffle="batch", verbose=0)
    assert sorted(seen)[0] == [0, 1, 2, 3]


class Lazy(kr.models.ImbalancedTraining, keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, inputs):
        return self.dense(inputs)


def test_labels_and_weights_of_every_kind_of_model_are_checked(data):
    x, y, weight = data
    broken = weight.copy()
    broken[3] = np.nan
    lazy = Lazy()
    lazy.compile("sgd", loss="mae")
    with pytest.raises(ValueError, match="`sample_weight` must hold finite numbers"):
        lazy.fit(x, y, sample_weight=broken, verbose=0)
    with pytest.raises(ValueError, match="`sample_weight` must not be negative"):
        lazy.fit(x, y, sample_weight=weight - 1, verbose=0)
    both = model_of(two_outputs, {"age": "mae", "height": "mae"})
    labels = {"age": y, "height": y}
    with pytest.raises(ValueError, match="`sample_weight` must hold finite numbers"):
        both.fit(x, labels, sample_weight={"age": weight, "height": broken}, verbose=0)
    one = model_of(lambda features: {"age": keras.layers.Dense(1, name="age")(features)})
    with pytest.raises(ValueError, match="`y` must hold finite numbers"):
        one.fit(x, {"age": broken}, verbose=0)


def test_the_labels_of_one_output_may_come_in_a_list(data):
    x, y, _ = data
    model = model_of(keras.layers.Dense(1))
    model.fit(x, [y], validation_data=(x, [y]), verbose=0)


def test_a_loss_of_the_user_may_take_more_columns(data):
    x, y, _ = data
    observed = (y > 5).astype("float32")

    def censored(labels, predictions):
        return keras.ops.mean(labels[:, 1:] * abs(labels[:, :1] - predictions), axis=-1)

    labels = np.stack([y, observed], axis=1)
    model_of(keras.layers.Dense(1), censored).fit(x, labels, verbose=0)
    with pytest.raises(ValueError, match="`y` must have the shape of the model's output"):
        model_of(keras.layers.Dense(1)).fit(x, labels, verbose=0)
    with pytest.raises(ValueError, match="`y` must have the shape of the model's output"):
        model_of(keras.layers.Dense(1), censored).fit(x, labels[:, None], verbose=0)


def test_labels_of_several_outputs_may_be_a_list_where_these_have_names(data):
    x, y, _ = data
    layer = kr.layers.ConRRegularizer(window=3.0, label=0)
    model = model_of(two_outputs, {"age": "mae", "height": "mae"}, layer)
    assert np.isfinite(model.fit(x, [y, y], verbose=0).history["loss"]).all()


def test_a_list_of_the_numbers_of_an_array_is_one_label_per_sample():
    layer = kr.layers.RankSimRegularizer(seed=0)
    labels = np.arange(8, dtype="float32")
    features = keras.random.normal((8, 4), seed=0)
    found = []
    for given in (labels, list(labels)):
        layer.seed_generator.state.assign([0, 0])
        with kr.label_scope(given) as scope:
            layer(features, training=True)
        found.append(float(scope.total_loss()))
    assert found[0] == found[1] > 0


def test_the_voting_ramp_knows_the_epochs_of_a_callback_list(data):
    x, y, _ = data
    ramps = []
    head = kr.layers.VotingHead(y, BINS)
    model = model_of(head, loss=None)
    record = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda *_: ramps.append(float(head.ramp.value))
    )
    callbacks = keras.callbacks.CallbackList([record], model=model, add_history=True, epochs=2)
    model.fit(x, y, epochs=2, callbacks=callbacks, verbose=0)
    assert ramps == [0.25, 1.0]


def test_statistics_leave_out_what_is_masked_or_weighs_nothing():
    random = np.random.default_rng(0)
    x = random.normal(size=(32, 5, 3)).astype("float32")
    x[:, 3:] = 0
    y = np.where(x.any(-1), np.floor(np.abs(x.sum(-1)) * 3), 0)[..., None].astype("float32")
    real = BINS.count(y[:, :3].ravel())

    def seen(masked, **fitted):
        fds = kr.layers.FeatureDistributionSmoothing(BINS)
        inputs = keras.Input((5, 3))
        features = keras.layers.Masking()(inputs) if masked else inputs
        features = keras.layers.Dense(4)(features)
        model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(fds(features)))
        model.compile("sgd", loss="mse")
        model.fit(x, y, epochs=2, verbose=0, **fitted)
        return keras.ops.convert_to_numpy(fds.samples_seen)

    np.testing.assert_array_equal(seen(masked=True), real)
    weights = np.where(np.arange(5) < 3, 1.0, 0.0) * np.ones((32, 1))
    np.testing.assert_array_equal(seen(masked=False, sample_weight=weights), real)
    assert seen(masked=False).sum() == 160


def test_features_of_a_bin_without_statistics_pass_unchanged():
    fds = kr.layers.FeatureDistributionSmoothing(
        kr.LabelBins.uniform(0, 30, 10), empty_bins="neighbors", kernel_size=3
    )
    fds.build((None, 2))
    fds.finalize_state()
    features = 5 + 0.1 * np.random.default_rng(0).normal(size=(40, 2)).astype("float32")
    fds(features, np.where(np.arange(40) % 2, 25.0, 5.0), training=True)
    fds.finalize_state()
    out = fds(np.array([[5.0, 6.0]], "float32"), np.array([15.0]), training=True)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(out), [[5, 6]], rtol=1e-6)


def test_per_image_takes_layers_that_return_their_input():
    for layer in (kr.layers.FeatureDistributionSmoothing(BINS), kr.layers.VotingHead([1, 2], BINS)):
        with pytest.raises(ValueError, match=f"{type(layer).__name__} changes it"):
            kr.layers.PerImage(layer)


def test_rank_n_contrast_does_not_depend_on_the_unit_of_the_label():
    features = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
    steps = np.random.default_rng(1).permutation(12)
    whole, tenths = (
        float(kr.ops.rank_n_contrast_loss(features, (steps * unit).astype("float32")))
        for unit in (1.0, 0.1)
    )
    assert whole == tenths


@pytest.mark.skipif(BACKEND != "jax", reason="a loop of JAX")
def test_a_jax_loop_draws_anew_and_follows_the_ramp(data, tmp_path):
    import jax

    x, y, _ = data
    y = np.floor(y / 8).astype("float32")  # draws among equal labels
    head = kr.layers.VotingHead(y, BINS)
    model = model_of(head, loss=None, layer=kr.layers.RankSimRegularizer(1.0, 2.0, seed=0))

    def loss_of(trained, others, x, y):
        with kr.label_scope(y) as scope:
            _, others = model.stateless_call(trained, others, x, training=True)
            return scope.total_loss(), others

    step = jax.jit(loss_of)
    trained = [variable.value for variable in model.trainable_variables]
    others = [variable.value for variable in model.non_trainable_variables]
    losses = []
    for rows in (64, 64, 32):
        loss, others = step(trained, others, x[:rows], y[:rows])
        losses.append(float(loss))
    assert losses[0] != losses[1]
    assert max(np.asarray(other).ravel().tolist()[-1] for other in others if other.ndim) == 3
    head.begin_epoch(0, 4)
    later = [variable.value for variable in model.non_trainable_variables]
    np.testing.assert_allclose(
        float(step(trained, later, x, y)[0]), float(loss_of(trained, later, x, y)[0]), rtol=1e-5
    )
    assert float(step(trained, later, x, y)[0]) != losses[0]
    model.save(tmp_path / "model.keras")
    model.predict(x, verbose=0)
