"""A table of one's own on the command line: flags, what was done, errors that name flags."""

from __future__ import annotations

import argparse
import re
import shlex
import textwrap
import warnings
from collections.abc import Callable

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.tables.loader import load_table

# Arguments of load_table whose flag has another name.
RENAMED = {"csv_path_or_frame": "csv", "split": "split-column"}
ARGUMENTS = (
    "csv_path_or_frame",
    "label",
    "columns",
    "drop",
    "nominal",
    "dates",
    "text",
    "encoder",
    "bins",
    "split",
    "decimal",
    "encoding",
    "clip_label",
    "drop_unlabeled",
)
VALUE = r"\[[^\]]*\]|\([^)]*\)|'[^']*'|[\w.]+"


def add_table_flags(parser) -> None:
    """Adds the flags of `load_table` to a parser or a group of one."""

    def columns(flag, meaning):
        parser.add_argument(flag, nargs="*", default=(), metavar="COLUMN", help=meaning)

    parser.add_argument("--csv", metavar="FILE", help="a file with a header line")
    add_label_flags(parser)
    columns("--drop", "left out")
    columns("--columns", "learn from these alone")
    columns("--nominal", "numbers that are categories")
    columns("--dates", "dates to learn from")
    parser.add_argument("--text", metavar="COLUMN", help="sentences to learn from, by --encoder")
    parser.add_argument(
        "--encoder",
        help="pretrained transformer for --text or sts-b: a folder, preset or 'minilm'; keeps its "
        "vectors in runs/sentences",
    )
    parser.add_argument(
        "--split-column",
        metavar="COLUMN",
        help="holds 'train', 'val' or 'test'",
    )


def given_table_flags(flags: argparse.Namespace) -> set[str]:
    """The flags of `add_table_flags` that differ from their defaults."""
    parser = argparse.ArgumentParser()
    add_table_flags(parser)
    defaults = vars(parser.parse_args([]))
    return {
        "--" + name.replace("_", "-")
        for name, default in defaults.items()
        if getattr(flags, name) != default
    }


def add_label_flags(parser) -> None:
    """Adds the flags that read the label of a table and choose its bins."""
    parser.add_argument("--label", metavar="COLUMN", help="the column to predict")
    parser.add_argument("--bins", type=int, metavar="COUNT", help="label bins (default: by a rule)")
    parser.add_argument("--decimal", choices=[".", ","], help="decimal mark (default: found out)")
    parser.add_argument("--encoding", help="of the file, such as cp1250 (default: found out)")
    parser.add_argument(
        "--clip-label", nargs=2, type=float, metavar=("LOW", "HIGH"), help="limits of the label"
    )
    parser.add_argument(
        "--drop-unlabeled", action="store_true", help="leave out any number of rows without a label"
    )


def load_flagged(flags: argparse.Namespace, say: Callable[[str], None]) -> Benchmark:
    """Loads the table of the flags, and says in a short list what was done to it.

    Args:
        flags: The flags of `add_table_flags`.
        say: Function that prints a line.
    """
    if flags.label is None:
        raise ValueError("`--label` must name the column to predict. Received: no --label")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the list below has all of them
        benchmark = load_table(
            flags.csv,
            label=flags.label,
            columns=flags.columns or None,
            drop=flags.drop,
            nominal=flags.nominal,
            dates=flags.dates,
            text=flags.text,
            encoder=flags.encoder,
            split=flags.split_column,
            bins=flags.bins,
            decimal=flags.decimal,
            encoding=flags.encoding,
            clip_label=None if flags.clip_label is None else tuple(flags.clip_label),
            drop_unlabeled=flags.drop_unlabeled,
            cache_dir="runs/sentences",
        )
    facts = benchmark.facts
    kinds = {name: list(facts[name]) for name in ("numeric", "nominal", "dates")}
    kinds["text"] = [flags.text] if flags.text else []
    lines = [f"{name}: {', '.join(columns)}" for name, columns in kinds.items() if columns]
    lines += [f"label: {benchmark.bins}, {facts['rows']} rows, split {facts['split']}"]
    lines += [f"- {in_flags(note)}" for note in facts["notes"]]
    for line in lines:
        say(textwrap.fill(line, 80, subsequent_indent="  ", break_on_hyphens=False))
    say("")
    return benchmark


def in_flags(message: str) -> str:
    """A message of `load_table` with flags in place of arguments.

    Example:

    >>> from keras_ranksim.experiments.table_flags import in_flags
    >>> in_flags("Leave it out with drop=['sold at'], or name it in `dates`.")
    "Leave it out with --drop 'sold at', or name it in `--dates`."
    """
    for argument in ARGUMENTS:
        flag = "--" + RENAMED.get(argument, argument.replace("_", "-"))
        message = message.replace(f"`{argument}`", f"`{flag}`")
        message = re.sub(
            rf"(?<![\w`-]){argument}=({VALUE})",
            lambda found, flag=flag: f"{flag}{_value_in_flags(found[1])}",
            message,
        )
    return message


def _value_in_flags(value):
    """How a value in Python is typed on the command line."""
    if value == "True":
        return ""
    parts = re.findall(r"'([^']*)'|([^\s,\[\]()']+)", value)
    return " " + shlex.join("".join(part) for part in parts)
