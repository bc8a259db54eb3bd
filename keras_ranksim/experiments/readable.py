"""Numbers of reports in few digits, for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keras_ranksim.labels.report_columns import report_column

if TYPE_CHECKING:
    import pandas

LARGEST_WRITTEN_OUT, SMALLEST_WRITTEN_OUT = 1e6, 1e-4


def readable_report(report: pandas.DataFrame) -> str:
    """A report as text.

    Args:
        report: As from `shot_report`.

    Example:

    >>> import pandas
    >>> from keras_ranksim.experiments.readable import readable_report
    >>> print(readable_report(pandas.DataFrame({"n": [2], "mae": [2e-6]}, index=["all"])))
         n      mae
    all  2 2.00e-06
    """
    formats = {name: number_format(report[name]) for name in report.columns if name != "n"}
    formats |= {name: "{:.3g}" for name in formats if report_column(name).is_sum}
    return report.to_string(na_rep="-", formatters={n: f.format for n, f in formats.items()})


def number_format(values) -> str:
    """The format of numbers below one another.

    Two decimals, fewer if all values are large, more if all are below 1, and powers of ten for
    very large and very small ones.

    Args:
        values: A `pandas.Series`, which may hold NaN.

    Example:

    >>> import pandas
    >>> from keras_ranksim.experiments.readable import number_format
    >>> [number_format(pandas.Series([value])) for value in (7.1, 0.012, 3e-6, 120.0, 2e9)]
    ['{:.2f}', '{:.4f}', '{:.2e}', '{:.0f}', '{:.2e}']
    """
    sizes = np.abs(values.dropna().to_numpy(dtype="float64"))
    if not sizes.any():
        return "{:.2f}"
    largest = sizes.max()
    if largest >= LARGEST_WRITTEN_OUT or largest < SMALLEST_WRITTEN_OUT:
        return "{:.2e}"
    if largest < 1:
        return f"{{:.{2 - int(np.floor(np.log10(largest)))}f}}"
    return f"{{:.{2 if sizes.min() < 10 else 1 if sizes.min() < 100 else 0}f}}"
