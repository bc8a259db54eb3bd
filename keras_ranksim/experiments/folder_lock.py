"""A lock on a folder, held by one process and released by the system when that process ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

NAME = "table.lock"


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Keeps other tables out of the folder, or raises if one is writing there.

    The file stays behind, but the lock is the operating system's: a killed process leaves none.

    Args:
        folder: The `output_dir` of a table.
    """
    with (folder / NAME).open("a+") as file:
        if not _locked(file):
            file.seek(0)
            raise RuntimeError(
                "`output_dir` must not be in use by another table. Received: "
                f"output_dir={str(folder)!r}, where process {file.read().strip() or 'another'} "
                "writes. Wait until it ends, or name another folder."
            )
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _locked(file):
    """Whether the lock was free; closing the file releases it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(10**6)  # past the text, which others must be able to read
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            file.seek(0)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
