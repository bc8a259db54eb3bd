"""Arrays computed once and kept in a folder."""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from keras_ranksim.files import whole_file


def cached_arrays(
    cache_dir: str | os.PathLike | None,
    name: str,
    arguments: dict,
    make: Callable[[], dict[str, np.ndarray]],
) -> dict[str, np.ndarray]:
    """Returns the arrays kept for these arguments, or computes and keeps them.

    A file that cannot be read is computed again.

    Args:
        cache_dir: Folder of the cache, created if necessary; `None` keeps nothing.
        name: First part of the file's name.
        arguments: What the arrays depend on, as JSON values.
        make: Function that computes the arrays, a dictionary.

    Returns:
        The arrays.

    Example:

    >>> import numpy as np, tempfile
    >>> from keras_ranksim.array_cache import cached_arrays
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = cached_arrays(folder, "squares", {"n": 3}, lambda: {"x": np.arange(3) ** 2})
    ...     again = cached_arrays(folder, "squares", {"n": 3}, lambda: 1 / 0)
    >>> again["x"]
    array([0, 1, 4])
    """
    if cache_dir is None:
        return make()
    folder = Path(cache_dir).expanduser()
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"`cache_dir` must be a folder. Received: cache_dir={cache_dir}")
    key = hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:16]
    path = folder / f"{name}-{key}.npz"
    arrays = _read(path)
    if arrays is None:
        arrays = make()
        with whole_file(path) as part, open(part, "wb") as file:
            np.savez(file, **arrays)
    return arrays


def _read(path):
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (FileNotFoundError, zipfile.BadZipFile, EOFError, ValueError, OSError):
        return None
