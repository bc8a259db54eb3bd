"""Files of a run: written whole or not at all; errors say what to do about a damaged one."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from keras_ranksim.files import whole_file
from keras_ranksim.variable_files import load_arrays

# Folders in that of a run.
STAGES = ("stage_one", "stage_two")
LARGEST_ERRORS = "largest_errors"
PAGE = "report.html"
SUBFOLDERS = (*STAGES, LARGEST_ERRORS)
FULL = (errno.ENOSPC, errno.EDQUOT)
FULL_IN_WORDS = ("No space left on device", "Disk quota exceeded")


def write_text(path: Path, text: str) -> None:
    """Writes text as a whole file."""
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")


def write_json(path: Path, value) -> None:
    """Writes JSON as a whole file."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def read_json(path: Path, what_to_do: str | None = None):
    """Reads a JSON file of a run; an error says what to do, as in `explain_damage`."""
    with explain_damage(path, what_to_do):
        return json.loads(path.read_text(encoding="utf-8"))


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Reads an `.npz` of a run; an error says what to do."""
    with explain_damage(path):
        return load_arrays(path)


@contextlib.contextmanager
def explain_damage(path: Path, what_to_do: str | None = None) -> Iterator[None]:
    """Turns an error while reading a run's file into one sentence that says what to do.

    Args:
        path: The file that is read.
        what_to_do: A sentence; `None` takes that for a file of a run.
    """
    try:
        yield
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise damaged(path, error, what_to_do) from error


def damaged(path: Path, error: Exception, what_to_do: str | None = None) -> ValueError:
    """The error for a file that cannot be read.

    Args:
        path: The file.
        error: Why it cannot be read.
        what_to_do: As in `explain_damage`.
    """
    if what_to_do is None:
        run = path.parent.parent if path.parent.name in SUBFOLDERS else path.parent
        what_to_do = f"Restore it, or delete the folder '{run}' to train that run again."
    missing = isinstance(error, FileNotFoundError)
    return ValueError(
        f"The file '{path}' {'is missing' if missing else f'is damaged ({error})'}. {what_to_do}"
    )


def make_folder(path: str | os.PathLike) -> Path:
    """Creates the folder of a run or table; an error names the argument."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise type(error)(
            "`output_dir` must be a folder that exists or can be created. "
            f"Received: output_dir={str(path)!r} ({error.strerror}). Name another folder."
        ) from error
    return Path(path)


@contextlib.contextmanager
def explain_full_disk(folder: Path) -> Iterator[None]:
    """Turns the error of a full disk into one sentence that says what to do.

    Args:
        folder: The folder that is written to.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:  # HDF5 raises both, without an error number
        words = str(error)
        if getattr(error, "errno", None) in FULL or any(text in words for text in FULL_IN_WORDS):
            raise OSError(
                f"The disk of '{folder}' is full. Free some space and run the same call again: "
                "what is finished is kept, and an interrupted run resumes."
            ) from error
        raise
