"""From a benchmark and a method to a compiled model."""

from __future__ import annotations

import dataclasses
import re

import keras

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.layers import PerImage
from keras_ranksim.methods.method import Method
from keras_ranksim.methods.registry import Stage
from keras_ranksim.metrics import GeometricMeanError
from keras_ranksim.models import ImbalancedRegressor

# Adam adds this to the size of gradients. Those of labels in small units are as small as labels.
EPSILON, SMALL_UNIT = 1e-7, 1e-2


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
    >>> from keras_ranksim.experiments.model import build_model
    >>> benchmark = kr.data.load_portraits(train_samples=100, evaluation_per_age=1)
    >>> built = build_model(benchmark, "SQINV + FDS + RANKSIM")
    >>> [type(layer).__name__ for layer in built.model.layers[-4:-2]]
    ['FeatureDistributionSmoothing', 'RankSimRegularizer']
    """
    method, benchmark = Method.parse(method), benchmark.replace(seed=seed)
    if method.hook("fit") is not None:
        raise ValueError(
            "`method` must be one that trains a network, to build or tune it. "
            f"Received: method='{method}'"
        )
    recipe = benchmark.recipe
    keras.utils.set_random_seed(seed)
    inputs, embedding = benchmark.make_network()
    dense_task = len(embedding.shape) == 4
    for entry in method.entries:
        if entry.layer is not None:
            layer = entry.layer(benchmark)
            embedding = (PerImage(layer) if dense_task and entry.per_sample else layer)(embedding)
    make_head = method.hook("head")
    if make_head is None:
        regressor = (benchmark.make_head or _dense_head)()
    else:
        regressor = make_head(benchmark, method.weighting(recipe))
    outputs = regressor(embedding)
    scale = benchmark.label_scale
    scaled = (scale, benchmark.label_offset) != (1.0, 0.0)
    if scaled and make_head is None:
        in_label_units = keras.layers.Rescaling(scale, benchmark.label_offset, dtype="float32")
        outputs = in_label_units(outputs)
    for entry in method.entries:
        if entry.output is not None:
            outputs = entry.output(benchmark)(outputs)
    # Evaluation weights of dense tasks say which pixels count; those of others are ones.
    name = re.sub(r"\W", "_", benchmark.name, flags=re.ASCII)  # TensorFlow takes no others
    name = name if name[:1].isalnum() else f"model{name}"
    model = ImbalancedRegressor(inputs, outputs, name=name)
    model.compile(
        keras.optimizers.Adam(
            recipe.learning_rate,
            epsilon=EPSILON * (scale if scale < SMALL_UNIT else 1.0),
            global_clipnorm=recipe.clipnorm,
        ),
        loss=loss_of(benchmark, method, method.stages[0]),
        **{"weighted_metrics" if dense_task else "metrics": ["mae", "mse", GeometricMeanError()]},
    )
    return BuiltModel(model, regressor)


def loss_of(benchmark: Benchmark, method: Method, stage: Stage):
    """The loss of a stage: its own, or the method's, or the recipe's."""
    make_loss = stage.loss or method.hook("loss")
    return benchmark.recipe.loss if make_loss is None else make_loss(benchmark)


def forget_models() -> None:
    """Frees what Keras keeps of earlier models; unlike `clear_session`, keeps the dtype policy."""
    policy = keras.config.dtype_policy()
    keras.backend.clear_session()
    keras.config.set_dtype_policy(policy)


def _dense_head():
    return keras.layers.Dense(1, name="regressor", dtype="float32")
