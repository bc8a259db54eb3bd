"""A new balanced split of GLUE's pairs: balanced, seeded, whole or not there."""

from pathlib import Path

import pytest
from pair_files import HEADER, line, made_up, write

import keras_ranksim as kr
from keras_ranksim.data import load_sts_b_dir
from keras_ranksim.data.sentences.sts_b_files import FILES, read_pairs, repeated_pairs
from keras_ranksim.data.sentences.sts_b_split import main, split_glue


@pytest.fixture
def glue(tmp_path):
    """Made-up GLUE files: 300 and 100 pairs."""
    lines = made_up(400, seed=5)
    write(tmp_path / "glue" / "train.tsv", *lines[:300])
    write(tmp_path / "glue" / "dev.tsv", *lines[300:])
    return tmp_path / "glue", lines


def test_a_new_split_is_balanced_and_keeps_every_line(glue, tmp_path):
    folder, lines = glue
    cut = split_glue(folder, tmp_path / "new", bins=5, pairs_per_bin=12, seed=3)
    bins = kr.LabelBins.uniform(0, 5, 1)
    for part in ("val", "test"):
        assert bins.count(cut[part].scores).tolist() == [12] * 5
    texts = [(tmp_path / "new" / name).read_bytes().decode() for name in FILES.values()]
    assert all(text.startswith(HEADER) for text in texts)
    written = [row + "\n" for text in texts for row in text.split("\n")[1:-1]]
    assert sorted(written) == sorted(lines)
    for part, name in FILES.items():
        assert read_pairs(tmp_path / "new" / name).first == cut[part].first


def test_a_new_split_depends_on_its_seed_alone(glue, tmp_path):
    def test_set(name, seed):
        cut = split_glue(glue[0], tmp_path / name, bins=5, pairs_per_bin=12, seed=seed)
        return cut["test"].lines

    assert test_set("a", 0) == test_set("b", 0) != test_set("c", 1)


def test_a_new_split_of_all_published_pairs_has_the_published_sizes(shared_data, tmp_path):
    lines = [
        row + "\n"
        for name in FILES.values()
        for row in read_pairs(shared_data / "sts-b-dir" / "yang" / name).lines
    ]
    write(tmp_path / "train.tsv", *lines[:5749])
    write(tmp_path / "dev.tsv", *lines[5749:])
    cut = split_glue(tmp_path, tmp_path / "new")
    assert [len(pairs) for pairs in cut.values()] == [5249, 1000, 1000]
    benchmark = load_sts_b_dir(tmp_path / "new", verify=False, width=4, layers=1)
    assert benchmark.facts["split"] == "own"


def test_the_command_prints_its_counts(glue, tmp_path, capsys):
    arguments = ["--glue-dir", str(glue[0]), "--output", str(tmp_path / "new")]
    main([*arguments, "--bins", "5", "--pairs-per-bin", "10"])
    printed = capsys.readouterr().out
    assert "train_new.tsv: 300 pairs" in printed
    assert "test_new.tsv: 50 pairs; by bin: 10 10 10 10 10\n" in printed
    with pytest.raises(SystemExit):
        main(arguments)
    assert "without an earlier split" in capsys.readouterr().err


def test_a_new_split_leaves_nothing_half_written(glue, tmp_path, monkeypatch):
    write_bytes, written = Path.write_bytes, []

    def fails_on_the_second(path, data):
        written.append(path)
        write_bytes(path, data[:100])
        if len(written) > 1:
            raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", fails_on_the_second)
    with pytest.raises(OSError, match="disk full"):
        split_glue(glue[0], tmp_path / "new", bins=5, pairs_per_bin=12)
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"pairs_per_bin": 50},
            "at most half of the pairs of every bin. Received: pairs_per_bin=50",
        ),
        ({"pairs_per_bin": 0}, "`pairs_per_bin` must be a whole number of at least 1"),
        ({"bins": 0}, "`bins` must be a whole number of at least 1"),
    ],
)
def test_a_new_split_that_cannot_be_raises(glue, tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        split_glue(glue[0], tmp_path / "new", **{"bins": 5, **arguments})
    assert not (tmp_path / "new").exists()


def test_repeated_pairs_are_counted(tmp_path):
    train = read_pairs(write(tmp_path / "a.tsv", line("a", "b", 1), line("c", "d", 1)))
    other = read_pairs(write(tmp_path / "b.tsv", line("c", "d", 4), line("b", "a", 1)))
    assert repeated_pairs(other, train) == 1
