"""Files of sentence pairs: no row lost, every wrong line named."""

import numpy as np
import pytest
from pair_files import HEADER, line, write

import keras_ranksim as kr
from keras_ranksim.data.sentences.sts_b_files import FILES, read_pairs


@pytest.mark.parametrize("split", ["yang", "ranksim"])
def test_no_row_of_the_published_files_is_lost(shared_data, split):
    for part, count in zip(FILES, (5249, 1000, 1000)):
        path = shared_data / "sts-b-dir" / split / FILES[part]
        pairs = read_pairs(path)
        assert len(pairs) == len(pairs.first) == len(pairs.second) == count
        rows = [row.split(b"\t") for row in path.read_bytes().split(b"\n")[1:-1]]
        assert [text.encode() for text in pairs.first] == [row[7] for row in rows]
        assert [text.encode() for text in pairs.second] == [row[8] for row in rows]
        np.testing.assert_allclose(pairs.scores, [float(row[9]) for row in rows])
        if part != "train":
            assert (kr.LabelBins.uniform(0, 5, 0.25).count(pairs.scores) == 50).all()


KNOWN_ROWS = {
    ("yang", "train"): {
        0: ("A woman is dancing.", "A man is eating.", 0.143),
        -1: (
            "Iran, IAEA Officials Meet Ahead of March Nuclear Deadline",
            "Iran, IAEA officials meet ahead of March nuclear deadline: ISNA",
            5.0,
        ),
    },
    ("yang", "val"): {
        0: ("A woman is slicing big pepper.", "A man is playing an instrument.", 0.0),
        -3: (
            "And now it's anything he wants to say,\" Alesha Badgley, Stone County Nursing and "
            "Rehabilitation Center social director, said this week.",
            "And now it's anything he wants to say,\" confirmed Stone County Nursing and "
            "Rehabilitation Center social director Alesha Badgley.",
            5.0,
        ),
    },
    ("yang", "test"): {
        0: ("A man is riding a horse.", "A woman is washing a freezer.", 0.0),
        -1: ("Oil falls in Asian trade", "Oil prices down in Asian trade", 5.0),
    },
    ("ranksim", "train"): {
        0: ("A woman is dancing.", "A man is eating.", 0.143),
        -1: ("Oil falls in Asian trade", "Oil prices down in Asian trade", 5.0),
    },
    ("ranksim", "val"): {
        -1: (
            "Mitt Romney wins Maryland GOP primary",
            "Romney wins Maryland Republican primary",
            4.8,
        ),
    },
    ("ranksim", "test"): {
        0: ("A woman is frying something in the pan.", "A man is playing his guitar.", 0.0),
    },
}


@pytest.mark.parametrize(("split", "part"), KNOWN_ROWS)
def test_known_rows_are_where_they_are(shared_data, split, part):
    pairs = read_pairs(shared_data / "sts-b-dir" / split / FILES[part])
    for row, (first, second, score) in KNOWN_ROWS[split, part].items():
        assert pairs.first[row] == first
        assert pairs.second[row] == second
        assert pairs.scores[row] == pytest.approx(score)


def test_quotes_and_unicode_line_ends_stay_in_their_sentence(tmp_path):
    odd = ['"open', "it's \u2028 one", "next\x85line", "form\x0cfeed", " blanks  ", '""', ""]
    path = write(tmp_path / "pairs.tsv", *[line(text, text[::-1], 2.5) for text in odd])
    pairs = read_pairs(path)
    assert pairs.first == odd
    assert pairs.second == [text[::-1] for text in odd]


def test_windows_line_ends_and_a_missing_last_one_change_nothing(tmp_path):
    text = HEADER + line("a", "b", 1) + line("c", "d", 2)
    plain, windows = tmp_path / "plain.tsv", tmp_path / "windows.tsv"
    plain.write_bytes(text.encode())
    windows.write_bytes(text[:-1].replace("\n", "\r\n").encode("utf-8-sig"))
    assert read_pairs(plain).first == read_pairs(windows).first == ["a", "c"]
    np.testing.assert_array_equal(read_pairs(windows).scores, [1, 2])


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (HEADER + "0\ta\tb\n", "must have 10 columns separated by tabs. Received: line 2 with 3"),
        (HEADER + line("a", "b", 1) + line("a\tb", "c", 1), "Received: line 3 with 11"),
        (HEADER + line("a", "b", 1) + "\n" + line("a", "b", 1), "line 3 with 1, ''"),
        (HEADER + line("a", "b", "high"), "a number from 0 to 5. Received: 'high' in line 2"),
        (HEADER + line("a", "b", 5.01), "a number from 0 to 5. Received: '5.01' in line 2"),
        (HEADER + line("a", "b", "nan"), "a number from 0 to 5. Received: 'nan' in line 2"),
        (line("a", "b", 1), "must begin with a header line that ends in sentence1"),
        ("", "must have 10 columns separated by tabs. Received: line 1 with 1"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, contents, message):
    path = tmp_path / "pairs.tsv"
    path.write_bytes(contents.encode())
    with pytest.raises(ValueError, match=message) as error:
        read_pairs(path)
    assert str(path) in str(error.value)


def test_another_encoding_and_a_missing_file_raise(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_bytes((HEADER + line("caf\u00e9", "b", 1)).encode("latin-1"))
    with pytest.raises(ValueError, match="must be encoded in UTF-8"):
        read_pairs(path)
    with pytest.raises(FileNotFoundError, match="no such file"):
        read_pairs(tmp_path / "nothing.tsv")
