"""From a benchmark and a method to a compiled model."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.method import Method
from keras_ranksim.layers import (
    ConRRegularizer,
    FeatureDistributionSmoothing,
    NoiseScale,
    PerImage,
    RankSimRegularizer,
)
from keras_ranksim.losses import BalancedMSE, FocalR
from keras_ranksim.metrics import GeometricMeanError
from keras_ranksim.models import ImbalancedRegressor

# What such a model logs of an epoch, and with `val_` of its validation.
LOGGED = ("loss", "mae", "mse", "gm")


@dataclasses.dataclass(frozen=True)
class BuiltModel:
    """A compiled model and its regression layer."""

    model: ImbalancedRegressor
    regressor: keras.layers.Layer


def build_model(benchmark: Benchmark, method: Method | str, seed: int = 0) -> BuiltModel:
    """Builds and compiles the model of a method, seeded.

    Args:
        benchmark: Gives the network, the bins and the recipe.
        method: A `Method` or its name.
        seed: Seed of the weights and of every layer that draws.

    Returns:
        The model and its regression layer.

    Example:

    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=100, evaluation_per_age=1)
    >>> built = kr.experiments.build_model(benchmark, "SQINV + FDS + RANKSIM")
    >>> [type(layer).__name__ for layer in built.model.layers[-4:-2]]
    ['FeatureDistributionSmoothing', 'RankSimRegularizer']
    """
    method, recipe = Method.parse(method), benchmark.recipe
    keras.utils.set_random_seed(seed)
    inputs, embedding = benchmark.make_network()
    dense_task = len(embedding.shape) == 4

    def per_sample(regularizer):
        return PerImage(regularizer) if dense_task else regularizer

    if method.fds:
        bins = benchmark.bins if recipe.fds_bins is None else recipe.fds_bins
        embedding = FeatureDistributionSmoothing(bins, **recipe.fds)(embedding)
    if method.ranksim:
        embedding = per_sample(RankSimRegularizer(seed=seed, **recipe.ranksim))(embedding)
    if method.conr:
        embedding = per_sample(ConRRegularizer(**recipe.conr))(embedding)
    make_head = benchmark.make_head or _dense_head
    regressor = make_head()
    outputs = regressor(embedding)
    if (benchmark.label_scale, benchmark.label_offset) != (1.0, 0.0):
        in_label_units = keras.layers.Rescaling(
            benchmark.label_scale, benchmark.label_offset, dtype="float32"
        )
        outputs = in_label_units(outputs)
    if method.base == "BMSE":
        outputs = NoiseScale(_first_noise(benchmark.train_labels))(outputs)
    # Evaluation weights of dense tasks say which pixels count; those of others are ones.
    model = ImbalancedRegressor(inputs, outputs, name=benchmark.name.replace("-", "_"))
    model.compile(
        keras.optimizers.Adam(recipe.learning_rate, global_clipnorm=recipe.clipnorm),
        loss=_loss(method, recipe),
        **{"weighted_metrics" if dense_task else "metrics": ["mae", "mse", GeometricMeanError()]},
    )
    return BuiltModel(model, regressor)


def forget_models() -> None:
    """Frees what Keras keeps of earlier models; unlike `clear_session`, keeps the dtype policy."""
    policy = keras.config.dtype_policy()
    keras.backend.clear_session()
    keras.config.set_dtype_policy(policy)


def _first_noise(labels):
    """A noise scale that a network soon reaches; the labels' own deviation is far above it."""
    return float(np.std(labels)) / 4 or 1.0


def _dense_head():
    return keras.layers.Dense(1, name="regressor", dtype="float32")


def _loss(method, recipe):
    if method.base == "FOCAL-R":
        return FocalR(**recipe.focal)
    if method.base == "BMSE":
        return BalancedMSE(noise="learnt")
    return recipe.loss
