"""Published tables, to compare with ours."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from keras_ranksim.methods.method import Method

if TYPE_CHECKING:
    import pandas

FOLDER = Path(__file__).parent / "published"


def published_table(benchmark: str) -> pandas.DataFrame | None:
    """The RankSim authors' table of a benchmark, or `None` if there is none.

    Args:
        benchmark: Name of the benchmark, for instance `"agedb-dir"`.

    Returns:
        A `pandas.DataFrame` indexed by the method's name, with columns such as `mae_few`.

    Example:

    >>> from keras_ranksim.experiments.published import published_table
    >>> table = published_table("agedb-dir")
    >>> table.loc["VANILLA", "mae_few"].item(), len(table)
    (13.67, 32)
    """
    path = FOLDER / f"{benchmark}.csv"
    return _read(path) if path.exists() else None


@functools.cache
def _read(path):
    import pandas

    table = pandas.read_csv(path)
    names = [str(Method.parse(name)) for name in table.pop("method")]
    return table.set_index(pandas.Index(names, name="method"))
