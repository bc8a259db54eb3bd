"""Embeddings of the test split and feature statistics of the label bins, saved as arrays."""

from __future__ import annotations

import os

import keras
import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.artifacts.bin_statistics import BinStatistics
from keras_ranksim.layers import FeatureDistributionSmoothing
from keras_ranksim.models.regression_layer import regression_layer

MOST_TRAINING_SAMPLES = 20_000


def embedding_model(model: keras.Model, regressor: keras.layers.Layer | None = None) -> keras.Model:
    """The part of a model before its regression layer, from inputs to embeddings.

    Args:
        model: A functional or Sequential model.
        regressor: Its regression layer; `None` takes the last layer with weights on the way
            to the output.

    Returns:
        A model with the same inputs, whose output has shape `(batch, features)`. Feature maps
        of dense tasks are averaged over each image.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> from keras_ranksim.experiments.artifacts.embeddings import embedding_model
    >>> inputs = keras.Input((8,))
    >>> embedding = keras.layers.Dense(16, activation="relu")(inputs)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    >>> embedding_model(model).output_shape
    (None, 16)
    """
    if isinstance(model, keras.Sequential):
        model = keras.Model(model.inputs, model.outputs)
    layer = regressor or regression_layer(model)
    if not any(layer is own for own in model.layers):
        raise ValueError(
            "The regression layer must be in the model itself, not in a model inside it. "
            f"Received: layer '{layer.name}', model '{model.name}'"
        )
    embedding = layer.input
    if len(embedding.shape) == 4:
        embedding = keras.layers.GlobalAveragePooling2D(dtype="float32")(embedding)
    elif len(embedding.shape) > 2:
        embedding = keras.layers.Flatten()(embedding)
    return keras.Model(model.input, embedding)


def save_embeddings(
    path: str | os.PathLike,
    model: keras.Model,
    benchmark: Benchmark,
    regressor: keras.layers.Layer | None = None,
) -> None:
    """Writes test embeddings and the feature statistics of training label bins to an `.npz`.

    Args:
        path: The file. It holds `features` and `labels` of the test split; `count`, `mean` and
            `variance` of the training features per label bin (at most 20,000 samples, none for
            dense tasks); and, for a model with `FeatureDistributionSmoothing`, `smoothed_mean`
            and `smoothed_variance`, NaN for bins that the layer does not have.
        model: The trained model.
        benchmark: The benchmark.
        regressor: As in `embedding_model`.
    """
    embed = embedding_model(model, regressor)
    arrays = {
        "features": embed.predict(benchmark.test, verbose=0),
        "labels": np.asarray(benchmark.labels["test"]),
    }
    if not benchmark.data.dense:
        statistics = _training_statistics(embed, benchmark)
        arrays["count"] = statistics.count
        arrays["mean"] = statistics.mean.astype("float32")
        arrays["variance"] = statistics.variance.astype("float32")
    for layer in model.layers:
        if isinstance(layer, FeatureDistributionSmoothing):
            arrays.update(_smoothed_statistics(layer, benchmark.bins))
    np.savez(path, **arrays)


def _training_statistics(embed, benchmark):
    batches = -(-MOST_TRAINING_SAMPLES // benchmark.batch_size)
    statistics = BinStatistics(benchmark.bins)
    for x, labels, _ in benchmark.replace(views=1, weights=None).train.take(batches):
        x = keras.tree.map_structure(np.asarray, x)
        statistics.update(embed.predict_on_batch(x), labels)
    return statistics


def _smoothed_statistics(layer, bins):
    """The layer's statistics, laid out on the bins of the benchmark."""
    centers, edges = bins.centers, layer.bins.edges
    place = layer.bins.index(centers)
    known = keras.ops.convert_to_numpy(layer.samples_seen)[place] > 0
    known &= (centers >= edges[0]) & (centers < edges[-1])
    statistics = {
        "smoothed_mean": layer.smoothed_mean,
        "smoothed_variance": layer.smoothed_variance,
    }
    return {
        name: np.where(known[:, None], keras.ops.convert_to_numpy(value)[place], np.nan)
        for name, value in statistics.items()
    }
