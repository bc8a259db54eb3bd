"""Your own table: any CSV file with a column to predict. Seconds a run.

Tells numeric and nominal columns apart, fills what is missing, cuts balanced validation and
test sets, and trains an MLP with each method. What it did to the columns is printed first.

    python examples/table.py --csv houses.csv --label price
    python examples/table.py --csv abalone.csv --label Rings --method VANILLA "SQINV + LDS" --table
"""

import os
import textwrap

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras_ranksim as kr
from keras_ranksim.experiments import command_line


def add_flags(parser):
    parser.add_argument("--csv", required=True, help="the table")
    parser.add_argument("--label", required=True, help="the column to predict")
    parser.add_argument("--nominal", nargs="*", default=(), help="numbers that are categories")
    parser.add_argument("--drop", nargs="*", default=(), help="columns to leave out")


def table(flags):
    benchmark = kr.data.load_table(
        flags.csv, label=flags.label, nominal=flags.nominal, drop=flags.drop
    )
    for name, fact in benchmark.facts.items():
        if fact and name != "encoder":
            print(textwrap.fill(f"{name}: {fact}", 80, subsequent_indent="  "))
    return benchmark


if __name__ == "__main__":
    command_line.main(
        table,
        description=__doc__,
        methods=("VANILLA", "SQINV + LDS", "SQINV + LDS + RANKSIM"),
        add_flags=add_flags,
        needs_data=False,
    )
