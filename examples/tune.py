"""Which gamma and lambda for my data? Twelve trials on drawn portraits, in about a quarter hour.

Trains the method without RankSim (the baseline, gamma 0) and with twelve pairs of gamma and
lambda, the recipe's first, and prints them with the validation error that chose the best one:
the mean over many, medium, few and zero-shot labels. Then the test error of that model, by
shot, from data that the search never read. Nothing is downloaded. Cut it off and call it again
with the same flags: it goes on where it was.

    python examples/tune.py
    python examples/tune.py --tuner hyperband --method "SQINV + LDS + RANKSIM"
    python examples/tune.py --csv houses.csv --label price --tune ranksim learning_rate
    python examples/tune.py --benchmark sts-b --data-dir data/sts-b --tuner bayesian
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("KERAS_RANKSIM_QUIET", "1")

import keras_ranksim as kr

LOADERS = {
    "portraits": lambda flags: kr.data.load_portraits(cache_dir=flags.data_dir, **small(flags)),
    "agedb": lambda flags: kr.data.load_agedb_dir(flags.data_dir, download=True),
    "imdb-wiki": lambda flags: kr.data.load_imdb_wiki_dir(flags.data_dir, download=True),
    "sts-b": lambda flags: kr.data.load_sts_b_dir(
        flags.data_dir, width=100, layers=1, download=True
    ),
    "nyud2": lambda flags: kr.data.load_nyud2_dir(flags.data_dir),
}


def small(flags):
    return {"train_samples": 600, "evaluation_per_age": 2} if flags.quick else {}


def parser():
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    flags.add_argument("--benchmark", choices=LOADERS, default="portraits")
    flags.add_argument("--data-dir", help="folder of the data set")
    flags.add_argument("--csv", help="a table of your own, instead of a benchmark")
    flags.add_argument("--label", help="its column to predict")
    flags.add_argument("--method", default="RANKSIM", help="default: %(default)s")
    flags.add_argument("--tuner", choices=["random", "bayesian", "hyperband"], default="random")
    flags.add_argument("--trials", type=int, default=12, help="not for hyperband")
    flags.add_argument("--tune", nargs="+", help="ranksim learning_rate batch_size lds fds conr")
    flags.add_argument("--epochs", type=int, help="epochs of a trial (default: the recipe's)")
    flags.add_argument("--executions", type=int, default=1, help="trainings of every trial")
    flags.add_argument("--seed", type=int, default=0)
    flags.add_argument("--quick", action="store_true", help="2 trials of 2 epochs, to see it work")
    flags.add_argument("--tensorboard", action="store_true", help="write HParams")
    flags.add_argument("--output-dir", help="default: runs/tune-<benchmark>")
    return flags


def main():
    flags = parser().parse_args()
    if flags.data_dir is None and not flags.csv and flags.benchmark != "portraits":
        parser().error(f"--benchmark {flags.benchmark} needs --data-dir, the folder of its data")
    if flags.csv:
        benchmark = kr.data.load_table(flags.csv, label=flags.label)
    else:
        benchmark = LOADERS[flags.benchmark](flags)
    folder = Path(flags.output_dir or f"runs/tune-{benchmark.name}")
    trials = 2 if flags.quick else flags.trials
    result = kr.tuning.search(
        benchmark,
        flags.method,
        tuner=flags.tuner,
        max_trials=None if flags.tuner == "hyperband" else trials,
        tune=flags.tune,
        epochs=2 if flags.quick else flags.epochs,
        executions_per_trial=flags.executions,
        seed=flags.seed,
        output_dir=folder,
        tensorboard=flags.tensorboard,
    )
    if result is None:  # a worker: the chief has the result
        return
    print(f"\n{result.to_markdown()}")
    print(f"Best: {result.best}")
    print(f"\nOn the test split\n{result.test_report().round(2).to_string(na_rep='-')}")
    if result.gamma is not None:
        result.plot().savefig(folder / "trials.png", dpi=120)
    print(f"\nTrials, their picture and the best model: {folder}")


if __name__ == "__main__":
    main()
