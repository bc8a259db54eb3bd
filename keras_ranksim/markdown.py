"""Tables in Markdown."""

from collections.abc import Iterable


def markdown_table(header: Iterable, rows: Iterable[Iterable], numbers: bool = True) -> str:
    """A table, one line per row, its first column aligned left.

    Args:
        header: Title of every column.
        rows: Cells of every row, which may hold `|`.
        numbers: Whether the other columns hold numbers and are aligned right.

    Example:

    >>> from keras_ranksim.markdown import markdown_table
    >>> print(markdown_table(["method", "mae"], [["VANILLA", 2.5]]), end="")
    | method | mae |
    | --- | ---: |
    | VANILLA | 2.5 |
    """
    header = list(header)
    rule = ["---", *["---:" if numbers else "---"] * (len(header) - 1)]
    return "".join(map(_line, (header, rule, *rows)))


def _line(cells):
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"
