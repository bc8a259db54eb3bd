"""What every public symbol owes: an example, a config that rebuilds it, cheap imports."""

import json
import pkgutil
import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_ranksim as kr

ON_TENSORFLOW = keras.config.backend() == "tensorflow"
BINS = kr.LabelBins.uniform(0, 20, 2)
OBJECTS = {
    "LabelBins": lambda: BINS,
    "RankSimRegularizer": lambda: kr.layers.RankSimRegularizer(
        0.3, 7.0, "mean", label_similarity="cosine", seed=5, label="age"
    ),
    "FeatureDistributionSmoothing": lambda: kr.layers.FeatureDistributionSmoothing(
        BINS, "laplacian", 3, 1.5, None, 2, (0.2, 5), "neighbors", label=1
    ),
    "ConRRegularizer": lambda: kr.layers.ConRRegularizer(
        2.0, 0.5, 0.1, 0.2, "linear", 1, label="age"
    ),
    "RankNContrastRegularizer": lambda: kr.layers.RankNContrastRegularizer(
        0.5, 0.1, "cosine", order=1, label="age"
    ),
    "NoiseScale": lambda: kr.layers.NoiseScale(3.0),
    "PerImage": lambda: kr.layers.PerImage(kr.layers.RankSimRegularizer(seed=1, name="inner")),
    "VotingHead": lambda: kr.layers.VotingHead(
        [3, 3, 5], BINS, 3, kernel="gaussian", sigma=1.5, label="age"
    ),
    "BalancedMSE": lambda: kr.losses.BalancedMSE("mixture", 2.0, [1, 2, 3, 9], components=2),
    "DistLoss": lambda: kr.losses.DistLoss([1, 2, 3, 9], 0.5, "squared", name="dist"),
    "FocalR": lambda: kr.losses.FocalR("squared", 0.5, 2.0, "tanh", reduction="sum"),
    "GeometricMeanError": lambda: kr.metrics.GeometricMeanError(name="gmean"),
    "ShotMetric": lambda: kr.metrics.ShotMetric("mae", "few", [3, 3, 5], BINS),
    "DepthRMSE": lambda: kr.metrics.DepthRMSE(name="root"),
    "AbsoluteRelativeError": lambda: kr.metrics.AbsoluteRelativeError(name="relative"),
    "Log10Error": lambda: kr.metrics.Log10Error(name="log"),
    "DeltaAccuracy": lambda: kr.metrics.DeltaAccuracy(2, 1.1),
}
# Their configs hold what they found in the training labels, and not the labels.
KEEP_WHAT_THEY_FITTED = {"BalancedMSE", "DistLoss", "VotingHead"}
# A model's config holds its layers: tests/models saves and loads it.
TESTED_ELSEWHERE = {"ImbalancedRegressor"}


def registered_classes():
    """Classes that Keras can save, of the rooms that run on every backend."""
    rooms = ("labels", "losses", "metrics", "layers", "models")
    for name, symbol in keras.saving.get_custom_objects().items():
        if name.startswith("keras_ranksim>") and symbol.__module__.split(".")[1] in rooms:
            yield name.removeprefix("keras_ranksim>")


def test_every_registered_class_is_tested_here():
    assert set(registered_classes()) == {*OBJECTS, *TESTED_ELSEWHERE}


def public_symbols():
    for module in (kr, kr.ops, kr.labels, kr.layers, kr.losses, kr.metrics, kr.models):
        for name in module.__all__:
            symbol = getattr(module, name)
            if callable(symbol):
                yield f"{module.__name__}.{name}", symbol


SYMBOLS = dict(public_symbols())


@pytest.mark.parametrize("name", OBJECTS)
def test_a_config_goes_through_json_and_rebuilds_the_same_object(name):
    original = OBJECTS[name]()
    config = keras.saving.serialize_keras_object(original)
    rebuilt = keras.saving.deserialize_keras_object(json.loads(json.dumps(config)))
    assert type(rebuilt) is type(original)
    assert keras.saving.serialize_keras_object(rebuilt) == config


def test_every_argument_of_a_constructor_is_in_its_config():
    import inspect

    renamed = {"train_labels": "train_counts"}
    for name, make in OBJECTS.items():
        made = make()
        if name in KEEP_WHAT_THEY_FITTED:
            continue
        parameters = inspect.signature(type(made).__init__).parameters
        wanted = {renamed.get(p, p) for p in parameters} - {"self", "kwargs", "args"}
        assert wanted <= set(made.get_config()), name


@pytest.mark.parametrize("name", ["BalancedMSE", "DistLoss", "FocalR", "ShotMetric"])
def test_a_rebuilt_object_computes_the_same(name):
    original = OBJECTS[name]()
    config = keras.saving.serialize_keras_object(original)
    rebuilt = keras.saving.deserialize_keras_object(config)
    labels, predictions = np.array([[3.0], [5.0]]), np.array([[4.0], [9.0]])
    np.testing.assert_array_equal(original(labels, predictions), rebuilt(labels, predictions))


def registered_similarity(labels):
    return -keras.ops.abs(labels[:, :1] - keras.ops.transpose(labels[:, :1]))


def test_a_registered_label_similarity_is_saved():
    with keras.saving.custom_object_scope({"registered_similarity": registered_similarity}):
        layer = kr.layers.RankSimRegularizer(label_similarity=registered_similarity)
        config = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
        rebuilt = keras.saving.deserialize_keras_object(config)
    assert rebuilt.label_similarity is registered_similarity


@pytest.mark.parametrize("name", SYMBOLS)
def test_every_public_symbol_has_a_docstring_with_an_example(name):
    symbol = SYMBOLS[name]
    assert symbol.__doc__, f"{name} has no docstring"
    assert ">>> " in symbol.__doc__, f"{name} has no example"


@pytest.mark.parametrize("name", SYMBOLS)
def test_every_public_function_has_type_hints(name):
    symbol = SYMBOLS[name]
    if isinstance(symbol, type) or name.endswith("label_scope"):
        return
    hints = symbol.__annotations__
    assert "return" in hints or not hints, f"{name} does not say what it returns"


def test_every_module_has_a_docstring():
    for module in pkgutil.walk_packages(kr.__path__, "keras_ranksim."):
        loader = module.module_finder.find_spec(module.name).loader
        source = loader.get_source(module.name)
        assert source.lstrip().startswith('"""'), f"{module.name} has no docstring"


LOADED = """
import sys, keras, json
before = set(sys.modules)
import keras_ranksim as kr
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(json.dumps([sorted(new - set(sys.stdlib_module_names)), "tensorflow" in sys.modules]))
known = set(keras.saving.get_custom_objects())
kr.data
assert set(keras.saving.get_custom_objects()) == known or keras.config.backend() != "tensorflow"
kr.plots.training_curves
new = {name.partition(".")[0] for name in set(sys.modules) - before}
assert not {"matplotlib", "PIL", "tensorboard"} & new
before = set(sys.modules)
kr.plots.style.png(kr.plots.training_curves({"mae": [2.0, 1.0]}))
new = set(sys.modules) - before
assert "matplotlib.backends.backend_agg" in new
assert "matplotlib.pyplot" not in new, "a figure must belong to no window"
"""


def test_importing_the_package_imports_nothing_that_keras_does_not():
    """On JAX and PyTorch that means: no TensorFlow. Matplotlib comes with the first picture."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [["keras_ranksim"], ON_TENSORFLOW]


@pytest.mark.parametrize(
    "room", ["ops", "labels", "scope", "losses", "metrics", "layers", "models"]
)
def test_the_rooms_above_import_tensorflow_only_where_they_use_it(room):
    """No module imports it when it is imported itself."""
    for module in pkgutil.walk_packages(kr.__path__, "keras_ranksim."):
        if module.name.startswith(f"keras_ranksim.{room}."):
            source = module.module_finder.find_spec(module.name).loader.get_source(module.name)
            assert "\nimport tensorflow" not in source, module.name
            assert "\nfrom tensorflow" not in source, module.name


def test_a_missing_optional_package_gives_the_install_command():
    from keras_ranksim.validation import optional_package

    with pytest.raises(ImportError, match=r"`not_there`.*pip install 'keras_ranksim\[text\]'"):
        optional_package("not_there", "text")


def test_unknown_attributes_raise():
    with pytest.raises(AttributeError, match="has no attribute 'ranksim'"):
        kr.ranksim  # noqa: B018


@pytest.mark.parametrize(
    ("name", "meant"),
    [("RankSimRegularizer", "layers.RankSimRegularizer"), ("FocalR", "losses.FocalR")],
)
def test_a_name_of_another_room_is_pointed_to(name, meant):
    with pytest.raises(AttributeError, match=f"Did you mean keras_ranksim.{meant}"):
        getattr(kr, name)
