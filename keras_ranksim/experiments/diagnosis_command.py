"""The command `diagnose`: the first look at the labels of a table."""

from __future__ import annotations

import argparse
import sys
import textwrap
import warnings
from pathlib import Path

from keras_ranksim.data.tables.label_column import read_labels
from keras_ranksim.experiments.table_flags import add_label_flags, in_flags
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.diagnosis import diagnose
from keras_ranksim.validation import positive_integer


def diagnosis_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of the command."""
    parser.add_argument("csv", metavar="FILE", help="a CSV file with a header line")
    add_label_flags(parser)
    parser.add_argument("--picture", metavar="FILE", help="draw the histogram to a .png file too")


def show_diagnosis(flags: argparse.Namespace) -> int:
    """Prints the diagnosis of the labels that the flags name."""
    if flags.label is None:
        raise ValueError("`--label` must name the column to predict. Received: no --label")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the notes have all of them
        labels, notes = read_labels(
            flags.csv,
            flags.label,
            decimal=flags.decimal,
            encoding=flags.encoding,
            drop_unlabeled=flags.drop_unlabeled,
            clip_label=None if flags.clip_label is None else tuple(flags.clip_label),
        )
    bins = None
    if flags.bins is not None:
        count = positive_integer("--bins", flags.bins, "label bins")
        bins = LabelBins.from_labels(labels, count)
    diagnosis = diagnose(labels, bins)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # bars, on a terminal that has no blocks
    for note in notes:
        sys.stdout.write(textwrap.fill(f"- {in_flags(note)}", 80, subsequent_indent="  ") + "\n")
    sys.stdout.write(f"{diagnosis}\n")
    if flags.picture is not None:
        from keras_ranksim import plots

        figure = plots.label_histogram(diagnosis.counts, diagnosis.bins, label_name=flags.label)
        Path(flags.picture).absolute().parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(flags.picture, dpi=120)
        sys.stdout.write(f"\nThe picture: {flags.picture}\n")
    return 0
