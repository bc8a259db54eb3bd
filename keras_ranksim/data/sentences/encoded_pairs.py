"""STS-B-DIR on frozen vectors of a pretrained transformer."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np

from keras_ranksim.data.benchmark import SPLITS
from keras_ranksim.data.pipeline import ArrayPipelines
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.networks.sentence_vectors import sentence_vectors
from keras_ranksim.networks.vector_pair import vector_pair

# Of every recipe for this data set: what its papers use, whatever the network.
SETTINGS_OF_STS_B = {
    "loss": "mse",
    "monitor": "val_mse",
    "weights": {"scheme": "inverse"},
    "fds": {
        "kernel": "gaussian",
        "kernel_size": 5,
        "sigma": 2.0,
        "variance_clip": (0.5, 2.0),
        "empty_bins": "neighbors",
    },
    "conr": {"window": 0.1, "pushing_power": 0.1},
}


def encoded_fields(pairs: dict, encoder, cache_dir, verbose: bool) -> dict:
    """Fields of a benchmark whose inputs are the vectors of both sentences.

    Args:
        pairs: The `Pairs` of each split.
        encoder, cache_dir, verbose: As in `sentence_vectors`.

    Returns:
        The fields as a dictionary, `facts` among them.
    """
    texts = [text for part in SPLITS for text in pairs[part].first + pairs[part].second]
    vectors = sentence_vectors(texts, encoder, cache_dir=cache_dir, verbose=verbose)
    ends = np.cumsum([len(pairs[part]) for part in SPLITS for _ in range(2)])[:-1]
    columns = iter(np.split(vectors, ends))
    scores = pairs["train"].scores
    name = Path(encoder).name if isinstance(encoder, os.PathLike) else str(encoder)
    return {
        "make_pipeline": ArrayPipelines(
            {part: (next(columns), next(columns)) for part in SPLITS}, "sentences"
        ),
        "make_network": functools.partial(vector_pair, vectors.shape[1]),
        "recipe": _recipe(),
        # Standardized labels: the network starts at the mean and learns deviations from it.
        "label_offset": float(scores.mean()),
        "label_scale": float(scores.std()) or 1.0,
        "facts": {
            "vectors": f"sentences by {name}, frozen, {vectors.shape[1]} numbers",
            "network": "two dense layers of 256 on [5 |u - v|, 20 u * v]",
            "differences": ["sentence vectors of a pretrained transformer, not GloVe and LSTMs"],
        },
    }


def _recipe():
    return Recipe(
        # The head overfits after some ten epochs, and its validation error is noisy at a constant
        # learning rate: seeds then differ by 0.03.
        epochs=15,
        batch_size=64,
        learning_rate=1e-3,
        milestones=(3, 6, 9),
        decay=0.3,
        patience=6,
        ranksim={"gamma": 0.01, "lambda_": 100.0},
        focal={"error": "squared", "beta": 4.0},
        **SETTINGS_OF_STS_B,
    )
