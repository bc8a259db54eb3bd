"""Writes the page of a folder that holds a run or a table of runs."""

from __future__ import annotations

import os
from pathlib import Path

from keras_ranksim.experiments.files import PAGE, explain_full_disk
from keras_ranksim.experiments.report.run_report import write_run_report
from keras_ranksim.experiments.report.table_report import write_table_report
from keras_ranksim.experiments.result import FINISHED, read_result
from keras_ranksim.experiments.table import FILE, read_table


def write_report(folder: str | os.PathLike) -> Path:
    """Writes `report.html` and its pictures into the folder of a finished run or table.

    The page is one file that opens offline: errors by shot, what was trained, pictures, and the
    test samples with the largest errors. The page of a table links to those of its runs, which
    are written if they are missing. Without matplotlib the page has no pictures.

    Args:
        folder: The `output_dir` of `run` or `run_table`.

    Returns:
        The path of the page.

    Raises:
        ValueError: If the folder holds neither, or a file in it is damaged.

    Example:

    ```python
    kr.experiments.run_table(benchmark, ["VANILLA", "RANKSIM"], output_dir="runs/table")
    kr.experiments.write_report("runs/table")
    ```
    """
    folder = Path(folder)
    with explain_full_disk(folder):
        if (folder / FILE).exists():
            table = read_table(folder)
            for name in table.results:
                for result in table.finished(name).values():
                    if not (result.output_dir / PAGE).exists():
                        write_run_report(result)
            return write_table_report(table, folder)
        if (folder / FINISHED).exists():
            return write_run_report(read_result(folder))
    raise ValueError(
        "`folder` must be the `output_dir` of a finished run or table, which holds a "
        f"'{FINISHED}' or a '{FILE}'. Received: folder={str(folder)!r}"
    )
