"""The command `predict`: the predictions of a trained model for new rows of a table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import keras

from keras_ranksim.data.tables.encoder import TableEncoder
from keras_ranksim.data.tables.file import read_table

ENCODER = "encoder.json"
MODEL = "model.keras"
COLUMN = "prediction"


def prediction_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of the command."""
    parser.add_argument("folder", metavar="FOLDER", help="the --output-dir of a run on a table")
    parser.add_argument("csv", metavar="FILE", help="a CSV file with the columns of that table")
    parser.add_argument("--encoding", help="of the file (default: found out)")
    parser.add_argument(
        "--output", metavar="FILE", default="predictions.csv", help="default: %(default)s"
    )


def write_predictions(flags: argparse.Namespace) -> int:
    """Writes the rows of the file with a further column, the predictions."""
    folder = run_folder(flags.folder)
    encoder = TableEncoder.load(folder / ENCODER)
    rows = encoder.transform(flags.csv, encoding=flags.encoding)
    model = keras.models.load_model(folder / MODEL)
    frame = read_table(flags.csv, encoding=flags.encoding).frame
    frame[COLUMN] = model.predict(rows, verbose=0)[:, 0]
    Path(flags.output).absolute().parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(flags.output, index=False)
    sys.stdout.write(f"{frame[COLUMN].describe().round(4).to_string()}\n\n")
    sys.stdout.write(f"{len(frame)} rows with the column '{COLUMN}': {flags.output}\n")
    return 0


def keep_encoder(benchmark, folder, beside) -> None:
    """Saves the encoder of a table beside its model, and nowhere else in the folder of a run."""
    encoder = benchmark.facts.get("encoder")
    if isinstance(encoder, TableEncoder):
        for earlier in Path(folder).rglob(ENCODER):
            earlier.unlink()
        encoder.save(Path(beside) / ENCODER)


def run_folder(folder) -> Path:
    """The folder of a run on a table: the given one, or the only one inside it."""
    folder = Path(folder)
    found = sorted(path.parent for path in folder.rglob(ENCODER))
    if len(found) != 1:
        listed = "".join(f"\n  {path}" for path in found[:10])
        raise ValueError(
            f"`FOLDER` must hold one trained model of a table, with its {ENCODER}; tables with a "
            f"column of text are predicted from Python. Received: '{folder}', which holds "
            f"{len(found)}{':' if found else ''}{listed}"
        )
    return found[0]
