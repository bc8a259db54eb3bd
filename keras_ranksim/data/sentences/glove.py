"""Reads the vectors of some words from a text file of millions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from keras_ranksim.progress_bar import ProgressBar

MEGABYTE = 1_000_000
PATIENCE = 2.0  # seconds
HEADER = re.compile(rb"\d+ (\d+)")
DECIMAL = re.compile(rb"[-+]?\d*\.\d+(e[-+]?\d+)?", re.IGNORECASE)


def read_glove(path, words: Iterable[str], *, verbose: bool = True) -> dict[str, np.ndarray]:
    """Reads the vectors of `words` from a text file as GloVe and fastText publish them.

    Every line holds a word and its numbers, separated by single blanks; a first line of two
    whole numbers (rows and size) is skipped. A word may contain blanks, such as ". . ." in
    GloVe 840B. All lines are checked for their number of numbers, but only those of `words` are
    kept, so memory use stays small.

    Args:
        path: The text file, UTF-8.
        words: The words to look for.
        verbose: Whether to show a progress bar if reading takes more than two seconds.

    Returns:
        The float32 vectors of the words found.

    Example:

    >>> import tempfile
    >>> from pathlib import Path
    >>> from keras_ranksim.data.sentences.glove import read_glove
    >>> file = Path(tempfile.mkdtemp()) / "vectors.txt"
    >>> _ = file.write_text("dog 0.5 1.0\\n. . . 0.1 0.2\\ncat 0.25 1.0\\n", encoding="utf-8")
    >>> read_glove(file, ["cat", "unicorn"])
    {'cat': array([0.25, 1.  ], dtype=float32)}
    """
    path = Path(path)
    wanted = {word.encode(): word for word in words}
    vectors, lines, size = {}, {}, None
    with path.open("rb") as file:
        for number, line in enumerate(_with_progress(file, path, verbose), start=1):
            line = line.rstrip(b"\r\n ")
            if size is None:
                header = HEADER.fullmatch(line)
                size = int(header[1]) if header else line.count(b" ")
                if header:
                    continue
            word = _word(line, size, path, number)
            if word not in wanted:
                continue
            if word in lines:
                raise ValueError(
                    f"{path} must hold every word once. Received: '{wanted[word]}' in line "
                    f"{lines[word]} and again in line {number}"
                )
            lines[word] = number
            vectors[wanted[word]] = _vector(line, size, path, number)
    if not vectors:
        raise ValueError(
            f"{path} must hold word vectors for the data, one word per line. Received: "
            f"{number if size is not None else 0} lines and none of the {len(wanted)} words"
        )
    return vectors


def _word(line, size, path, number):
    blanks = line.count(b" ")
    if blanks == size > 0:
        return line[: line.index(b" ")]
    word = line.rsplit(b" ", size)[0] if blanks > size > 0 else b""
    if not word or any(DECIMAL.fullmatch(part) for part in word.split(b" ")[1:]):
        raise ValueError(
            f"Every line of {path} must hold a word and {size or 'its'} numbers, separated by "
            f"single blanks. Received: line {number} with {blanks} blanks, {_shown(line)}"
        )
    return word


def _vector(line, size, path, number):
    try:
        vector = np.array([float(part) for part in line.rsplit(b" ", size)[1:]], dtype="float32")
    except ValueError:
        vector = np.array([np.nan])
    if not np.isfinite(vector).all():
        raise ValueError(
            f"The vectors of {path} must be finite numbers. Received: line {number}, {_shown(line)}"
        )
    return vector


def _shown(line):
    return repr(line[:60].decode("utf-8", errors="replace")) + ("..." if len(line) > 60 else "")


def _with_progress(file, path, verbose):
    """The lines of a file, with a progress bar in megabytes."""
    total = path.stat().st_size // MEGABYTE
    bar = ProgressBar(total, unit_name="MB", verbose=int(verbose), patience=PATIENCE)
    read = shown = 0
    for line in file:
        yield line
        read += len(line)
        if read // MEGABYTE > shown:
            shown = read // MEGABYTE
            bar.update(shown)
