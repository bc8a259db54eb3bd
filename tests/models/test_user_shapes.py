"""Labels and weights that are refused, however they reach a model; second stages of any model."""

import keras
import numpy as np
import pytest

import keras_ranksim as kr

BACKEND = keras.config.backend()
X = np.random.default_rng(0).normal(size=(32, 6)).astype("float32")
Y = np.random.default_rng(1).uniform(10, 40, size=32).astype("float32")


def one_output():
    inputs = keras.Input((6,))
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd", loss="mae")
    return model


def two_outputs(in_dictionary):
    inputs = keras.Input((6,))
    outputs = {name: keras.layers.Dense(1, name=name)(inputs) for name in ("age", "height")}
    model = kr.ImbalancedRegressor(inputs, outputs if in_dictionary else [*outputs.values()])
    model.compile("sgd", loss={"age": "mae", "height": "mae"})
    return model


@pytest.mark.parametrize("in_dictionary", [True, False])
def test_labels_of_several_outputs_are_not_broadcast(in_dictionary):
    columns = np.stack([Y, Y, Y], axis=1)
    model = two_outputs(in_dictionary)
    model.fit(X, {"age": Y, "height": Y}, verbose=0)
    message = r"shape of the model's output, \(batch, 1\).*y of output 'age' of shape \(batch, 3\)"
    with pytest.raises(ValueError, match=message):
        model.fit(X, {"age": columns, "height": Y}, verbose=0)
    with pytest.raises(ValueError, match=f"In `validation_data`: .*{message}"):
        model.fit(
            X,
            {"age": Y, "height": Y},
            validation_data=(X, {"age": columns, "height": Y}),
            verbose=0,
        )


def test_labels_in_a_list_are_not_broadcast():
    with pytest.raises(ValueError, match=r"y of output 'height' of shape \(batch, 2\)"):
        two_outputs(False).fit(X, [Y, np.stack([Y, Y], axis=1)], verbose=0)


@pytest.mark.parametrize("in_dictionary", [True, False])
def test_a_misspelled_output_is_named(in_dictionary):
    with pytest.raises(ValueError, match="by name: age, height. Received: y of age, heigth"):
        two_outputs(in_dictionary).fit(X, {"age": Y, "heigth": Y}, verbose=0)


def test_an_output_without_a_loss_needs_no_labels():
    model = two_outputs(True)
    model.compile("sgd", loss={"age": "mae"})
    kr.models.label_shapes.check_label_shapes({"age": Y}, model.output, model)


@pytest.mark.parametrize(
    ("y", "received"),
    [(Y.tolist(), "a list"), (list(Y), "a list"), (Y.astype(object), "an array of objects")],
)
def test_lists_and_objects_are_refused_in_one_sentence(y, received):
    with pytest.raises(ValueError, match=rf"pass numpy.asarray\(y, 'float32'\).*{received}"):
        one_output().fit(X, y, verbose=0)


def batches_of(kind, y, weights):
    """An argument of `fit` with batches of 8, in one of the forms that Keras takes."""
    places = range(0, 32, 8)
    batches = [(X[i : i + 8], y[i : i + 8, None], weights[i : i + 8]) for i in places]
    if kind == "generator":
        return (batch for batch in batches)
    if kind == "PyDataset":

        class Batches(keras.utils.PyDataset):
            def __len__(self):
                return len(batches)

            def __getitem__(self, index):
                return batches[index]

        return Batches()
    torch = pytest.importorskip("torch")
    data = torch.utils.data.TensorDataset(*map(torch.tensor, (X, y[:, None], weights)))
    return torch.utils.data.DataLoader(data, batch_size=8)


@pytest.mark.parametrize("kind", ["generator", "PyDataset", "DataLoader"])
def test_batches_of_any_kind_are_checked(kind):
    weights, y, negative = np.ones(32, "float32"), Y.copy(), np.ones(32, "float32")
    y[3], negative[5] = np.nan, -1
    arguments = {"steps_per_epoch": 4 if kind == "generator" else None, "verbose": 0}
    one_output().fit(batches_of(kind, Y, weights), **arguments)
    with pytest.raises(ValueError, match="`y` must hold finite numbers"):
        one_output().fit(batches_of(kind, y, weights), **arguments)
    with pytest.raises(ValueError, match="`sample_weight` must not be negative"):
        one_output().fit(batches_of(kind, Y, negative), **arguments)


def test_a_single_batch_is_checked():
    model, y = one_output(), Y.copy()
    model.train_on_batch(X, Y)
    y[0] = np.inf
    with pytest.raises(ValueError, match="`y` must hold finite numbers"):
        model.train_on_batch(X, y)


def test_fit_before_compile_says_so():
    inputs = keras.Input((6,))
    with pytest.raises(ValueError, match=r"Call `compile\(\)`"):
        kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(inputs)).fit(X, Y)


def trained(outputs_of):
    inputs = keras.Input((6,))
    model = kr.ImbalancedRegressor(inputs, outputs_of(inputs))
    model.compile("sgd", loss="mae")
    model.fit(X, Y, verbose=0)
    return model


def training(model):
    return [layer.name for layer in model.layers if layer.trainable and layer.weights]


def test_the_head_is_found_behind_a_layer_that_is_called_several_times():
    activation = keras.layers.ReLU()

    def outputs_of(features):
        for name in ("first", "second"):
            features = activation(keras.layers.Dense(4, name=name)(features))
        return activation(keras.layers.Dense(1, name="head")(features))

    model = trained(outputs_of)
    kr.retrain_regressor(model, X, Y, verbose=0)
    assert training(model) == ["head"]


def test_the_head_is_found_behind_operations():
    model = trained(lambda features: keras.layers.Dense(1, name="head")(features) * 2.0 + 1.0)
    kr.retrain_regressor(model, X, Y, verbose=0)
    assert training(model) == ["head"]


def body_and_head(features):
    return keras.layers.Dense(1, name="head")(keras.layers.Dense(4, name="body")(features))


def test_a_model_can_be_retrained_twice_and_then_as_a_whole():
    model = trained(body_and_head)
    kr.retrain_regressor(model, X, Y, verbose=0)
    kr.retrain_regressor(model, X, Y, regressor="body", verbose=0)
    assert training(model) == ["body"]
    model.trainable = False  # as the docstring says
    model.trainable = True
    assert training(model) == ["body", "head"]


@pytest.mark.parametrize("arguments", [{"regressor": "inputs"}, {"y": np.full(32, np.nan)}])
def test_a_second_stage_that_is_refused_leaves_the_model_alone(arguments):
    inputs = keras.Input((6,), name="inputs")
    model = kr.ImbalancedRegressor(inputs, body_and_head(inputs))
    model.compile("sgd", loss="mae")
    model.fit(X, Y, verbose=0)
    before = model.get_weights()
    with pytest.raises(ValueError, match="`regressor` must be|`y` must hold finite"):
        kr.retrain_regressor(model, **{"x": X, "y": Y, "verbose": 0, **arguments})
    assert training(model) == ["body", "head"]
    for one, other in zip(before, model.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_a_second_stage_keeps_loss_scaling_off():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        inputs = keras.Input((6,))
        model = kr.ImbalancedRegressor(inputs, body_and_head(inputs))
        model.compile("sgd", loss="mae", auto_scale_loss=False)
        kr.retrain_regressor(model, X, Y, verbose=0)
    finally:
        keras.config.set_dtype_policy("float32")
    assert not isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)


LOSSES = {
    "dist": lambda: kr.losses.DistLoss(np.linspace(0, 40, 99), reduction="sum"),
    "balanced": lambda: kr.losses.BalancedMSE(noise=2.0, reduction="sum"),
}


@pytest.mark.parametrize("make", LOSSES.values(), ids=LOSSES)
def test_rows_of_weight_0_change_no_loss_of_others(make):
    loss, predictions = make(), Y[:, None] + 3 * X[:, :1]
    more_labels = np.concatenate([Y[:, None], np.full((16, 1), 25, "float32")])
    more_predictions = np.concatenate([predictions, np.full((16, 1), 30, "float32")])
    weights = np.repeat([1, 0], [32, 16]).astype("float32")
    alone = float(loss(Y[:, None], predictions))
    together = float(loss(more_labels, more_predictions, sample_weight=weights))
    np.testing.assert_allclose(together, alone, rtol=1e-5)
    assert float(loss(more_labels, more_predictions, sample_weight=0 * weights)) == 0
