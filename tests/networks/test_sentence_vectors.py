"""Sentence vectors: what a transformer computes, kept by content, one sentence per mistake."""

import importlib.util
import json
import sys

import numpy as np
import pytest
from tiny_bert import PIECES, PIECES_OF, SAVED, SIZE, vector_by_definition, write_bert

import keras_ranksim as kr
from keras_ranksim.networks import sentence_vectors as public
from keras_ranksim.networks.sentence_encoder import encoder_identity

module = sys.modules["keras_ranksim.networks.sentence_vectors"]
TEXTS = list(PIECES_OF)

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("keras_hub") is None, reason="keras-hub is not installed"
)


@pytest.fixture
def bert(tmp_path):
    write_bert(tmp_path / "bert")
    return tmp_path / "bert"


@pytest.mark.parametrize("prefix", ["", "bert."])
def test_vectors_are_what_the_weights_say(tmp_path, prefix):
    weights = write_bert(tmp_path / "bert", prefix)
    expected = [vector_by_definition(weights, PIECES_OF[text]) for text in TEXTS]
    vectors = kr.networks.sentence_vectors(TEXTS, tmp_path / "bert", verbose=False)
    assert vectors.dtype == "float32"
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_order_batches_and_repetition_change_nothing(bert):
    texts = ["dogs sleep", "", "A dog runs.", "dogs sleep", "Zebra"]
    one = kr.networks.sentence_vectors(texts, bert, verbose=False)
    other = kr.networks.sentence_vectors(texts[::-1], bert, batch_size=2, verbose=False)
    np.testing.assert_allclose(one, other[::-1], atol=1e-6)
    np.testing.assert_array_equal(one[0], one[3])


def test_long_sentences_are_truncated_and_never_beyond_the_positions(bert, tmp_path):
    weights = write_bert(bert)
    text = "dogs sleep . dogs sleep . dogs sleep . dogs sleep ."
    pieces = ["dog", "##s", "sleep", "."] * 4
    for max_tokens, kept in ((6, 4), (256, 10)):
        found = public([text], bert, max_tokens=max_tokens, verbose=False)
        expected = vector_by_definition(weights, pieces[:kept])
        np.testing.assert_allclose(found[0], expected, atol=1e-5)


def test_a_vocabulary_in_tokenizer_json_does_as_well(bert):
    expected = kr.networks.sentence_vectors(TEXTS, bert, verbose=False)
    (bert / "vocab.txt").unlink()
    (bert / "tokenizer_config.json").unlink()
    numbers = {piece: number for number, piece in enumerate(PIECES)}
    (bert / "tokenizer.json").write_text(json.dumps({"model": {"vocab": numbers}}))
    np.testing.assert_array_equal(public(TEXTS, str(bert), verbose=False), expected)


def test_vectors_are_kept_by_the_contents_of_texts_and_encoder(bert, tmp_path, monkeypatch):
    cache, encoded = tmp_path / "cache", []
    encode = module._encoded
    monkeypatch.setattr(module, "_encoded", lambda *a: encoded.append(1) or encode(*a))

    def vectors(texts=TEXTS, **arguments):
        return public(texts, bert, cache_dir=cache, verbose=False, **arguments)

    first = vectors()
    np.testing.assert_array_equal(vectors(), first)
    np.testing.assert_array_equal(vectors(TEXTS[::-1] * 2), np.tile(first[::-1], (2, 1)))
    assert len(encoded) == 1
    vectors(TEXTS[:2])
    vectors(max_tokens=4)
    assert len(encoded) == 3
    write_bert(bert, seed=1)
    assert not np.allclose(vectors(), first)
    assert len(encoded) == 4
    assert len(list(cache.iterdir())) == 4


def test_a_folder_that_moves_is_the_same_encoder(bert, tmp_path):
    moved = bert.rename(tmp_path / "elsewhere")
    assert encoder_identity(moved) == encoder_identity(str(moved))
    assert set(encoder_identity(moved)) == {
        "config.json",
        SAVED,
        "tokenizer_config.json",
        "vocab.txt",
    }


def test_a_progress_bar_is_shown_if_it_takes_long(bert, capsys, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    public(TEXTS, bert, verbose=True)
    assert "4/4" in capsys.readouterr().err
    public(TEXTS, bert, verbose=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("absent", [SAVED, "vocab.txt", "config.json"])
def test_a_folder_without_a_file_names_it(bert, absent):
    (bert / absent).unlink()
    with pytest.raises(FileNotFoundError, match=rf"`encoder` must be a folder.*without {absent}$"):
        public(TEXTS, bert)


def test_a_damaged_file_of_weights_raises_one_sentence(bert):
    (bert / SAVED).write_bytes((bert / SAVED).read_bytes()[:200])
    with pytest.raises(ValueError, match=r"`encoder` must be .* that keras-hub can load.*bert'"):
        public(TEXTS, bert)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"encoder": "./absent"}, FileNotFoundError, "'./absent', which is no folder"),
        ({"encoder": "no_such_preset_en"}, ValueError, r"keras-hub can load.*'no_such_preset_en'"),
        ({"encoder": 3}, ValueError, "the name of a keras-hub preset. Received: int"),
        ({"texts": []}, ValueError, "at least one text and nothing else. Received: no text"),
        ({"texts": ["a", None]}, ValueError, "nothing else. Received: None at 1"),
        ({"max_tokens": 0}, ValueError, "`max_tokens` must be a whole number"),
        ({"batch_size": 0}, ValueError, "`batch_size` must be a whole number"),
    ],
)
def test_mistakes_raise_one_sentence(bert, arguments, error, message):
    with pytest.raises(error, match=message):
        public(**{"texts": TEXTS, "encoder": bert, **arguments})


def test_without_keras_hub_the_way_out_is_named(bert, monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(ImportError, match=r"pip install 'keras_ranksim\[encoders\]'"):
        public(TEXTS, bert)


def test_the_size_of_the_vectors_is_that_of_the_encoder(bert):
    assert public(["A dog runs."], bert, verbose=False).shape == (1, SIZE)
