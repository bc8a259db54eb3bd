"""The mixin on models of every kind, and the data that reaches it."""

import keras
import numpy as np
import pytest
from gradients import numpy
from small import BINS

import keras_ranksim as kr

RANDOM = np.random.default_rng(4)
X = RANDOM.normal(size=(24, 6)).astype("float32")
Y = RANDOM.integers(0, 40, size=(24, 1)).astype("float32")


@keras.saving.register_keras_serializable("tests")
class Subclassed(kr.models.ImbalancedTraining, keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.body = keras.layers.Dense(8, name="body")
        self.fds = kr.layers.FeatureDistributionSmoothing(BINS, name="fds")
        self.ranksim = kr.layers.RankSimRegularizer(0.5, 2.0, seed=1, name="ranksim")
        self.head = keras.layers.Dense(1, name="head")

    def call(self, inputs, training=None):
        embedding = self.fds(self.body(inputs), training=training)
        return self.head(self.ranksim(embedding, training=training))


class Stacked(kr.models.ImbalancedTraining, keras.Sequential):
    pass


def sequential():
    made = Subclassed()
    return Stacked([keras.Input((6,)), made.body, made.fds, made.ranksim, made.head])


def functional():
    made = Subclassed()
    inputs = keras.Input((6,))
    return kr.ImbalancedRegressor(inputs, made.head(made.ranksim(made.fds(made.body(inputs)))))


def trained(make, **arguments):
    keras.utils.set_random_seed(3)
    model = make()
    model.compile(keras.optimizers.SGD(0.01), loss="mse")
    history = model.fit(X, Y, batch_size=8, epochs=3, shuffle=False, verbose=0, **arguments)
    return model, history.history["loss"]


def layer(model, name):
    return next(layer for layer in model.layers if layer.name == name)


@pytest.mark.parametrize("make", [Subclassed, sequential], ids=["subclassed", "sequential"])
def test_every_kind_of_model_learns_what_a_functional_one_learns(make):
    model, losses = trained(make)
    expected, expected_losses = trained(functional)
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-5)
    for name in ("body", "fds", "head"):
        for one, other in zip(layer(model, name).weights, layer(expected, name).weights):
            np.testing.assert_allclose(numpy(one), numpy(other), rtol=1e-4, atol=1e-5)
    assert int(layer(model, "fds").epochs_folded) == 2


def test_the_term_is_in_the_loss():
    model = Subclassed()
    distinct = np.unique(Y, return_index=True)[1]  # so that no draw is involved
    x, y = X[distinct], Y[distinct]
    features, predictions = numpy(model.body(x)), numpy(model(x))
    expected = np.mean((predictions - y) ** 2)
    expected += numpy(kr.ops.ranksim_loss(features, y, gamma=0.5, lambda_=2.0, seed=0))
    model.compile("sgd", loss="mse")
    loss = model.fit(x, y, batch_size=24, verbose=0).history["loss"][0]
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_a_subclassed_model_is_saved_and_predicts_the_same(tmp_path):
    model, _ = trained(Subclassed)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-6)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_batches_of_one_and_a_last_batch_of_one_train(run_eagerly):
    for batch_size in (2,) if run_eagerly else (1, 2):  # eager steps of JAX take seconds
        model = functional()
        model.compile("sgd", loss="mse", run_eagerly=run_eagerly)
        y = Y[:3, 0]
        history = model.fit(X[:3], y, batch_size=batch_size, verbose=0).history
        assert np.isfinite(history["loss"]).all()
        assert np.isfinite(model.train_on_batch(X[:1], y[:1])).all()


def two_outputs(label, as_dict):
    inputs = keras.Input((6,))
    embedding = keras.layers.Dense(8)(inputs)
    for regularizer in (
        kr.layers.FeatureDistributionSmoothing(BINS, label=label),
        kr.layers.RankSimRegularizer(0.5, 2.0, label=label, name="ranksim"),
        kr.layers.ConRRegularizer(1.0, window=3.0, label=label),
    ):
        embedding = regularizer(embedding)
    heads = {name: keras.layers.Dense(1, name=name)(embedding) for name in ("age", "size")}
    model = kr.ImbalancedRegressor(inputs, heads if as_dict else list(heads.values()))
    model.compile("sgd", loss={"age": "mse", "size": "mse"} if as_dict else ["mse", "mse"])
    return model


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("label", "as_dict"), [("size", True), (1, False)])
def test_a_model_of_several_outputs_says_which_labels_to_use(label, as_dict, weighted):
    model = two_outputs(label, as_dict)
    y = {"age": 0 * Y, "size": Y} if as_dict else [0 * Y, Y]
    weight = np.ones(24, "float32")
    weights = {"age": weight, "size": weight} if as_dict else [weight, weight]
    losses = model.fit(X, y, batch_size=24, verbose=0, sample_weight=weights if weighted else None)
    fds = next(x for x in model.layers if isinstance(x, kr.layers.FeatureDistributionSmoothing))
    np.testing.assert_array_equal(numpy(fds.epoch_count), BINS.count(Y))
    assert np.isfinite(losses.history["loss"]).all()


@pytest.mark.parametrize("as_dict", [True, False])
def test_a_model_of_several_outputs_that_does_not_say_raises_the_line_to_write(as_dict):
    y = {"age": Y, "size": Y} if as_dict else [Y, Y]
    line = r"FeatureDistributionSmoothing\(label='age'\)" if as_dict else r"\(label=0\)"
    with pytest.raises(ValueError, match=rf"which labels to use, since `y` holds.*{line}"):
        two_outputs(None, as_dict).fit(X, y, verbose=0)


def test_the_only_output_of_a_dictionary_needs_no_name():
    inputs = keras.Input((6,))
    embedding = kr.layers.RankSimRegularizer()(keras.layers.Dense(8)(inputs))
    model = kr.ImbalancedRegressor(inputs, {"age": keras.layers.Dense(1)(embedding)})
    model.compile("sgd", loss={"age": "mae"})
    assert np.isfinite(model.fit(X, {"age": Y}, verbose=0).history["loss"]).all()


def test_labels_by_name_belong_to_a_list_of_outputs():
    model = two_outputs("size", as_dict=False)
    model.compile("sgd", loss={"age": "mse", "size": "mse"})
    losses = model.fit(X, {"age": 0 * Y, "size": Y}, verbose=0).history["loss"]
    assert np.isfinite(losses).all()


def test_two_noise_scales_are_refused():
    inputs = keras.Input((6,))
    heads = {name: kr.layers.NoiseScale()(keras.layers.Dense(1)(inputs)) for name in "ab"}
    model = kr.ImbalancedRegressor(inputs, heads)
    model.compile("sgd", loss={name: kr.losses.BalancedMSE(noise="learned") for name in "ab"})
    with pytest.raises(ValueError, match="at most one `NoiseScale` layer.*noise_scale"):
        model.fit(X, {"a": Y, "b": Y}, verbose=0)


def test_a_weight_per_image_weighs_all_its_pixels(random):
    images, maps = random.normal(size=(2, 4, 4, 4, 1)).astype("float32")
    inputs = keras.Input((4, 4, 1))
    model = kr.ImbalancedRegressor(inputs, keras.layers.Conv2D(1, 1)(inputs))
    model.compile(keras.optimizers.SGD(0.0), loss="mse")
    history = model.fit(images, maps, 4, verbose=0, sample_weight=np.array([4.0, 0, 0, 0]))
    expected = np.mean((numpy(model(images)) - maps)[0] ** 2)
    np.testing.assert_allclose(history.history["loss"], [expected], rtol=1e-5)


class Batches(keras.utils.PyDataset):
    def __init__(self, y):
        super().__init__()
        self.y = y

    def __len__(self):
        return 3

    def __getitem__(self, index):
        rows = slice(8 * index, 8 * index + 8)
        return X[rows], self.y[rows]


def generator(y):
    while True:
        for start in range(0, 24, 8):
            yield X[start : start + 8], y[start : start + 8]


@pytest.mark.parametrize("kind", [Batches, generator])
def test_batches_of_other_sources_train_and_are_checked(kind):
    _, expected = trained(functional)
    keras.utils.set_random_seed(3)
    model = functional()
    model.compile(keras.optimizers.SGD(0.01), loss="mse")
    steps = {"steps_per_epoch": 3} if kind is generator else {}
    losses = model.fit(kind(Y), epochs=3, shuffle=False, verbose=0, **steps).history["loss"]
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    wrong = Y.copy()
    wrong[20] = np.nan
    with pytest.raises(Exception, match="`y` must hold finite numbers"):
        model.fit(kind(wrong), verbose=0, shuffle=False, **steps)
