"""Sentences to tokens: words as GloVe knows them, word pieces as BERT cuts them."""

import pickle
import sys

import cloudpickle
import numpy as np
import pytest
import tensorflow as tf

from keras_ranksim.data.sentences.tokens import WordPieceTokenizer, WordTokenizer, split_words

VOCABULARY = ["[PAD]", "[UNK]", "un", "##aff", "##able", "a", "dog", "##s", ",", "cafe", "dogs"]


def words_of(sentence):
    return [word.decode() for word in split_words([sentence]).to_list()[0]]


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("A man isn't here.", ["A", "man", "is", "n't", "here", "."]),
        ("It\u2019s Anna's; they'LL go", ["It", "'s", "Anna", "'s", ";", "they", "'LL", "go"]),
        ('He said: "stop!"', ["He", "said", ":", '"', "stop", "!", '"']),
        ("1,000.50 or 3/4 at 5:30, $7", ["1,000.50", "or", "3/4", "at", "5:30", ",", "$", "7"]),
        ("U.S. soldiers' second-hand car", ["U.S.", "soldiers", "'", "second-hand", "car"]),
        ("well... end.", ["well", "...", "end", "."]),
        (
            "caf\u00e9\u2014na\u00efve \u6771\u4eac",
            ["caf\u00e9", "\u2014", "na\u00efve", "\u6771\u4eac"],
        ),
        ("two\u2028lines\x85of\ttext\u00a0here", ["two", "lines", "of", "text", "here"]),
        ("", []),
        (" \t ", []),
    ],
)
def test_sentences_are_cut_into_the_words_of_glove(sentence, words):
    assert words_of(sentence) == words


def test_no_character_but_blanks_is_lost(random):
    letters = list("abZ09.,'-$%\u00e9\u6771 \u2028\"()/&@_")
    for _ in range(50):
        sentence = "".join(random.choice(letters, 30))
        assert "".join(words_of(sentence)) == "".join(sentence.split())


def test_words_are_looked_up_as_they_stand_then_in_lower_case():
    tokenize = WordTokenizer(["rome", "Paris", "dog"], max_tokens=4)
    tokens = tokenize(["Rome rome ROME", "Paris paris", "DOG"])
    np.testing.assert_array_equal(tokens, [[2, 2, 2, 0], [3, 1, 0, 0], [4, 0, 0, 0]])


def test_long_sentences_are_cut_and_short_ones_padded():
    tokenize = WordTokenizer(["a", "b", "c"], max_tokens=2)
    tokens = tokenize(["a b c", "c", ""])
    np.testing.assert_array_equal(tokens, [[2, 3], [4, 0], [0, 0]])
    assert tokens.dtype == "int32"


def pieces_by_greed(word):
    """The longest piece that fits, again and again, as WordPiece is defined."""
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            piece = ("##" if start else "") + word[start:end]
            if piece in VOCABULARY:
                pieces.append(piece)
                start = end
                break
        else:
            return ["[UNK]"]
    return pieces


@pytest.mark.parametrize("word", ["unaffable", "dogs", "dog", "undogs", "una", "adogs", "unaffs"])
def test_words_are_cut_into_the_longest_pieces(word):
    tokenize = WordPieceTokenizer(VOCABULARY, max_tokens=8)
    pieces = tokenize.pieces([word]).to_list()[0]
    assert [VOCABULARY[piece] for piece in pieces] == [
        piece if piece in VOCABULARY else "[UNK]" for piece in pieces_by_greed(word)
    ]


def test_case_and_accents_matter_only_where_the_vocabulary_has_them():
    lower = WordPieceTokenizer(VOCABULARY, lower_case=True).pieces(["Caf\u00e9, A"])
    cased = WordPieceTokenizer(VOCABULARY, lower_case=False).pieces(["Caf\u00e9, A"])
    assert lower.to_list() == [[9, 8, 5]]
    assert cased.to_list() == [[1, 8, 1]]


def test_pieces_that_are_not_kept_become_unknown():
    tokenize = WordPieceTokenizer(VOCABULARY, max_tokens=4, kept=[5, 10])
    np.testing.assert_array_equal(tokenize(["a dogs, cat"]), [[2, 3, 1, 1]])


@pytest.mark.parametrize(
    "tokenize", [WordTokenizer(["a", "dog"], 3), WordPieceTokenizer(VOCABULARY, 3)]
)
def test_tokenizers_work_inside_tf_data(tokenize):
    sentences = ["A dog", "", "a a a a"]
    dataset = tf.data.Dataset.from_tensor_slices(sentences).batch(2).map(tokenize)
    assert dataset.element_spec.shape.as_list() == [None, 3]
    np.testing.assert_array_equal(np.concatenate(list(dataset)), tokenize(sentences))


@pytest.mark.parametrize(
    "tokenize",
    [WordTokenizer(["a", "dog"], 4), WordPieceTokenizer(["[UNK]", "a", "dog", "##s"], 4)],
    ids=lambda tokenize: type(tokenize).__name__,
)
def test_tokenizers_are_sent_to_other_processes_with_their_benchmark(tokenize):
    sent = pickle.loads(cloudpickle.dumps(tokenize))
    sentences = ["a dog", "dogs in a Dog"]
    np.testing.assert_array_equal(sent(sentences), tokenize(sentences))


def test_without_tensorflow_text_the_pip_install_raises(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_text", None)
    for tokenize in (lambda: split_words(["a"]), lambda: WordPieceTokenizer(VOCABULARY)):
        with pytest.raises(ImportError, match=r"pip install 'keras_ranksim\[text\]'"):
            tokenize()


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="`max_tokens` must be a whole number of at least 1"):
        WordTokenizer(["a"], max_tokens=0)
    with pytest.raises(ValueError, match=r"must hold the piece '\[UNK\]'. Received: 2 pieces"):
        WordPieceTokenizer(["a", "b"])
