"""The BiLSTM that reads two sentences and compares them."""

import keras
import numpy as np
from keras import ops

from keras_ranksim.registration import registered
from keras_ranksim.validation import numbers, positive_integer


def bilstm_pair(
    vectors,
    width: int = 1500,
    layers: int = 2,
    dropout: float = 0.2,
    max_tokens: int = 40,
    train_vectors: bool = False,
) -> tuple[tuple, keras.KerasTensor]:
    """A backbone for pairs of sentences, given as numbered tokens padded with zeros.

    Both sentences go through the same word vectors and the same stack of bidirectional LSTMs,
    in one pass and no further than the longest sentence of the batch; on a CPU that halves the
    time of batches of 16 and costs nothing at 128. The outputs are max-pooled over the tokens
    of each sentence, `u` and `v`, and compared as `[u, v, |u - v|, u * v]`. A sentence without
    tokens counts as one token of padding.

    On a GPU the LSTMs run in cuDNN. Neither cuDNN nor the cut to the longest sentence can be
    compiled by XLA, so leave `jit_compile` at `"auto"`.

    Args:
        vectors: A matrix of word vectors, one row a token, row 0 for padding; or the shape
            `(rows, size)` of one to be learned.
        width: Units of each LSTM in each direction. The papers' 1,500 ask for a GPU; 100 to
            200 with one layer do on a CPU.
        layers: Bidirectional LSTMs, one on top of the other.
        dropout: Rate of dropout, on the word vectors and on the outputs of the LSTMs.
        max_tokens: Tokens of a sentence, padding included.
        train_vectors: Whether a given matrix is trained on; one to be learned always is.

    Returns:
        `(inputs, embedding)`: two int32 inputs of shape `(max_tokens,)`, and the embedding, of
        size `8 * width`.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> from keras_ranksim.networks.sentence_pair import bilstm_pair
    >>> inputs, embedding = bilstm_pair((100, 16), width=8, layers=1)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    >>> embedding.shape
    (None, 64)

    Reference: [Wang et al., ICLR 2019 (GLUE)](https://arxiv.org/abs/1804.07461)
    """
    positive_integer("width", width, "units of each LSTM in each direction")
    positive_integer("layers", layers, "bidirectional LSTMs")
    positive_integer("max_tokens", max_tokens, "tokens of a sentence")
    inputs = tuple(
        keras.Input((max_tokens,), dtype="int32", name=name) for name in ("tokens_1", "tokens_2")
    )
    words = _embedding(vectors, train_vectors)(SentencesToBatch(name="sentences")(*inputs))
    words = keras.layers.Dropout(dropout)(words)
    for number in range(1, layers + 1):
        lstm = keras.layers.LSTM(width, return_sequences=True)
        words = keras.layers.Bidirectional(lstm, name=f"bilstm_{number}")(words)
    words = keras.layers.Dropout(dropout)(words)
    sentences = MaskedMaxPooling(name="sentence")(words)
    return inputs, CompareSentences(name="pair")(sentences)


def _embedding(vectors, train_vectors):
    if isinstance(vectors, (tuple, list)) and len(vectors) == 2 and np.ndim(vectors) == 1:
        rows = positive_integer("vectors", vectors[0], "rows of the word vectors, the first")
        size = positive_integer("vectors", vectors[1], "the size of a word vector, the second")
        return TokenEmbedding(rows, size, name="word_vectors")
    matrix = numbers("vectors", vectors, ndim=2).astype("float32")
    return TokenEmbedding(
        *matrix.shape, weights=[matrix], trainable=train_vectors, name="word_vectors"
    )


@registered
class SentencesToBatch(keras.layers.Layer):
    """Stacks first and second sentences along the batch and cuts padding common to all.

    Args:
        **kwargs: As in every Keras layer.

    Call arguments:
        first: Tokens of the first sentences, shape `(batch, tokens)`, 0 for padding.
        second: Tokens of the second sentences, the same shape.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.networks.sentence_pair import SentencesToBatch
    >>> first, second = np.array([[5, 6, 0, 0]]), np.array([[7, 0, 0, 0]])
    >>> SentencesToBatch()(first, second).numpy()
    array([[5, 6],
           [7, 0]], dtype=int32)
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        # XLA needs shapes that do not depend on the tokens.
        self.supports_jit = False
        self.built = True

    def call(self, first, second):
        tokens = ops.cast(ops.concatenate([first, second], axis=0), "int32")
        used = ops.any(ops.not_equal(tokens, 0), axis=0)
        length = ops.max(ops.where(used, ops.arange(1, ops.shape(tokens)[1] + 1), 1))
        return tokens[:, :length]

    def compute_output_spec(self, first, second):
        return keras.KerasTensor((None, None), dtype="int32")


@registered
class TokenEmbedding(keras.layers.Embedding):
    """An embedding whose mask leaves out padding, but never a whole sentence.

    cuDNN refuses sentences without a token, and pooling over nothing gives minus infinity; so
    the first token counts even where it is padding.

    Args and call arguments are those of `keras.layers.Embedding`.
    """

    def __init__(self, input_dim, output_dim, **kwargs):
        super().__init__(input_dim, output_dim, **{**kwargs, "mask_zero": True})

    def compute_mask(self, tokens, mask=None):
        used = ops.ones_like(tokens[:, :1])
        return ops.not_equal(ops.concatenate([used, tokens[:, 1:]], axis=1), 0)


@registered
class MaskedMaxPooling(keras.layers.Layer):
    """The largest value of every feature over the time steps that the mask lets through.

    Args:
        **kwargs: As in every Keras layer.

    Call arguments:
        sequence: Tensor of shape `(batch, time, features)`.
        mask: Optional booleans of shape `(batch, time)`, true for at least one step of each
            row.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.networks.sentence_pair import MaskedMaxPooling
    >>> sequence = np.array([[[1.0, -4.0], [2.0, -5.0], [9.0, 9.0]]])
    >>> MaskedMaxPooling()(sequence, mask=np.array([[True, True, False]])).numpy()
    array([[ 2., -4.]], dtype=float32)
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.built = True

    def call(self, sequence, mask=None):
        if mask is not None:
            sequence = ops.where(ops.expand_dims(mask, -1), sequence, -np.inf)
        return ops.max(sequence, axis=1)

    def compute_mask(self, sequence, mask=None):
        return None

    def compute_output_shape(self, sequence_shape):
        return (sequence_shape[0], sequence_shape[2])


@registered
class CompareSentences(keras.layers.Layer):
    """From a batch of first, then second sentences `u` and `v` to `[u, v, |u - v|, u * v]`.

    Args:
        **kwargs: As in every Keras layer.

    Call arguments:
        sentences: Tensor of shape `(2 * batch, features)`.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.networks.sentence_pair import CompareSentences
    >>> CompareSentences()(np.array([[2.0], [5.0]])).numpy()
    array([[ 2.,  5.,  3., 10.]], dtype=float32)
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.built = True

    def call(self, sentences):
        u, v = ops.split(sentences, 2, axis=0)
        return ops.concatenate([u, v, ops.abs(u - v), u * v], axis=-1)

    def compute_output_shape(self, sentences_shape):
        return (None, 4 * sentences_shape[-1])
