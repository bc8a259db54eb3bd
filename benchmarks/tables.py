"""Real results: the methods of the tables on portraits, STS-B-DIR and any CSV file, over seeds.

Trains every method from every seed by the benchmark's recipe, chooses weights on validation
data, reports on test data, and writes `benchmarks/results/<name>.md` and `.csv`. Cells already
finished under `runs/tables` are read, not run again. `--processes 2` trains two cells at once.

`--tune 12` adds tuned rows: 12 trials for each of `--tuned-methods`, chosen by the balanced
validation error, trained from a seed that the table does not use. All vary the learning rate
and the kernel of their LDS or FDS; methods with RankSim, in as many trials, gamma and the
perturbation as well (gamma 0 is one more point).

    python benchmarks/tables.py portraits --rows main --seeds 0 1 2
    python benchmarks/tables.py portraits --rows grid --seeds 0
    python benchmarks/tables.py abalone --csv abalone.csv --label Rings --rows grid
    python benchmarks/tables.py sts-b --folder sts-b-dir --split ranksim --vectors minilm
    python benchmarks/tables.py sts-b --folder sts-b-dir --encoder minilm --rows short
"""

import argparse
import dataclasses
import os
import platform
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from measure import command

import keras_ranksim as kr
from keras_ranksim.experiments import Method, run_table

RESULTS = Path(__file__).parent / "results"
SEARCH_SEED = 100
# SQINV stands for the weighting of the benchmark, which is INV for sentences.
SHORT = ("VANILLA", "RANKSIM", "SQINV + LDS", "SQINV + LDS + RANKSIM")
TEXT = (*SHORT, "FDS", "RRT", "RRT + RANKSIM")
ROWS = {
    "short": SHORT,
    "text": TEXT,
    "main": (*TEXT, "CONR", "BMSE"),
    "grid": (*map(str, Method.paper_grid("SQINV")), "CONR", "BMSE", "BMSE + CONR"),
}
# The papers' width of 1,500 and batches of 128 ask for a GPU; chosen by validation error.
STS_B = {"width": 50, "layers": 1}
STS_B_RECIPE = {"epochs": 12, "batch_size": 32, "learning_rate": 1e-3, "patience": None}


def main():
    import tensorflow as tf

    flags = parsed()
    if flags.threads:
        tf.config.threading.set_intra_op_parallelism_threads(flags.threads)
        tf.config.threading.set_inter_op_parallelism_threads(flags.threads)
    benchmark = benchmark_of(flags)
    weighting = {"inverse": "INV", "sqrt_inverse": "SQINV"}[benchmark.recipe.weights["scheme"]]

    def spelled(methods):
        return [method.replace("SQINV", weighting) for method in methods]

    tuned = {}
    for method in spelled(flags.tuned_methods) if flags.tune else ():
        tuned[method] = searched(benchmark, Method.parse(method), flags)
    table = run_table(
        benchmark,
        spelled(flags.methods or ROWS[flags.rows]),
        flags.seeds,
        epochs=flags.epochs or benchmark.recipe.epochs,
        output_dir=Path("runs/tables") / label_of(flags),
        tuned={method: result.benchmark for method, result in tuned.items()},
        processes=flags.processes,
    )
    write(table, tuned, benchmark, flags)


def benchmark_of(flags):
    if flags.csv:
        return kr.data.load_table(flags.csv, label=flags.label, name=flags.name)
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
    raise SystemExit(f"'{flags.name}' must be portraits, sts-b, or the name of the table of --csv.")


def label_of(flags):
    if flags.name != "sts-b":
        return flags.name
    return f"sts-b-{flags.split}" + "-encoder" * bool(flags.encoder)


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


def write(table, tuned, benchmark, flags):
    import keras
    import tensorflow as tf

    name = f"{label_of(flags)}-{flags.rows}"
    # Rows that are the same run share it, and ensembles are made of other rows' runs.
    runs = {
        cell.output_dir: cell.seconds
        for name in table.results
        for cell in table.finished(name).values()
        if "loss" in cell.history
    }
    seconds = sum(runs.values())
    facts = [f"- {key}: {value}" for key, value in benchmark.facts.items() if is_short(value)]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(
        f"# {label_of(flags)}: test errors by shot\n\n"
        f"`{command()}`\n\n"
        f"Mean and deviation over seeds {', '.join(map(str, flags.seeds))}, and the difference to "
        f"{table.base} over the same seeds with its 95 % interval (paired t). Bold: the best of a "
        "column, if the interval of its difference to the second best excludes zero. Weights of "
        f"the best validation epoch of {flags.epochs or benchmark.recipe.epochs}; "
        f"{seconds / 60:.0f} minutes of training in all, on {os.cpu_count()} shared cores.\n\n"
        + table.to_markdown()
        + "".join(trials_of(method, result, flags) for method, result in tuned.items())
        + "\n## Data and settings\n\n"
        + "\n".join(facts)
        + f"\n- recipe: {benchmark.recipe}\n"
        + f"- Keras {keras.__version__}, TensorFlow {tf.__version__}, "
        + f"Python {platform.python_version()}\n\n"
        + f"```\n{benchmark.describe().to_string()}\n```\n"
    )
    table.to_csv(RESULTS / f"{name}.csv")
    print(table.to_markdown())


def trials_of(method, result, flags):
    best = ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in result.best.items()
    )
    epochs = result.benchmark.recipe.epochs
    return (
        f"\n## Trials of {method}\n\n{len(result.trials)} trials of {epochs} epochs, "
        f"seed {SEARCH_SEED}, on validation data. Best: {best}.\n\n" + result.to_markdown()
    )


def parsed():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="'portraits', 'sts-b', or the name of the table of --csv")
    parser.add_argument("--csv", help="a table")
    parser.add_argument("--label", help="its column to predict")
    parser.add_argument("--folder", help="of the STS-B-DIR files")
    parser.add_argument("--split", choices=["yang", "ranksim"], default="ranksim")
    parser.add_argument("--vectors", default="minilm", help="word vectors of STS-B-DIR")
    parser.add_argument("--encoder", help="pretrained sentence vectors of STS-B-DIR instead")
    parser.add_argument("--rows", choices=ROWS, default="main")
    parser.add_argument("--methods", nargs="+", help="methods instead of --rows")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, help="threads of each operation")
    parser.add_argument("--processes", type=int, default=1, help="cells trained at once")
    parser.add_argument("--tune", type=int, help="trials of a search for each tuned method")
    parser.add_argument("--tune-epochs", type=int, help="epochs of a trial")
    parser.add_argument("--tuned-methods", nargs="+", default=SHORT)
    return parser.parse_args()


def is_short(value):
    return isinstance(value, (str, int, float, list, tuple)) and len(str(value)) < 300


if __name__ == "__main__":
    main()
