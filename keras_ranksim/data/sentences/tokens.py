"""From sentences to numbered tokens, padded to one length, by TensorFlow Text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from keras_ranksim.validation import optional_package, positive_integer

PADDING = 0
UNKNOWN = 1
SPECIAL = 2  # numbers of real tokens begin here
UNKNOWN_PIECE = "[UNK]"

CURLY_APOSTROPHE = "\u2019"
CONTRACTION = r"(?i:n't|'(?:s|m|d|re|ve|ll))"
WORD = "|".join(
    [
        rf"{CONTRACTION}\b",
        r"(?:\pL\.){2,}",  # U.S.
        r"\pN+(?:[.,:/]\pN+)*",  # 1,000.50
        r"[\pL\pM\pN]+(?:[-.'&@_/][\pL\pM\pN]+)*",  # second-hand
        r"\.\.+",
        r"[^\s\pZ\pC]",
    ]
)
BETWEEN_WORDS = r"[\s\pZ\pC]+"


def split_words(sentences) -> tf.RaggedTensor:
    """Splits sentences into words and punctuation like GloVe does, keeping upper and lower case.

    Args:
        sentences: String tensor of shape `(sentences,)`.

    Returns:
        A ragged string tensor, one row per sentence.

    Example:

    >>> from keras_ranksim.data.sentences.tokens import split_words
    >>> split_words(["He doesn't pay $1,000.50 for a second-hand U.S. car."]).to_list()[0]
    [b'He', b'does', b"n't", b'pay', b'$', b'1,000.50', b'for', b'a', b'second-hand', b'U.S.',
     b'car', b'.']
    """
    text = optional_package("tensorflow_text", extra="text")
    sentences = tf.convert_to_tensor(sentences, tf.string)
    sentences = tf.strings.regex_replace(sentences, CURLY_APOSTROPHE, "'")
    sentences = tf.strings.regex_replace(sentences, rf"(\pL)({CONTRACTION})\b", r"\1 \2")
    # Words act as separators that are kept, so the splitter finds all words.
    return text.regex_split(sentences, f"{WORD}|{BETWEEN_WORDS}", WORD)


class WordTokenizer:
    """Numbers the words of sentences: 0 padding, 1 any other word, 2 the first of `words`.

    A word is looked up as it is, then in lower case. Works on lists of strings and on string
    tensors, also inside `tf.data.Dataset.map`.

    Args:
        words: The words to number, each once.
        max_tokens: Tokens per row; longer sentences are truncated, shorter ones padded at the end.

    Example:

    >>> from keras_ranksim.data.sentences.tokens import WordTokenizer
    >>> tokenize = WordTokenizer(["a", "dog", "Rome"], max_tokens=5)
    >>> tokenize(["A dog in Rome", "rome"]).numpy()
    array([[2, 3, 1, 4, 0],
           [1, 0, 0, 0, 0]], dtype=int32)
    """

    def __init__(self, words: Sequence[str], max_tokens: int = 40):
        self.max_tokens = positive_integer("max_tokens", max_tokens, "tokens of a sentence")
        numbers = tf.range(SPECIAL, SPECIAL + len(words))
        entries = tf.lookup.KeyValueTensorInitializer(tf.constant(words, tf.string), numbers)
        self._numbers = tf.lookup.StaticHashTable(entries, default_value=UNKNOWN)
        self._words = words

    def __reduce__(self):
        """Tables of TensorFlow cannot be sent to another process; their words can."""
        return WordTokenizer, (self._words, self.max_tokens)

    def __call__(self, sentences) -> tf.Tensor:
        """Int32 tensor of shape `(sentences, max_tokens)`."""
        words = split_words(sentences)
        number = self._numbers.lookup(words.flat_values)
        lower = tf.strings.lower(words.flat_values, encoding="utf-8")
        number = tf.where(number == UNKNOWN, self._numbers.lookup(lower), number)
        return _padded(words.with_flat_values(number), self.max_tokens)


class WordPieceTokenizer:
    """Numbers the word pieces of sentences: 0 padding, 1 any other piece, 2 the first kept.

    Pieces are those of BERT's tokenizer, without `[CLS]` and `[SEP]`.

    Args:
        vocabulary: All word pieces, in the order of the rows of their vectors.
        max_tokens: As in `WordTokenizer`.
        lower_case: Whether the vocabulary is one of lower case without accents.
        kept: Places in the vocabulary of the pieces to number; `None` keeps all.

    Example:

    >>> from keras_ranksim.data.sentences.tokens import WordPieceTokenizer
    >>> tokenize = WordPieceTokenizer(["[UNK]", "dog", "##s", "a"], max_tokens=4)
    >>> tokenize(["A dogs cat", ""]).numpy()
    array([[5, 3, 4, 1],
           [0, 0, 0, 0]], dtype=int32)
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        max_tokens: int = 40,
        lower_case: bool = True,
        kept: Sequence[int] | None = None,
    ):
        self.max_tokens = positive_integer("max_tokens", max_tokens, "tokens of a sentence")
        if UNKNOWN_PIECE not in vocabulary:
            raise ValueError(
                f"A WordPiece vocabulary must hold the piece '{UNKNOWN_PIECE}'. Received: "
                f"{len(vocabulary)} pieces without it"
            )
        text = optional_package("tensorflow_text", extra="text")
        self._tokenizer = text.FastBertTokenizer(
            list(vocabulary),
            token_out_type=tf.int32,
            unknown_token=UNKNOWN_PIECE,
            lower_case_nfd_strip_accents=lower_case,
        )
        kept = np.arange(len(vocabulary)) if kept is None else np.asarray(kept)
        numbers = np.full(len(vocabulary), UNKNOWN, dtype="int32")
        numbers[kept] = np.arange(SPECIAL, SPECIAL + len(kept))
        numbers[list(vocabulary).index(UNKNOWN_PIECE)] = UNKNOWN
        self._numbers = numbers

    def pieces(self, sentences) -> tf.RaggedTensor:
        """Places in the vocabulary, a ragged int32 tensor, neither truncated nor padded."""
        return self._tokenizer.tokenize(tf.convert_to_tensor(sentences, tf.string))

    def __call__(self, sentences) -> tf.Tensor:
        """Int32 tensor of shape `(sentences, max_tokens)`."""
        pieces = self.pieces(sentences)
        numbers = tf.gather(self._numbers, pieces.flat_values)
        return _padded(pieces.with_flat_values(numbers), self.max_tokens)


def _padded(numbers, max_tokens):
    return tf.cast(numbers.to_tensor(PADDING, shape=(None, max_tokens)), "int32")
