"""Real results: the methods of the tables on portraits and on any CSV file, over seeds.

Trains every method from every seed as the benchmark's recipe says, chooses weights on
validation data, reports on test data, and writes `benchmarks/results/<name>.md` and `.csv`.
Cells already finished under `runs/tables` are read, not run again, so several processes may
fill a table: give each its `--seeds`, then call once with all of them.

    python benchmarks/tables.py portraits --rows main --seeds 0 1 2
    python benchmarks/tables.py portraits --rows grid --seeds 0
    python benchmarks/tables.py abalone --csv abalone.csv --label Rings --rows grid
"""

import argparse
import os
import platform
import sys
from pathlib import Path

import keras
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.experiments import Method, run_table

RESULTS = Path(__file__).parent / "results"
MAIN = (
    "VANILLA",
    "RANKSIM",
    "SQINV + LDS",
    "SQINV + LDS + RANKSIM",
    "FDS",
    "RRT",
    "RRT + RANKSIM",
    "CONR",
    "BMSE",
)
ROWS = {
    "short": ("VANILLA", "RANKSIM", "SQINV + LDS", "SQINV + LDS + RANKSIM"),
    "main": MAIN,
    "grid": (*map(str, Method.paper_grid()), "CONR", "BMSE", "BMSE + CONR"),
}


def main():
    flags = parsed()
    if flags.threads:
        tf.config.threading.set_intra_op_parallelism_threads(flags.threads)
    if flags.csv:
        benchmark = kr.data.load_table(flags.csv, label=flags.label, name=flags.name)
    else:
        benchmark = kr.data.load_portraits(cache_dir="runs/portraits-cache")
    table = run_table(
        benchmark,
        flags.methods or ROWS[flags.rows],
        flags.seeds,
        epochs=flags.epochs,
        output_dir=Path("runs/tables") / benchmark.name,
    )
    name = f"{benchmark.name}-{flags.rows}"
    seconds = sum(cell.seconds for cells in table.results.values() for cell in cells.values())
    command = "python benchmarks/tables.py " + " ".join(
        f'"{word}"' if " " in word else word for word in sys.argv[1:]
    )
    facts = [f"- {key}: {value}" for key, value in benchmark.facts.items() if is_short(value)]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(
        f"# {benchmark.name}: test errors by shot\n\n"
        f"`{command}`\n\n"
        f"Mean and deviation over seeds {', '.join(map(str, flags.seeds))}. Weights of the best "
        f"validation epoch of {benchmark.recipe.epochs}; {seconds / 60:.0f} minutes of training "
        f"in all, on {os.cpu_count()} shared cores.\n\n"
        + table.to_markdown()
        + "\n## Data and settings\n\n"
        + "\n".join(facts)
        + f"\n- recipe: {benchmark.recipe}\n"
        + f"- Keras {keras.__version__}, TensorFlow {tf.__version__}, "
        + f"Python {platform.python_version()}\n\n"
        + f"```\n{benchmark.describe().to_string()}\n```\n"
    )
    table.to_csv(RESULTS / f"{name}.csv")
    print(table.to_markdown())


def parsed():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="'portraits', or the name of the table of --csv")
    parser.add_argument("--csv", help="a table")
    parser.add_argument("--label", help="its column to predict")
    parser.add_argument("--rows", choices=ROWS, default="main")
    parser.add_argument("--methods", nargs="+", help="methods instead of --rows")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--threads", type=int, help="threads of each operation")
    return parser.parse_args()


def is_short(value):
    return isinstance(value, (str, int, float, list, tuple)) and len(str(value)) < 300


if __name__ == "__main__":
    main()
