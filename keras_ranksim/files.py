"""Writing whole files or none, and hashing them."""

import contextlib
import hashlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

UNFINISHED = "unfinished-"


@contextlib.contextmanager
def whole_file(path) -> Iterator[Path]:
    """Yields a temporary path, renamed to `path` if the block ends without an error.

    A failed block leaves nothing behind, and an existing file at `path` stays as it was. A killed
    process may leave a file whose name starts with `UNFINISHED`. The folder that holds `path` is
    created if necessary.

    Args:
        path: The file to write.

    Example:

    >>> import pathlib, tempfile
    >>> from keras_ranksim.files import whole_file
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "new" / "notes.txt"
    >>> with whole_file(path) as part:
    ...     _ = part.write_text("complete")
    >>> path.read_text()
    'complete'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Unique, so that two processes that write the same file do not write into each other's.
    # The suffix stays, since NumPy and Keras choose a format by it.
    part = path.with_name(f"{UNFINISHED}{uuid.uuid4().hex[:8]}-{path.name}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def file_hash(path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
