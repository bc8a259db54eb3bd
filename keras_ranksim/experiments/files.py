"""Files of a run: written whole or not at all, and read with errors that name the way out."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

FULL = (errno.ENOSPC, errno.EDQUOT)
FULL_IN_WORDS = ("No space left on device", "Disk quota exceeded")


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to; on success the file gets its name, so that nobody reads half of it.

    Args:
        path: The file. What is written keeps its suffix.
    """
    unfinished = path.with_name("unfinished-" + path.name)
    yield unfinished
    unfinished.replace(path)


def write_text(path: Path, text: str) -> None:
    """Writes text as a whole file."""
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def write_json(path: Path, value) -> None:
    """Writes JSON as a whole file."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path):
    """Reads a JSON file of a run, or raises one sentence with the way out."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise damaged(path, error) from error


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Reads an `.npz` of a run, or raises one sentence with the way out."""
    try:
        with path.open("rb") as file, np.load(file) as saved:
            return dict(saved)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise damaged(path, error) from error


def damaged(path: Path, error: Exception) -> ValueError:
    """The error for a file of a run that cannot be read.

    Args:
        path: The file.
        error: Why it cannot be read.
    """
    missing = isinstance(error, FileNotFoundError)
    return ValueError(
        f"The file '{path}' of a run {'is missing' if missing else f'is damaged ({error})'}. "
        f"Restore it, or delete the folder '{path.parent}' to train that run again."
    )


def make_folder(path: str | os.PathLike) -> Path:
    """Makes the folder of a run or table, or raises one sentence that names the argument."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(
            "`output_dir` must be a folder, or one that can be made. "
            f"Received: output_dir={str(path)!r} ({error.strerror}). Name another folder."
        ) from error
    return Path(path)


@contextlib.contextmanager
def explain_full_disk(folder: Path) -> Iterator[None]:
    """Turns any error of a full disk into one sentence with the way out.

    Args:
        folder: The folder that is written to.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:  # HDF5 raises either, without an error number
        words = str(error)
        if getattr(error, "errno", None) in FULL or any(text in words for text in FULL_IN_WORDS):
            raise OSError(
                f"The disk of '{folder}' is full. Free some space and make the same call again: "
                "the run resumes after its last finished epoch."
            ) from error
        raise
