"""Files are written whole or not at all."""

import hashlib

import pytest

from keras_ranksim.files import file_hash, whole_file


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "notes.txt").write_text("old")

    def interrupted():
        with whole_file(tmp_path / "notes.txt") as part:
            part.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert names_in(tmp_path) == ["notes.txt"]
    assert (tmp_path / "notes.txt").read_text() == "old"


def test_the_file_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "new" / "notes.txt"
    with whole_file(path) as part:
        part.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert names_in(path.parent) == ["notes.txt"]


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "notes.txt"
    with whole_file(path) as first, whole_file(path) as second:
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"
    assert names_in(tmp_path) == ["notes.txt"]


def test_the_hash_is_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"contents")
    assert file_hash(tmp_path / "a") == hashlib.sha256(b"contents").hexdigest()
