"""What the commands `run` and `table` do: train, evaluate, and print what was found."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.evaluation import evaluate, main_column
from keras_ranksim.experiments.readable import number_format, readable_report
from keras_ranksim.experiments.report import write_report
from keras_ranksim.experiments.result import Failure
from keras_ranksim.experiments.run import run
from keras_ranksim.experiments.run_table import run_table
from keras_ranksim.experiments.table import Table, shots_shown
from keras_ranksim.methods import Method
from keras_ranksim.methods.ensemble import parse_row
from keras_ranksim.methods.registry import entries

METHODS = ("VANILLA", "SQINV + LDS")  # the first to try, see docs/choosing.md
QUICK_EPOCHS = 2
WIDTH = 80
SHORT = {"interpolation": "interp.", "extrapolation": "extrap."}


def add_run_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of the command `run`."""
    _add_method_flag(parser, "default: " + " and ".join(f"'{name}'" for name in METHODS))
    parser.add_argument("--seed", type=int, default=0, help="seed of the run (default: 0)")
    _add_training_flags(parser)
    parser.add_argument(
        "--evaluate", metavar="MODEL", help="train nothing; report on a saved .keras model"
    )


def add_table_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags of the command `table`."""
    _add_method_flag(parser, "default: the 32 rows of the published tables")
    parser.add_argument(
        "--seeds", nargs="+", type=int, default=[0, 1, 2], help="one run each (default: 0 1 2)"
    )
    parser.add_argument(
        "--processes", type=int, default=1, help="how many runs to train at once (default: 1)"
    )
    _add_training_flags(parser)


def run_methods(make_benchmark: Callable[[], Benchmark], flags: argparse.Namespace) -> int:
    """Runs methods one by one and prints a report of each, then all in one table.

    Args:
        make_benchmark: Function that loads the data.
        flags: The flags of `add_run_flags`.

    Returns:
        The exit status.
    """
    methods = [Method.parse(name) for name in flags.method or METHODS]
    benchmark = _prepared(make_benchmark(), flags)
    if flags.evaluate is not None:
        model = keras.models.load_model(flags.evaluate)
        _say(f"{flags.evaluate} on the test split\n{readable_report(evaluate(model, benchmark))}")
        return 0
    folder = _folder(benchmark, flags)
    return _summary(_one_by_one(benchmark, methods, flags.seed, folder), folder)


def make_table(make_benchmark: Callable[[], Benchmark], flags: argparse.Namespace) -> int:
    """Runs methods over seeds and prints the table; arguments as in `run_methods`."""
    names = flags.method
    methods = Method.paper_grid() if names is None else [parse_row(name) for name in names]
    benchmark = _prepared(make_benchmark(), flags)
    folder = _folder(benchmark, flags)
    table = run_table(benchmark, methods, flags.seeds, output_dir=folder, processes=flags.processes)
    return _summary(table, folder)


def _add_method_flag(parser, default):
    base, addition = (", ".join(entry.name for entry in entries(kind)) for kind in (True, False))
    parser.add_argument(
        "--method",
        nargs="+",
        metavar="NAME",
        help="methods to train, each a base and any additions, such as 'SQINV + LDS + RANKSIM' "
        f"({default}). Bases: {base}. Additions: {addition}",
    )


def _add_training_flags(parser):
    parser.add_argument("--epochs", type=int, help="epochs of each stage (default: the recipe's)")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_EPOCHS} epochs, to try it")
    parser.add_argument(
        "--output-dir", metavar="DIR", help="where runs are kept (default: runs/<benchmark>)"
    )
    parser.add_argument("--resume", action="store_true", help="resume the runs kept there")


def _prepared(benchmark, flags):
    """The benchmark with the epochs that the flags ask for; prints what it holds."""
    if flags.epochs is not None or flags.quick:
        epochs = QUICK_EPOCHS if flags.epochs is None else flags.epochs
        recipe = dataclasses.replace(benchmark.recipe, epochs=epochs)
        benchmark = benchmark.replace(recipe=recipe)
    _say(f"{benchmark.name}: samples by shot\n{benchmark.describe().to_string()}\n")
    return benchmark


def _folder(benchmark, flags):
    folder = Path(flags.output_dir or Path("runs") / benchmark.name)
    if not flags.resume and folder.is_dir() and any(folder.iterdir()):
        raise ValueError(
            f"the folder {folder} holds earlier runs: add --resume to continue them and keep "
            "what is finished, or name another with --output-dir"
        )
    return folder


def _one_by_one(benchmark, methods, seed, folder):
    table = Table(benchmark.name, {}, main_column(benchmark))
    for method in methods:
        network = method.hook("fit") is None
        _say(f"{method}: {benchmark.recipe.epochs} epochs" if network else f"{method}")
        output_dir = folder / method.slug / f"seed-{seed}"
        result = run(benchmark, method, seed, output_dir=output_dir)
        _say(f"\n{method} on the test split\n{readable_report(result.report)}\n")
        table.results[str(method)] = {seed: result}
        table.save(folder)
    return table


def _summary(table, folder):
    """Prints the table, writes the page, and returns the exit status."""
    _say(f"\n{_readable_table(table)}")
    _say(f"\nModels, reports and histories: {folder}")
    try:
        _say(f"To look at in a browser: {write_report(folder)}")
    except Exception as error:  # the results are on disk already, and worth more than the page
        _say(f"The results are kept, but there is no page: {type(error).__name__}: {error}")
    for cell, message in table.errors().items():
        _say(f"failed: {cell}: {Failure(message).line}")
    return 1 if table.errors() else 0


def _readable_table(table):
    """One line per method, one column per shot, aligned; `mean±deviation` over seeds.

    Columns that do not fit `WIDTH` follow below, with the methods' names repeated.
    """
    frame = table.frame
    shots = shots_shown(frame)
    names = [f"{table.metric} by shot", *map(str, frame.index)]
    first = [f"{name:<{max(map(len, names))}}" for name in names]
    blocks = [list(first)]
    for shot in shots:
        column = [SHORT.get(shot, shot), *_cells(frame[shot])]
        column = [f"  {cell:>{max(map(len, column))}}" for cell in column]
        if len(blocks[-1][0]) + len(column[0]) > WIDTH and blocks[-1] != first:
            blocks.append(list(first))
        blocks[-1] = [line + cell for line, cell in zip(blocks[-1], column)]
    return "\n\n".join("\n".join(lines) for lines in blocks)


def _cells(of_shot):
    """`mean±deviation` of every method, or the mean alone; the signs aligned."""
    form = number_format(of_shot["mean"])
    means, deviations = (
        ["-" if np.isnan(value) else form.format(value) for value in of_shot[kind]]
        for kind in ("mean", "std")
    )
    if of_shot["std"].isna().all():
        return means
    widest = max(map(len, deviations))
    return [f"{mean}±{deviation:<{widest}}" for mean, deviation in zip(means, deviations)]


def _say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
