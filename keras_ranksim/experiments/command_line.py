"""Training from the command line, by the flags that all commands and examples share."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.evaluation import evaluate, main_column
from keras_ranksim.experiments.report import write_report
from keras_ranksim.experiments.result import Failure
from keras_ranksim.experiments.run import run
from keras_ranksim.experiments.run_table import run_table
from keras_ranksim.experiments.table import Table, shots_shown
from keras_ranksim.methods import Method, entries

QUICK_EPOCHS = 2
TABLE_SEEDS = (0, 1, 2)
WIDTH = 80
SHORT = {"interpolation": "interp.", "extrapolation": "extrap."}


def main(
    make_benchmark: Callable[[argparse.Namespace], Benchmark],
    description: str,
    methods: Sequence[str] = ("VANILLA", "RANKSIM"),
    add_flags: Callable[[argparse.ArgumentParser], None] | None = None,
    needs_data: bool = True,
    arguments: Sequence[str] | None = None,
    prog: str | None = None,
) -> None:
    """Parses the flags, trains or evaluates, writes the page, and prints what was found.

    Args:
        make_benchmark: Function from the parsed flags to the benchmark.
        description: The help text.
        methods: Methods trained if `--method` names none.
        add_flags: Function that adds further flags to the parser.
        needs_data: Whether `--data-dir` is required.
        arguments: The command line; `None` takes that of the process.
        prog: Name of the program in the help text; `None` takes that of the process.
    """
    parser = _parser(description, methods, needs_data, prog)
    if add_flags is not None:
        add_flags(parser)
    flags = parser.parse_args(arguments)
    chosen = _methods(parser, flags)
    benchmark = make_benchmark(flags)
    if flags.epochs is not None or flags.quick:
        epochs = QUICK_EPOCHS if flags.epochs is None else flags.epochs
        recipe = dataclasses.replace(benchmark.recipe, epochs=epochs)
        benchmark = benchmark.replace(recipe=recipe)
    _say(f"{benchmark.name}: samples by shot\n{benchmark.describe().to_string()}\n")
    if flags.evaluate is not None:
        model = keras.models.load_model(flags.evaluate)
        _say(f"{flags.evaluate} on the test split\n{_readable(evaluate(model, benchmark))}")
        return
    folder = Path(flags.output_dir or Path("runs") / benchmark.name)
    if not flags.resume and folder.exists() and any(folder.iterdir()):
        parser.error(
            f"the folder {folder} holds earlier runs: add --resume to continue them and keep "
            "what is finished, or name another with --output-dir"
        )
    if flags.table:
        table = run_table(benchmark, chosen, TABLE_SEEDS, output_dir=folder)
    else:
        table = _one_by_one(benchmark, chosen, flags.seed, folder)
    _say(f"\n{_readable_table(table)}")
    _say(f"\nModels, reports and histories: {folder}")
    try:
        _say(f"To look at in a browser: {write_report(folder)}")
    except Exception as error:  # the results are on disk already, and worth more than the page
        _say(f"The results are kept, but there is no page: {type(error).__name__}: {error}")
    for cell, message in table.errors().items():
        _say(f"failed: {cell}: {Failure(message).line}")
    if table.errors():
        sys.exit(1)


def _parser(description, methods, needs_data, prog):
    parser = argparse.ArgumentParser(
        prog, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--method",
        nargs="+",
        default=list(methods),
        metavar="NAME",
        help="methods to train, for instance 'SQINV + LDS + RANKSIM' (default: %(default)s): "
        f"a base of {_listed(True)}, and any of {_listed(False)}",
    )
    parser.add_argument("--data-dir", required=needs_data, help="folder of the data set")
    parser.add_argument("--seed", type=int, default=0, help="seed of a run (default: 0)")
    parser.add_argument("--epochs", type=int, help="epochs of each stage (default: the recipe's)")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_EPOCHS} epochs, to try it")
    parser.add_argument(
        "--table",
        action="store_true",
        help="all 32 rows of the published tables (or those of --method) with seeds 0, 1, 2",
    )
    parser.add_argument("--output-dir", help="where runs are kept (default: runs/<benchmark>)")
    parser.add_argument("--resume", action="store_true", help="resume the runs kept there")
    parser.add_argument("--evaluate", metavar="MODEL", help="report on a saved .keras model")
    return parser


def _listed(base):
    return ", ".join(entry.name for entry in entries(base))


def _methods(parser, flags):
    if flags.table and flags.method == parser.get_default("method"):
        return Method.paper_grid()
    try:
        return [Method.parse(name) for name in flags.method]
    except ValueError as error:
        parser.error(str(error))


def _one_by_one(benchmark, methods, seed, folder):
    table = Table(benchmark.name, {}, main_column(benchmark))
    for method in methods:
        _say(f"{method}: {benchmark.recipe.epochs} epochs")
        output_dir = folder / method.slug / f"seed-{seed}"
        result = run(benchmark, method, seed, output_dir=output_dir)
        _say(f"\n{method} on the test split\n{_readable(result.report)}\n")
        table.results[str(method)] = {seed: result}
        table.save(folder)
    return table


def _readable(report):
    digits = {name: _digits(report[name]) for name in report.columns if name != "n"}
    formats = {name: f"{{:.{count}f}}".format for name, count in digits.items()}
    return report.to_string(na_rep="-", formatters=formats)


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
    digits = _digits(of_shot["mean"])
    means, deviations = (
        ["-" if np.isnan(value) else f"{value:.{digits}f}" for value in of_shot[kind]]
        for kind in ("mean", "std")
    )
    if of_shot["std"].isna().all():
        return means
    widest = max(map(len, deviations))
    return [f"{mean}±{deviation:<{widest}}" for mean, deviation in zip(means, deviations)]


def _digits(values):
    """Decimals: two, fewer if all values are large, more if all are below 1."""
    sizes = np.abs(values.dropna().to_numpy(dtype="float64"))
    if not sizes.any():
        return 2
    if sizes.max() < 1:
        return min(2 - int(np.floor(np.log10(sizes.max()))), 4)
    return 2 if sizes.min() < 10 else 1 if sizes.min() < 100 else 0


def _say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
