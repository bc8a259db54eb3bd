"""The command line: `python -m keras_ranksim diagnose|run|table|tune|predict|report`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from keras_ranksim import data
from keras_ranksim.experiments import command_line, table_flags, write_report
from keras_ranksim.experiments.diagnosis_command import diagnosis_flags, show_diagnosis
from keras_ranksim.experiments.prediction_command import (
    keep_encoder,
    prediction_flags,
    write_predictions,
)
from keras_ranksim.experiments.readable import readable_report
from keras_ranksim.validation import positive_integer

DESCRIPTION = """\
Regression with rare labels: look at the labels, train methods, compare and tune them.

  python -m keras_ranksim diagnose houses.csv --label price
  python -m keras_ranksim run --csv houses.csv --label price
  python -m keras_ranksim table --method VANILLA "SQINV + LDS" --quick
  python -m keras_ranksim tune --method "SQINV + LDS + RANKSIM" --trials 12
  python -m keras_ranksim predict runs/houses/sqinv_lds new_houses.csv
  python -m keras_ranksim report runs/houses
"""
TRIALS = 12
QUICK = 2  # trials, and epochs of each
BENCHMARK = "portraits"
LOADERS = {
    "portraits": lambda flags: data.load_portraits(cache_dir=flags.data_dir, **_small(flags)),
    "agedb": lambda flags: data.load_agedb_dir(flags.data_dir, download=True),
    "imdb-wiki": lambda flags: data.load_imdb_wiki_dir(flags.data_dir, download=True),
    "sts-b": lambda flags: data.load_sts_b_dir(
        flags.data_dir,
        split=flags.split,
        encoder=flags.encoder,
        cache_dir=flags.data_dir,
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
    parser = _parser()
    if not arguments:
        parser.print_help()
        return 0
    flags = parser.parse_args(arguments)
    flags.arguments = arguments
    try:
        return flags.command(flags)
    except KeyboardInterrupt:
        sys.stderr.write(f"Interrupted. {flags.continued}\n")
        return 130
    except Exception as error:
        if flags.debug:
            raise
        message = str(error) or type(error).__name__
        if getattr(flags, "csv", None) is not None:
            message = table_flags.in_flags(message)
        if flags.command is show_diagnosis:
            message = message.replace("`--csv`", "`FILE`")
        sys.stderr.write(f"error: {message}\n")
        return 1


def _parser():
    parser = argparse.ArgumentParser(
        "python -m keras_ranksim",
        allow_abbrev=False,
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name, function, summary, continued="", on_data=True, takes="FOLDER"):
        usage = f"python -m keras_ranksim {name} {'[flags]' if on_data else takes}"
        # No abbreviations: `tune` passes its own flags on, less those that it finds by name.
        added = commands.add_parser(
            name, help=summary, description=f"It {summary}.", usage=usage, allow_abbrev=False
        )
        added.set_defaults(command=function, continued=continued)
        added.add_argument("--debug", action="store_true", help="show the traceback of an error")
        if on_data:
            _data_flags(added)
        return added.add_argument_group("training") if on_data else added

    summary = "shows how imbalanced the labels of a table are, and what to try first"
    takes = "FILE --label COLUMN [flags]"
    diagnosis_flags(command("diagnose", show_diagnosis, summary, on_data=False, takes=takes))
    resumable = "Make the same call with --resume to continue."
    run = command("run", _run, "trains methods and reports on the test split", resumable)
    command_line.add_run_flags(run)
    table = command("table", _table, "trains a table of methods over seeds", resumable)
    command_line.add_table_flags(table)
    again = "Make the same call again to continue."
    _tune_flags(command("tune", _tune, "searches the settings of a method", again))
    summary = "predicts new rows of a table with a trained model"
    takes = "FOLDER FILE [flags]"
    prediction_flags(command("predict", write_predictions, summary, on_data=False, takes=takes))
    report = command("report", _report, "writes report.html from a finished run", on_data=False)
    report.add_argument("folder", metavar="FOLDER", help="the --output-dir of a run or table")
    return parser


def _run(flags):
    return command_line.run_methods(lambda: _benchmark(flags), flags)


def _table(flags):
    return command_line.make_table(lambda: _benchmark(flags), flags)


def _tune_flags(parser):
    parser.add_argument("--method", default="RANKSIM", metavar="NAME", help="default: %(default)s")
    parser.add_argument(
        "--tune",
        nargs="+",
        metavar="SETTING",
        help="such as ranksim, learning_rate, batch_size or lds (default: ranksim)",
    )
    parser.add_argument("--trials", type=int, help=f"besides the baseline (default: {TRIALS})")
    parser.add_argument("--epochs", type=int, help="epochs of a trial (default: the recipe's)")
    parser.add_argument("--executions", type=int, default=1, help="trainings per trial")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK} trials of {QUICK} epochs, to try it"
    )
    parser.add_argument("--output-dir", metavar="DIR", help="default: runs/tune-<benchmark>")
    parser.add_argument("--workers", type=int, help="search in this many processes, and a chief")
    parser.add_argument("--port", type=int, default=8000, help="of the chief, on this machine")


def _tune(flags):
    if flags.workers is not None:
        return _tune_together(flags)
    from keras_ranksim.tuning import search

    benchmark = _benchmark(flags)
    folder = Path(flags.output_dir or f"runs/tune-{benchmark.name}")
    result = search(
        benchmark,
        flags.method,
        tune=flags.tune,
        max_trials=_given(flags.trials, QUICK if flags.quick else TRIALS),
        epochs=_given(flags.epochs, QUICK if flags.quick else None),
        executions_per_trial=flags.executions,
        seed=flags.seed,
        output_dir=folder,
    )
    if result is None:  # a worker: the chief has the result
        return 0
    report = readable_report(result.test_report())
    _say(f"\n{result}\nBest: {result.best}\n\nOn the test split\n{report}\n")
    if result.gamma is not None:
        _save_picture(result, folder / "trials.png")
    keep_encoder(benchmark, folder, result.model_path.parent)
    _say(f"Trials: {folder}\nThe best model: {result.model_path}")
    return 0


def _given(value, otherwise):
    return otherwise if value is None else value


def _save_picture(result, path):
    try:
        result.plot().savefig(path, dpi=120)
    except ImportError as error:  # matplotlib is an extra
        _say(f"There is no picture of the trials: {error}")


def _tune_together(flags):
    """The same command in a chief and workers, which find each other by KerasTuner's protocol."""
    from keras_ranksim.distribute.local_workers import run_processes

    positive_integer("workers", flags.workers, "processes that search")
    arguments, skip = [], False
    for one in flags.arguments:
        if not skip and one.partition("=")[0] not in ("--workers", "--port"):
            arguments.append(one)
        skip = not skip and one in ("--workers", "--port")
    address = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": str(flags.port)}
    names = ["chief", *(f"worker-{number}" for number in range(flags.workers))]
    codes = run_processes(
        [sys.executable, "-m", "keras_ranksim", *arguments],
        [{**address, "KERASTUNER_TUNER_ID": name} for name in names],
    )
    return max(codes, key=abs)


def _report(flags):
    _say(write_report(flags.folder))
    return 0


def _data_flags(parser):
    group = parser.add_argument_group("data")
    group.add_argument("--benchmark", choices=LOADERS, help=f"default: {BENCHMARK}")
    group.add_argument("--data-dir", metavar="DIR", help="folder of the benchmark's files")
    group.add_argument("--split", default="yang", choices=["yang", "ranksim"], help="of sts-b")
    group.add_argument("--vectors", help="of sts-b: GloVe text file, WordPiece folder or 'minilm'")
    group.add_argument("--width", type=int, default=100, help="of sts-b: units of each LSTM")
    group.add_argument("--layers", type=int, default=1, help="of sts-b: stacked LSTMs")
    group = parser.add_argument_group("a table of your own, instead of a benchmark")
    table_flags.add_table_flags(group)


def _benchmark(flags):
    if flags.csv is not None:
        if flags.benchmark is not None or flags.data_dir is not None:
            raise ValueError(
                "`--csv` cannot be combined with --benchmark or --data-dir: leave those out. "
                f"Received: --benchmark {flags.benchmark} --data-dir {flags.data_dir}"
            )
        return table_flags.load_flagged(flags, _say)
    name = flags.benchmark or BENCHMARK
    of_table = table_flags.given_table_flags(flags) - ({"--encoder"} if name == "sts-b" else set())
    if of_table:
        raise ValueError(
            f"`--csv` must name the file that {', '.join(sorted(of_table))} describe. "
            "Received: no --csv"
        )
    if flags.data_dir is None and name != BENCHMARK:
        raise ValueError(
            f"`--data-dir` must name the folder of the data set '{name}'. Received: no --data-dir"
        )
    return LOADERS[name](flags)


def _small(flags):
    return {"train_samples": 600, "evaluation_per_age": 2} if flags.quick else {}


def _say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
