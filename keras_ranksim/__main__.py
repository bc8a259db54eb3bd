"""The command line: `python -m keras_ranksim run|table|tune|report`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from keras_ranksim import data
from keras_ranksim.experiments import command_line, write_report

USAGE = """\
python -m keras_ranksim run     trains methods and reports on the test split
python -m keras_ranksim table   trains a table of methods over seeds
python -m keras_ranksim tune    searches the settings of a method
python -m keras_ranksim report  writes the page of a finished run or table

With --help each lists its flags; with --debug errors show their traceback.
"""
LOADERS = {
    "portraits": lambda flags: data.load_portraits(cache_dir=flags.data_dir, **_small(flags)),
    "agedb": lambda flags: data.load_agedb_dir(flags.data_dir, download=True),
    "imdb-wiki": lambda flags: data.load_imdb_wiki_dir(flags.data_dir, download=True),
    "sts-b": lambda flags: data.load_sts_b_dir(
        flags.data_dir,
        split=flags.split,
        vectors=flags.vectors,
        width=flags.width,
        layers=flags.layers,
        download=True,
    ),
    "utkface": lambda flags: data.load_utkface(flags.data_dir),
    "nyud2": lambda flags: data.load_nyud2_dir(flags.data_dir),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns the exit status.

    Args:
        arguments: The command line without the program; `None` takes that of the process.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    name, *rest = [one for one in arguments if one != "--debug"] or ["--help"]
    if name not in COMMANDS:
        asked = name in ("--help", "-h")
        (sys.stdout if asked else sys.stderr).write(USAGE)
        return 0 if asked else 2
    try:
        COMMANDS[name](rest)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted. Make the same call with --resume to continue.\n")
        return 130
    except Exception as error:
        if debug:
            raise
        sys.stderr.write(f"error: {error or type(error).__name__}\n")
        return 1
    return 0


def _run(arguments, name="run", *more):
    command_line.main(
        _benchmark,
        f"{name}: trains methods on a benchmark, or on a table of your own.",
        add_flags=_data_flags,
        needs_data=False,
        arguments=[*arguments, *more],
        prog=f"python -m keras_ranksim {name}",
    )


def _table(arguments):
    _run(arguments, "table", "--table")


def _tune(arguments):
    from keras_ranksim.tuning import search

    parser = argparse.ArgumentParser("python -m keras_ranksim tune")
    parser.description = "tune: searches the settings of a method on the validation split."
    _data_flags(parser)
    parser.add_argument("--data-dir", help="folder of the data set")
    parser.add_argument("--method", default="RANKSIM", help="default: %(default)s")
    parser.add_argument("--tune", nargs="+", help="ranksim learning_rate batch_size lds fds conr")
    parser.add_argument("--trials", type=int, default=12, help="default: %(default)s")
    parser.add_argument("--epochs", type=int, help="epochs of a trial (default: the recipe's)")
    parser.add_argument("--executions", type=int, default=1, help="trainings per trial")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="2 trials of 2 epochs, to try it")
    parser.add_argument("--output-dir", help="default: runs/tune-<benchmark>")
    flags = parser.parse_args(arguments)
    benchmark = _benchmark(flags)
    folder = Path(flags.output_dir or f"runs/tune-{benchmark.name}")
    result = search(
        benchmark,
        flags.method,
        tune=flags.tune,
        max_trials=2 if flags.quick else flags.trials,
        epochs=2 if flags.quick else flags.epochs,
        executions_per_trial=flags.executions,
        seed=flags.seed,
        output_dir=folder,
    )
    if result is None:  # a worker: the chief has the result
        return
    report = result.test_report().round(2).to_string(na_rep="-")
    sys.stdout.write(f"\n{result.to_markdown()}\nBest: {result.best}\n\n")
    sys.stdout.write(f"On the test split\n{report}\n\nTrials and the best model: {folder}\n")


def _report(arguments):
    parser = argparse.ArgumentParser("python -m keras_ranksim report")
    parser.description = "report: writes report.html from the folder of a finished run or table."
    parser.add_argument("folder", help="the --output-dir of a run or table")
    sys.stdout.write(f"{write_report(parser.parse_args(arguments).folder)}\n")


def _data_flags(parser):
    parser.add_argument("--benchmark", choices=LOADERS, default="portraits")
    parser.add_argument("--csv", help="a table of your own, instead of a benchmark")
    parser.add_argument("--label", help="its column to predict")
    parser.add_argument("--nominal", nargs="*", default=(), help="its numbers that are categories")
    parser.add_argument("--drop", nargs="*", default=(), help="its columns to leave out")
    parser.add_argument("--split", default="yang", choices=["yang", "ranksim"], help="of sts-b")
    parser.add_argument("--vectors", help="of sts-b: GloVe text file, WordPiece folder or 'minilm'")
    parser.add_argument("--width", type=int, default=100, help="of sts-b: units of each LSTM")
    parser.add_argument("--layers", type=int, default=1, help="of sts-b: stacked LSTMs")


def _benchmark(flags):
    if flags.csv is not None:
        if flags.label is None:
            raise ValueError("`--label` must name the column to predict. Received: no --label")
        return data.load_table(flags.csv, label=flags.label, nominal=flags.nominal, drop=flags.drop)
    if flags.data_dir is None and flags.benchmark != "portraits":
        raise ValueError(
            f"`--data-dir` must name the folder of the data set '{flags.benchmark}'. "
            "Received: no --data-dir"
        )
    return LOADERS[flags.benchmark](flags)


def _small(flags):
    return {"train_samples": 600, "evaluation_per_age": 2} if flags.quick else {}


COMMANDS = {"run": _run, "table": _table, "tune": _tune, "report": _report}

if __name__ == "__main__":
    sys.exit(main())
