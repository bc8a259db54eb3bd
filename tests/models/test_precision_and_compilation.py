"""Eager, graph and XLA agree; half precision moves weights as full precision does."""

import keras
import numpy as np
import pytest
from gradients import numpy
from small import assert_all_close, data, regressor, statistics_of, weights_of


def trained(**arguments):
    model = regressor("fds", "ranksim", "rnc", "conr", **arguments)
    model.fit(data(), epochs=2, verbose=0)
    return model


@pytest.fixture(scope="module")
def in_graph_mode():
    return trained(jit_compile=False)


MODES = {
    "tensorflow": [
        {"run_eagerly": True},
        {"jit_compile": True},
        {"jit_compile": False, "steps_per_execution": 2},
    ],
    "jax": [{"run_eagerly": True}, {"jit_compile": True}, {"steps_per_execution": 2}],
    "torch": [{"steps_per_execution": 1}],
}


@pytest.mark.parametrize("mode", MODES[keras.config.backend()], ids=str)
def test_every_way_of_running_learns_the_same(in_graph_mode, mode):
    model = trained(**mode)
    assert_all_close(weights_of(in_graph_mode), weights_of(model), atol=1e-5)
    assert_all_close(statistics_of(in_graph_mode), statistics_of(model), rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(keras.config.backend() == "jax", reason="JAX has single precision by default")
def test_a_model_trains_in_double_precision():
    keras.config.set_floatx("float64")
    try:
        history = trained(jit_compile=False).history.history
    finally:
        keras.config.set_floatx("float32")
    assert np.isfinite(history["loss"]).all()


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="TensorFlow alone traces twice")
def test_a_step_is_traced_once(monkeypatch):
    """TensorFlow traces a step again if the first trace makes variables, as Keras' own does."""
    traced = []
    loss_of = keras.Model.compute_loss

    def counted(self, *args, **kwargs):
        traced.append(self)
        return loss_of(self, *args, **kwargs)

    monkeypatch.setattr(keras.Model, "compute_loss", counted)
    for compiled in ({"metrics": ["mae"]}, {"weighted_metrics": ["mae"], "steps_per_execution": 2}):
        traced.clear()
        model = regressor("ranksim", optimizer="adam", jit_compile=False, **compiled)
        model.fit(data(), verbose=0)
        assert len(traced) == 1


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize(
    "names",
    [("fds", "ranksim"), ("fds", "conr"), ("rnc",)],
    ids=" then ".join,
)
def test_one_step_in_half_precision_moves_the_weights_as_float32_does(policy, names, random):
    """Under mixed_float16 the loss is scaled by 2^15, which the published gradient is lost to.

    Weights and inputs are small whole numbers, so that the features, and with them the ranks,
    are the same in every precision; a head of zeros leaves the regularizer alone at work.
    """
    x = random.integers(-3, 4, size=(32, 6)).astype("float32")
    kernel = random.integers(-3, 4, size=(6, 16)).astype("float32")
    y = random.integers(0, 40, size=(32, 1)).astype("float32")

    def moved(policy):
        optimizer = keras.optimizers.SGD(0.01)
        if policy == "mixed_float16":
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=2.0**15)
        model = regressor(*names, optimizer=optimizer, policy=policy)
        model.layers[1].kernel.assign(kernel)
        model.get_layer("head").kernel.assign(np.zeros((16, 1)))
        features = keras.Model(model.input, model.get_layer(names[-1]).output)(x)
        expected = "float32" if policy is None else policy.removeprefix("mixed_")
        assert keras.backend.standardize_dtype(features.dtype) == expected
        model.fit(x, y, batch_size=32, verbose=0)
        return weights_of(model)[0] - kernel

    half, full = moved(policy), moved(None)
    assert np.abs(full).max() > 1e-4
    rounding = {"mixed_float16": 2.0**-10, "mixed_bfloat16": 2.0**-7}[policy]
    np.testing.assert_allclose(half, full, atol=4 * rounding * np.abs(full).max())


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_feature_statistics_in_half_precision_are_those_of_float32(policy, random):
    """Whole numbers are the same in every precision, so that their statistics are, too."""
    x = random.integers(-3, 4, size=(64, 6)).astype("float32")
    y = random.integers(0, 20, size=(64, 1)).astype("float32")
    kernel = random.integers(-2, 3, size=(6, 16)).astype("float32")

    def calibrated(policy):
        model = regressor("fds", optimizer=keras.optimizers.SGD(0.0), policy=policy)
        model.layers[1].kernel.assign(kernel)
        model.fit(x, y, batch_size=32, epochs=2, verbose=0)
        fds = model.get_layer("fds")
        features = fds(keras.Model(model.input, fds.input)(x), y, training=True)
        expected = "float32" if policy is None else policy.removeprefix("mixed_")
        assert keras.backend.standardize_dtype(features.dtype) == expected
        return statistics_of(model), numpy(keras.ops.cast(features, "float32"))

    (half, half_features), (full, features) = calibrated(policy), calibrated(None)
    assert_all_close(full, half, rtol=1e-6)
    rounding = {"mixed_float16": 2.0**-10, "mixed_bfloat16": 2.0**-7}[policy]
    np.testing.assert_allclose(half_features, features, atol=rounding * np.abs(features).max())


def test_half_precision_keeps_labels_and_losses_in_float32():
    model = regressor("fds", "ranksim", policy="mixed_float16")
    model.fit(data(), epochs=2, verbose=0)
    assert all(np.isfinite(w).all() for w in weights_of(model))
    assert model.get_layer("ranksim").compute_dtype == "float32"
    assert model.get_layer("fds").running_mean.dtype == "float32"


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_model_of_a_global_half_precision_policy_is_saved_and_trains_on(policy, tmp_path):
    keras.config.set_dtype_policy(policy)
    model = regressor("fds", "ranksim")
    model.fit(data(), epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    for again in (keras.models.load_model(tmp_path / "model.keras"), model):
        again.fit(data(), epochs=2, verbose=0)
        assert all(np.isfinite(w).all() for w in weights_of(again))
    clone = keras.models.clone_model(model)
    clone.compile("sgd", loss="mse")
    clone.fit(data(), epochs=2, verbose=0)
