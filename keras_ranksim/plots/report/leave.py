"""Reports at the end of long work: whatever goes wrong with one must not cost the work."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path


def leave_report(write: Callable[..., Path], *arguments) -> Path | None:
    """Writes a report, or warns in one line why there is none.

    Args:
        write: `write_run_report` or `write_table_report`.
        *arguments: What it takes.

    Returns:
        The path of the page, or `None`.
    """
    try:
        return write(*arguments)
    except Exception as error:  # the results are on disk already, and worth more than the page
        warnings.warn(
            f"The results are kept, but their report could not be written: "
            f"{type(error).__name__}: {error}",
            stacklevel=2,
        )
        return None
