"""Training as people do it: interrupted, quantized, in mixed precision, in loops of their own."""

import keras
import numpy as np
import pytest
from gradients import numpy
from small import BINS, data, regressor

import keras_ranksim as kr

BACKEND = keras.config.backend()
ON_TORCH = pytest.mark.skipif(BACKEND != "torch", reason="of PyTorch")


class Interrupt(keras.callbacks.Callback):
    """Ctrl-C after the second batch."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            raise KeyboardInterrupt


def test_feature_statistics_of_an_interrupted_epoch_are_forgotten():
    model = regressor("fds")
    with pytest.raises(KeyboardInterrupt):
        model.fit(data(), verbose=0, callbacks=[Interrupt()])
    fds = model.get_layer("fds")
    model.fit(data(), epochs=1, verbose=0)
    assert int(numpy(fds.epochs_folded)) == 0
    assert numpy(fds.epoch_count.value).sum() == 96
    model.fit(data(), epochs=1, verbose=0)
    assert int(numpy(fds.epochs_folded)) == 1
    assert numpy(fds.samples_seen).sum() == 96
    whole = regressor("fds")
    whole.fit(data(), epochs=1, verbose=0)
    whole.get_layer("fds").finalize_state()
    assert numpy(whole.get_layer("fds").samples_seen).sum() == 96, "loops of one's own fold, too"


@pytest.mark.skipif(BACKEND == "torch", reason="torch.compile takes the labels of each batch")
def test_a_scope_around_a_compiled_step_is_refused(random):
    x, y = random.normal(size=(8, 4)).astype("float32"), np.arange(8.0, dtype="float32")
    layer = kr.layers.FeatureDistributionSmoothing(BINS)
    layer.build((None, 4))
    layer.finalize_state()
    if BACKEND == "tensorflow":
        import tensorflow as tf

        compiled = tf.function
    else:
        import jax

        compiled = jax.jit

    def inside(x, y):
        with kr.label_scope(y):
            return layer.stateless_call([], _values(layer), x, training=True)[0]

    def outside(x):
        return layer.stateless_call([], _values(layer), x, training=True)[0]

    assert numpy(compiled(inside)(x, y)).shape == x.shape
    with kr.label_scope(y):
        assert numpy(outside(x)).shape == x.shape, "without compiling"
        with pytest.raises(ValueError, match="`label_scope` must be opened inside the compiled"):
            compiled(outside)(x)


def _values(layer):
    return [variable.value for variable in layer.non_trainable_variables]


def test_weights_of_a_scope_may_be_a_list(random):
    layer = kr.layers.FeatureDistributionSmoothing(BINS)
    layer.finalize_state()
    features = random.normal(size=(4, 3)).astype("float32")
    with kr.label_scope([1.0, 2.0, 3.0, 4.0], sample_weight=[1.0, 1.0, 0.0, 1.0]):
        layer(features, training=True)
    assert numpy(layer.epoch_count.value).sum() == 3


def test_two_stages_under_replicas(two_replicas):
    x, y = np.random.default_rng(0).normal(size=(64, 6)), np.arange(64.0) % 40
    with two_replicas.scope():
        model = regressor("fds")
    model.fit(x, y, verbose=0)
    for arguments in ({}, {"optimizer": "adam"}, {"learning_rate": 0.1}):
        history = kr.retrain_regressor(model, x, y, verbose=0, **arguments)
        assert np.isfinite(history.history["loss"]).all()


@pytest.mark.skipif(BACKEND == "torch", reason="Keras quantizes on the other two")
def test_a_quantized_voting_head_is_saved_and_loaded(random, tmp_path):
    x, y = random.normal(size=(64, 6)), np.arange(64.0) % 40
    inputs = keras.Input((6,))
    embedding = keras.layers.Dense(16, activation="relu")(inputs)
    model = kr.ImbalancedRegressor(inputs, kr.layers.VotingHead(y, BINS)(embedding))
    model.compile("adam")
    model.fit(x, y, verbose=0)
    with pytest.warns(UserWarning, match="does not have a `quantize` method"):
        model.quantize("int8")  # all layers that can be
    predictions = model.predict(x, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    np.testing.assert_allclose(loaded.predict(x, verbose=0), predictions, rtol=1e-5)


@ON_TORCH
@pytest.mark.parametrize("half", ["bfloat16", "float16"])
def test_ranks_are_those_of_float32_under_autocast(random, half):
    import torch

    y = random.permutation(32).astype("float32")
    features = torch.tensor(random.normal(size=(32, 8)), dtype=torch.float32, requires_grad=True)

    def gradient(enabled):
        features.grad = None
        with torch.autocast("cpu", dtype=getattr(torch, half), enabled=enabled):
            loss = kr.ops.ranksim_loss(features, y, lambda_=0.01, seed=0)
            loss = loss + kr.ops.rank_n_contrast_loss(features, y)
        loss.backward()
        return numpy(features.grad)

    np.testing.assert_allclose(gradient(True), gradient(False), rtol=1e-5, atol=1e-7)


@ON_TORCH
def test_a_noise_scale_has_its_parameter_before_the_first_call():
    from torch import nn

    class Regressor(nn.Module):
        def __init__(self):
            super().__init__()
            self.noise = kr.layers.NoiseScale(initial=5.0)

    assert [parameter.numel() for parameter in Regressor().parameters()] == [1]
