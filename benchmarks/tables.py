"""Real results: the methods on real faces, sentences, tables and portraits, over seeds.

Trains every method from every seed by the benchmark's recipe, chooses weights on validation
data, reports on test data, and writes `benchmarks/results/<name>-<rows>.md` and `.csv`. Every
finished cell is kept in `benchmarks/results/cells/<name>.csv` and not trained again while its
settings are the same, so a table can grow over days. `--processes 2` trains two cells at once.

`--tune 12` adds tuned rows: 12 trials for each of `--tuned-methods`, chosen by the balanced
validation error, trained from a seed that the table does not use. All vary the learning rate
and the kernel of their LDS or FDS; methods with RankSim, in as many trials, gamma and the
perturbation as well (gamma 0 is one more point).

    python benchmarks/tables.py utkface --folder UTKFace.zip --rows all --seeds 0 1 2 3 4
    python benchmarks/tables.py utkface --folder UTKFace.zip --held-out 45 54 --rows five
    python benchmarks/tables.py utkface --folder UTKFace.zip --protocol extrapolation --rows five
    python benchmarks/tables.py sts-b --folder sts-b-dir --encoder minilm --split yang --rows all
    python benchmarks/tables.py sts-b --folder sts-b-dir --split ranksim --vectors minilm
    python benchmarks/tables.py abalone --csv abalone.csv --label Rings --rows tables
    python benchmarks/tables.py portraits --rows main
"""

import argparse
import dataclasses
import itertools
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pandas
from kept_cells import KeptCells
from measure import RESULTS, accelerators, as_table, command, versions

import keras_ranksim as kr
from keras_ranksim.experiments import Method, Table, run_table
from keras_ranksim.experiments.evaluation import main_column
from keras_ranksim.experiments.report.comparisons import differences_by_shot
from keras_ranksim.experiments.table import read_table
from keras_ranksim.labels.report_columns import report_column
from keras_ranksim.methods.ensemble import parse_row
from keras_ranksim.plots.style import png

PUBLISHED = Path(__file__).parent / "published" / "uci-dir.csv"
SEARCH_SEED = 100
# SQINV stands for the weighting of the benchmark, which is INV for sentences.
SHORT = ("VANILLA", "RANKSIM", "SQINV + LDS", "SQINV + LDS + RANKSIM")
FIVE = (*SHORT, "CONR")
TEXT = (*SHORT, "FDS", "RRT", "RRT + RANKSIM")
MAIN = (*TEXT, "CONR", "BMSE")
SINCE_2021 = ("FOCAL-R", "DENSE", "DIST", "CMIXUP", "RNC", "UVOTE")
ALL = ("VANILLA", "SQINV", *MAIN[1:], *SINCE_2021, "VANILLA | SQINV + LDS")
ROWS = {
    "short": SHORT,
    "five": FIVE,
    "text": TEXT,
    "main": MAIN,
    "all": ALL,
    "tables": (*ALL, "BOOSTING", "BOOSTING + LDS"),
    "grid": (*map(str, Method.paper_grid("SQINV")), "CONR", "BMSE", "BMSE + CONR"),
}
# The papers' width of 1,500 and batches of 128 ask for a GPU; chosen by validation error.
STS_B = {"width": 50, "layers": 1}
STS_B_RECIPE = {"epochs": 12, "batch_size": 32, "learning_rate": 1e-3, "patience": None}


def main():
    flags = parsed()
    use_threads(flags.threads)
    benchmark = at_rate(benchmark_of(flags), flags)
    weighting = {"inverse": "INV", "sqrt_inverse": "SQINV"}[benchmark.recipe.weights["scheme"]]

    def spelled(methods):
        return [method.replace("SQINV", weighting) for method in methods]

    tuned = {}
    for method in spelled(flags.tuned_methods) if flags.tune else ():
        tuned[method] = searched(benchmark, Method.parse(method), flags)
    methods = spelled(flags.methods or ROWS[flags.rows])
    table, machines = grown(benchmark, label_of(flags), methods, tuned, flags)
    write(table, machines, tuned, benchmark, flags)


def use_threads(count):
    """As many threads for each operation of TensorFlow; its own choice for `None`."""
    import tensorflow as tf

    if count:
        tf.config.threading.set_intra_op_parallelism_threads(count)
        tf.config.threading.set_inter_op_parallelism_threads(count)


def grown(benchmark, label, methods, tuned, flags):
    """The table of what is kept and of what was missing, which is trained, and the machines."""
    settled = {f"{Method.parse(name)}, tuned": result.benchmark for name, result in tuned.items()}
    path = RESULTS / "cells" / f"{label}.csv"
    devices = accelerators() or [f"{os.cpu_count()} shared cores"]
    machine = ", ".join([*devices, *versions()])
    kept = KeptCells(path, lambda row: settled.get(row, benchmark), flags.epochs, machine)
    rows = [*(str(parse_row(name)) for name in methods), *settled]

    def missing(seed):
        return tuple(row for row in rows if kept.find(row, seed) is None)

    # As many seeds at once as processes, so that none of these waits for the last cell of a seed.
    for first in range(0, len(flags.seeds), flags.processes):
        together = sorted(flags.seeds[first : first + flags.processes], key=missing)
        for names, seeds in itertools.groupby(together, missing):
            if names:
                train(benchmark, label, names, list(seeds), settled, kept, flags)
    found = {row: {seed: kept.find(row, seed) for seed in flags.seeds} for row in rows}
    found = {row: {s: cell for s, cell in cells.items() if cell} for row, cells in found.items()}
    table = Table(benchmark.name, found, main_column(benchmark))
    return table, kept.machines(rows, flags.seeds)


def train(benchmark, label, names, seeds, settled, kept, flags):
    """Trains cells and keeps those that finished, also when it is interrupted."""
    folder = Path("runs/tables") / label
    (folder / "table.json").unlink(missing_ok=True)  # of an earlier call
    try:
        run_table(
            benchmark,
            [name for name in names if name not in settled],
            seeds,
            epochs=flags.epochs,
            output_dir=folder,
            tuned={
                name.removesuffix(", tuned"): settled[name] for name in names if name in settled
            },
            processes=flags.processes,
        )
    finally:
        if (folder / "table.json").exists():
            trained = read_table(folder)
            for row in trained.results:
                for result in trained.finished(row).values():
                    kept.add(row, result)


def at_rate(benchmark, flags):
    """The benchmark with the learning rate of the flags, if they have one."""
    if flags.learning_rate is None:
        return benchmark
    recipe = dataclasses.replace(benchmark.recipe, learning_rate=flags.learning_rate)
    return benchmark.replace(recipe=recipe)


def benchmark_of(flags):
    if flags.csv:
        return kr.data.load_table(flags.csv, label=flags.label, name=flags.name)
    if flags.name == "utkface":
        held_out = None if flags.held_out is None else (tuple(flags.held_out),)
        return kr.data.load_utkface(
            flags.folder,
            held_out=held_out,
            protocol=flags.protocol,
            cache_dir="runs/utkface-cache",
        )
    if flags.name == "portraits":
        return kr.data.load_portraits(cache_dir="runs/portraits-cache")
    if flags.name == "sts-b" and flags.encoder:
        return kr.data.load_sts_b_dir(
            flags.folder, split=flags.split, encoder=flags.encoder, cache_dir="runs/sentences"
        )
    if flags.name == "sts-b":
        benchmark = kr.data.load_sts_b_dir(
            flags.folder, split=flags.split, vectors=flags.vectors, **STS_B
        )
        recipe = dataclasses.replace(benchmark.recipe, **STS_B_RECIPE)
        return benchmark.replace(recipe=recipe, batch_size=recipe.batch_size)
    raise SystemExit(
        f"'{flags.name}' must be utkface, portraits, sts-b, or the name of the table of --csv."
    )


def label_of(flags):
    if flags.name == "utkface":
        ages = "" if flags.held_out is None else "-without-{:g}-to-{:g}".format(*flags.held_out)
        return flags.name + ages + f"-{flags.protocol}" * (flags.protocol != "long_tail")
    if flags.name != "sts-b":
        return flags.name
    return f"sts-b-{flags.split}-" + ("encoder" if flags.encoder else "words")


def searched(benchmark, method, flags):
    own = [name for name in ("ranksim", "lds", "fds") if name.upper() in method]
    return kr.tuning.search(
        benchmark,
        method,
        max_trials=flags.tune,
        epochs=flags.tune_epochs or flags.epochs,
        tune=["learning_rate", *own],
        seed=SEARCH_SEED,
        output_dir=Path("runs/tuning") / label_of(flags) / method.slug,
    )


def write(table, machines, tuned, benchmark, flags):
    name = f"{label_of(flags)}-{flags.rows}"
    seconds = sum(cell.seconds for row in table.results for cell in table.finished(row).values())
    recipe = benchmark.recipe
    recipe = dataclasses.replace(recipe, epochs=flags.epochs or recipe.epochs)
    facts = [f"- {key}: {value}" for key, value in benchmark.facts.items() if is_short(value)]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(
        f"# {label_of(flags)}: test errors by shot\n\n"
        f"`{command()}`\n\n"
        f"Mean and deviation over seeds {', '.join(map(str, flags.seeds))}, and the difference to "
        f"{table.base} over the same seeds with its 95% interval (paired t). Bold: the best of a "
        "column, if the interval of its difference to the second best excludes zero. Weights of "
        f"the best validation epoch of {recipe.epochs}; "
        f"{seconds / 60:.0f} minutes of training in all. Trained on:\n\n"
        + "".join(f"- {machine}\n" for machine in machines)
        + "\n"
        + table.to_markdown()
        + picture_of(table, name, benchmark)
        + published_of(benchmark.name)
        + "".join(trials_of(method, result, flags) for method, result in tuned.items())
        + "\n## Data and settings\n\n"
        + "\n".join(facts)
        + f"\n- recipe: {recipe}\n\n"
        + f"```\n{benchmark.describe().to_string()}\n```\n"
    )
    table.to_csv(RESULTS / f"{name}.csv")
    print(table.to_markdown())


def picture_of(table, name, benchmark):
    """A line with the picture of the differences, which it draws; nothing for a single seed."""
    found, column = differences_by_shot(table), report_column(table.metric)
    unit = benchmark.label_unit if column.in_label_unit else ""
    if not found:
        return ""
    figure = kr.plots.differences(found, table.base, column.title, unit, column.higher_is_better)
    (RESULTS / f"{name}.png").write_bytes(png(figure, 150))
    return f"\n![Differences to {table.base} with their intervals, by shot]({name}.png)\n"


def published_of(name):
    """Published rows of the same data on a split that is not ours; nothing if there are none."""
    rows = pandas.read_csv(PUBLISHED, dtype=str)
    rows = rows[rows.pop("dataset") == name]
    if rows.empty:
        return ""
    header = [column.removeprefix("mae_") for column in rows]
    lines = as_table(header, rows.to_numpy().tolist())
    return (
        "\n## Published, on another split\n\nMean absolute errors of UCI-DIR "
        "([Dong et al., CVPR 2025](https://arxiv.org/abs/2503.00876)): three runs of a network of "
        "three small layers, trained on the squared error. Its splits were not published, so only "
        "differences between its rows compare with those between ours.\n\n"
        + "\n".join(lines)
        + "\n"
    )


def trials_of(method, result, flags):
    best = ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in result.best.items()
    )
    epochs = flags.tune_epochs or flags.epochs or result.benchmark.recipe.epochs
    return (
        f"\n## Trials of {method}\n\n{len(result.trials)} trials of {epochs} epochs, "
        f"seed {SEARCH_SEED}, on validation data. Best: {best}.\n\n" + result.to_markdown()
    )


def parsed():
    parser = training_flags(data_flags(__doc__))
    parser.add_argument("--rows", choices=ROWS, default="main")
    parser.add_argument("--methods", nargs="+", help="methods instead of --rows")
    parser.add_argument("--learning-rate", type=float, help="see choose_recipe.py")
    parser.add_argument("--tune", type=int, help="trials of a search for each tuned method")
    parser.add_argument("--tune-epochs", type=int, help="epochs of a trial")
    parser.add_argument("--tuned-methods", nargs="+", default=SHORT)
    return parser.parse_args()


def training_flags(parser):
    """The parser with the flags that `grown` and `use_threads` read."""
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, help="threads of each operation")
    parser.add_argument("--processes", type=int, default=1, help="cells trained at once")
    return parser


def data_flags(description):
    """A parser with the flags that `benchmark_of` and `label_of` read."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="'utkface', 'portraits', 'sts-b', or a table of --csv")
    parser.add_argument("--csv", help="a table")
    parser.add_argument("--label", help="its column to predict")
    parser.add_argument("--folder", help="of the files of STS-B-DIR or UTKFace, or its zip")
    parser.add_argument("--protocol", default="long_tail", help="of UTKFace: a stress test")
    parser.add_argument("--held-out", nargs=2, type=float, help="of UTKFace: ages not trained on")
    parser.add_argument("--split", choices=["yang", "ranksim"], default="ranksim")
    parser.add_argument("--vectors", default="minilm", help="word vectors of STS-B-DIR")
    parser.add_argument("--encoder", help="pretrained sentence vectors of STS-B-DIR instead")
    return parser


def is_short(value):
    return isinstance(value, (str, int, float, list, tuple)) and len(str(value)) < 300


if __name__ == "__main__":
    main()
