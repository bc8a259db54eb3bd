"""Plain models predict what the models they come from predict, wherever they are loaded."""

import importlib.util
import os
import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras.layers import Dense

import keras_ranksim as kr
from keras_ranksim.networks.sentence_pair import MaskedMaxPooling

BACKEND = keras.backend.backend()
X = np.random.default_rng(3).normal(size=(6, 8)).astype("float32")
Y = np.random.default_rng(4).uniform(1, 9, (6, 1)).astype("float32")
TOKENS = np.array([[1, 2, 0, 0], [3, 4, 5, 6], [7, 0, 0, 0]])
BINS = kr.LabelBins.uniform(start=0, stop=10, width=1)


def _features():
    return keras.Input((8,), name="features")


def _labels():
    return keras.Input((1,), name="labels")


def _regressor():
    inputs = _features()
    embedding = kr.layers.RankSimRegularizer()(Dense(4, activation="relu")(inputs))
    embedding = kr.layers.FeatureDistributionSmoothing(BINS)(embedding)
    embedding = kr.layers.ConRRegularizer()(embedding)
    model = kr.ImbalancedRegressor(
        inputs, kr.layers.NoiseScale(name="age")(Dense(1)(embedding)), name="regressor"
    )
    return model, X, X


def _sequential():
    layers = [_features(), Dense(4), kr.layers.RankSimRegularizer(), Dense(1)]
    return keras.Sequential([*layers, kr.layers.NoiseScale()]), X, X


def _sequential_of_regularizers():
    return keras.Sequential([_features(), kr.layers.RankSimRegularizer()]), X, X


def _labels_input():
    """Labels come as an input, through an operation and to the two layers that take them."""
    features, labels = _features(), _labels()
    embedding = kr.layers.RankSimRegularizer()(Dense(4)(features), keras.ops.log(labels))
    outputs = kr.layers.ConRRegularizer()(embedding, labels, Dense(1)(embedding))
    return keras.Model([features, labels], outputs), [X, Y], X


def _inner_models():
    features, labels = _features(), _labels()
    embedding = kr.layers.RankSimRegularizer()(Dense(4)(features), labels)
    inner = keras.Model({"features": features, "labels": labels}, embedding, name="inner")
    features, labels = _features(), _labels()
    head = keras.Sequential([keras.Input((4,)), kr.layers.RankSimRegularizer(), Dense(1)])
    embedding = inner({"features": features, "labels": keras.ops.log(labels)})
    return keras.Model([features, labels], head(embedding)), [X, Y], X


def _structured():
    features, labels, extra = _features(), _labels(), keras.Input((1,), name="extra")
    embedding = Dense(4)(features)
    outputs = {"age": Dense(1)(embedding), "embedding": kr.layers.RankSimRegularizer()(embedding)}
    outputs["extra"] = kr.layers.RankSimRegularizer()(extra, labels)
    model = keras.Model({"features": features, "labels": labels, "extra": extra}, outputs)
    return model, {"features": X, "labels": Y, "extra": Y}, {"features": X, "extra": Y}


def _shared_layers():
    features, extra = _features(), keras.Input((8,), name="extra")
    tower = keras.Sequential([keras.Input((8,)), Dense(4), kr.layers.RankSimRegularizer()])
    dense, regularizer = Dense(3), kr.layers.RankSimRegularizer()
    towers = [regularizer(dense(tower(side))) for side in (features, extra)]
    outputs = [keras.layers.Subtract()(towers), {"first": towers[0]}]
    return keras.Model([features, extra], outputs), [X, X**2], [X, X**2]


def _maps():
    inputs = keras.Input((4, 2, 1))
    maps = kr.layers.PerImage(kr.layers.RankSimRegularizer())(keras.layers.Conv2D(3, 2)(inputs))
    x = X.reshape(6, 4, 2, 1)
    return kr.ImbalancedRegressor(inputs, keras.layers.Conv2D(1, 1)(maps)), x, x


def _masked():
    inputs = keras.Input((4,), dtype="int32")
    embedding = keras.layers.Embedding(9, 3, mask_zero=True)(inputs)
    embedding = kr.layers.FeatureDistributionSmoothing(BINS)(embedding)
    outputs = Dense(1)(keras.layers.Bidirectional(keras.layers.GRU(4))(embedding))
    return keras.Model(inputs, outputs), TOKENS, TOKENS


def _adapted():
    normalization = keras.layers.Normalization()
    normalization.adapt(X)
    inputs = _features()
    embedding = kr.layers.RankSimRegularizer()(normalization(inputs))
    return keras.Model(inputs, Dense(1)(embedding)), X, X


STRUCTURES = {
    function.__name__[1:]: function
    for function in (
        *(_regressor, _sequential, _sequential_of_regularizers, _labels_input, _inner_models),
        *(_structured, _shared_layers, _maps, _masked, _adapted),
    )
}


def _predict(model, x):
    return model.predict(x, verbose=0)


def _assert_close(got, wanted):
    got, wanted = keras.tree.flatten(got), keras.tree.flatten(wanted)
    assert len(got) == len(wanted)
    for a, b in zip(got, wanted):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_predictions_are_equal_and_no_layer_of_this_library_is_left(structure):
    model, x, plain_x = STRUCTURES[structure]()
    config = model.to_json()
    plain = kr.plain_model(model)
    _assert_close(_predict(plain, plain_x), _predict(model, x))
    assert "keras_ranksim" in config
    assert "keras_ranksim" not in plain.to_json()
    assert model.to_json() == config
    assert plain.name == model.name
    assert not plain.compiled


def test_inputs_and_outputs_keep_structure_and_names():
    plain = kr.plain_model(_structured()[0])
    assert set(plain.input) == {"features", "extra"}
    assert [tensor.name for tensor in plain.inputs] == ["extra", "features"]
    assert set(plain.output) == {"age", "embedding", "extra"}
    assert list(kr.plain_model(_shared_layers()[0]).output[1]) == ["first"]
    assert kr.plain_model(_regressor()[0]).output_names == ["age"]


def test_only_inputs_that_fed_this_librarys_layers_alone_are_left_out():
    assert [tensor.name for tensor in kr.plain_model(_labels_input()[0]).inputs] == ["features"]
    plain = kr.plain_model(_inner_models()[0])
    assert [tensor.name for tensor in plain.inputs] == ["features"]
    assert list(plain.get_layer("inner").input) == ["features"]
    features, labels, unused = _features(), _labels(), keras.Input((1,), name="unused")
    embedding = kr.layers.RankSimRegularizer()(Dense(4)(features), labels)
    outputs = keras.layers.Concatenate()([embedding, labels])
    plain = kr.plain_model(keras.Model([features, labels, unused], outputs))
    assert [tensor.name for tensor in plain.inputs] == ["features", "labels", "unused"]


def test_shared_layers_stay_shared():
    plain = kr.plain_model(_shared_layers()[0])
    assert [weight.shape for weight in plain.weights] == [(8, 4), (4,), (4, 3), (3,)]
    shared = [Dense(8, name="layer"), keras.Sequential([keras.Input((8,)), Dense(8)], name="model")]
    inner_inputs, inputs = _features(), _features()
    inner = keras.Model(inner_inputs, shared[0](shared[1](inner_inputs)), name="inner")
    plain = kr.plain_model(keras.Model(inputs, shared[0](shared[1](inner(inputs)))))
    for name in ("layer", "model"):
        assert plain.get_layer(name) is plain.get_layer("inner").get_layer(name)


def test_training_the_plain_model_leaves_the_original_alone():
    model, x, _ = _regressor()
    before = [np.array(weight) for weight in model.get_weights()]
    plain = kr.plain_model(model)
    plain.compile("sgd", loss="mse")
    copied = [np.array(weight) for weight in plain.get_weights()]
    plain.fit(x, Y, verbose=0)
    assert all((a != b).any() for a, b in zip(plain.get_weights(), copied))
    _assert_close(model.get_weights(), before)
    assert _predict(model, x).shape == (6, 1)


def test_frozen_layers_and_dtype_policies_stay():
    keras.config.set_dtype_policy("mixed_float16")
    inputs = _features()
    embedding = kr.layers.RankSimRegularizer()(Dense(4, name="embedding")(inputs))
    head = Dense(1, name="head", dtype="float32")
    model = kr.ImbalancedRegressor(inputs, kr.layers.NoiseScale(name="noise")(head(embedding)))
    model.get_layer("embedding").trainable = False
    plain = kr.plain_model(model)
    keras.config.set_dtype_policy("float32")
    policies = [plain.get_layer(name).dtype_policy.name for name in ("embedding", "head", "noise")]
    assert policies == ["mixed_float16", "float32", "float32"]
    assert not plain.get_layer("embedding").trainable
    assert plain.get_layer("head").trainable
    assert np.array_equal(_predict(plain, X), _predict(model, X))


def test_a_compiled_model_and_a_python_function_do_no_harm():
    inputs = _features()
    outputs = Dense(1)(keras.layers.Lambda(lambda x: keras.ops.abs(x))(inputs))
    model = kr.ImbalancedRegressor(inputs, kr.layers.NoiseScale()(outputs))
    model.compile("sgd", loss=lambda y, predictions: keras.ops.mean(predictions - y))
    _assert_close(_predict(kr.plain_model(model), X), _predict(model, X))


@pytest.mark.skipif(BACKEND != "tensorflow", reason="Keras reads strings on TensorFlow only")
def test_vocabularies_are_copied():
    import tensorflow as tf

    lookup = keras.layers.StringLookup(output_mode="one_hot")
    lookup.adapt(["low", "high"])
    inputs = keras.Input((1,), dtype="string")
    model = keras.Model(inputs, kr.layers.RankSimRegularizer()(lookup(inputs)))
    words = tf.constant([["high"], ["other"], ["low"]])
    _assert_close(kr.plain_model(model)(words).numpy(), model(words).numpy())


LOADER = """
import pickle, sys
import keras
inputs = pickle.load(open("inputs.pickle", "rb"))
models = {name: keras.models.load_model(f"{name}.keras") for name in inputs}
predictions = {name: model.predict(inputs[name], verbose=0) for name, model in models.items()}
pickle.dump(predictions, open("predictions.pickle", "wb"))
assert "keras_ranksim" not in sys.modules, "keras_ranksim was imported"
"""


def test_saved_files_load_where_this_library_was_never_imported(tmp_path):
    inputs, wanted = {}, {}
    for name, structure in STRUCTURES.items():
        model, x, inputs[name] = structure()
        wanted[name] = _predict(model, x)
        kr.plain_model(model).save(tmp_path / f"{name}.keras")
    (tmp_path / "inputs.pickle").write_bytes(pickle.dumps(inputs))
    command, environment = [sys.executable, "-c", LOADER], {**os.environ, "KERAS_BACKEND": BACKEND}
    loaded = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert loaded.returncode == 0, loaded.stderr
    _assert_close(pickle.loads((tmp_path / "predictions.pickle").read_bytes()), wanted)


@pytest.mark.skipif(BACKEND != "tensorflow", reason="SavedModel is TensorFlow's format")
@pytest.mark.parametrize("structure", ["regressor", "sequential", "labels_input", "structured"])
def test_an_exported_model_serves_the_same_predictions(structure, tmp_path):
    import tensorflow as tf

    model, x, plain_x = STRUCTURES[structure]()
    kr.plain_model(model).export(tmp_path, verbose=False)
    loaded = tf.saved_model.load(str(tmp_path))
    served = loaded.serve(keras.tree.map_structure(tf.constant, plain_x))
    _assert_close(served, _predict(model, x))


CONVERTERS = {"tensorflow": "tf2onnx", "jax": "jax2onnx", "torch": "onnx"}


@pytest.mark.filterwarnings("ignore")  # Warnings of the converters about their own code.
@pytest.mark.parametrize("structure", ["regressor", "sequential"])
def test_an_onnx_file_gives_the_same_predictions(structure, tmp_path):
    for package in (CONVERTERS[BACKEND], "onnxruntime"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"Keras exports ONNX from {BACKEND} with {package}, which is absent")
    import onnxruntime

    model, x, _ = STRUCTURES[structure]()
    path = str(tmp_path / "model.onnx")
    kr.plain_model(model).export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path)
    _assert_close(session.run(None, {session.get_inputs()[0].name: x})[0], _predict(model, x))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense, self.regularizer = Dense(2), kr.layers.RankSimRegularizer()

    def call(self, inputs):
        return self.regularizer(self.dense(inputs))


class Doubling(kr.layers.RankSimRegularizer):
    def call(self, features, labels=None, training=None):
        return 2 * features


def _with(layer):
    return keras.Sequential([keras.Input((4, 8)), layer])


NOT_PLAIN = {
    r"`keras.Model\(inputs, model.call\(inputs\)\)`. Received: model=<Subclassed": Subclassed,
    "Received: model='model.keras'": lambda: "model.keras",
    "`model` must be built.* as its first layer": lambda: keras.Sequential([Dense(1)]),
    "layer MaskedMaxPooling 'pool' cannot be plain.*predictions": lambda: _with(
        MaskedMaxPooling(name="pool")
    ),
    "layer Doubling 'two' cannot be plain.*predictions": lambda: _with(Doubling(name="two")),
    "layer RankSimRegularizer .* inside .* 'subclassed.* directly": lambda: _with(Subclassed()),
    "layer NoiseScale 'n' inside the layer 't' cannot be plain.*directly": lambda: _with(
        keras.layers.TimeDistributed(kr.layers.NoiseScale(name="n"), name="t")
    ),
}


@pytest.mark.parametrize("message", NOT_PLAIN)
def test_what_cannot_be_plain_raises_one_sentence(message):
    with pytest.raises(ValueError, match=message) as raised:
        kr.plain_model(NOT_PLAIN[message]())
    assert str(raised.value).count(". ") <= 1


def test_a_subclassed_model_becomes_plain_as_its_error_advises():
    model = Subclassed()
    inputs = _features()
    plain = kr.plain_model(keras.Model(inputs, model.call(inputs)))
    _assert_close(_predict(plain, X), _predict(model, X))
