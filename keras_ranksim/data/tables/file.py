"""Reading a table from a CSV file or a DataFrame."""

from __future__ import annotations

from pathlib import Path

SEPARATORS = ",;\t|"


def read_table(csv_path_or_frame) -> tuple:
    """Reads a table whose columns have unique names, as text.

    Args:
        csv_path_or_frame: A CSV file with a header line, separated by commas, semicolons, tabs
            or bars, or a `pandas.DataFrame`.

    Returns:
        `(frame, source)`: a `pandas.DataFrame` with rows numbered from 0, and its name for errors.
    """
    import pandas

    if isinstance(csv_path_or_frame, pandas.DataFrame):
        frame, source = csv_path_or_frame, "The DataFrame"
    else:
        frame, source = _read_csv(csv_path_or_frame), f"'{csv_path_or_frame}'"
    frame = frame.rename(columns=str).reset_index(drop=True)
    repeated = sorted(set(frame.columns[frame.columns.duplicated()]))
    if repeated:
        raise ValueError(
            f"{source} must give every column a different name. Received: "
            f"{len(repeated)} names twice, the first '{repeated[0]}'"
        )
    if len(frame) == 0:
        raise ValueError(f"{source} must hold at least one row. Received: a table without rows")
    return frame, source


def _read_csv(path):
    import pandas

    try:
        path = Path(path)
    except TypeError:
        raise ValueError(
            "`csv_path_or_frame` must be the path of a CSV file or a pandas.DataFrame. "
            f"Received: {type(path).__name__}"
        ) from None
    if not path.is_file():
        raise FileNotFoundError(
            "`csv_path_or_frame` must be the path of a CSV file or a pandas.DataFrame. "
            f"Received: '{path}', where there is no file"
        )
    try:
        with path.open(encoding="utf-8-sig") as lines:
            header = lines.readline()
        separator = max(SEPARATORS, key=header.count)
        return pandas.read_csv(path, sep=separator, encoding="utf-8-sig", low_memory=False)
    except (UnicodeDecodeError, ValueError) as error:
        raise ValueError(
            f"'{path}' must be a CSV file in UTF-8 with a header line; read others with "
            f"pandas.read_csv and pass the DataFrame. Received: an unreadable file ({error})"
        ) from error
