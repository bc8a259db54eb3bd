"""Which gamma and perturbation for my data? Twelve trials, in about a quarter of an hour.

Trains a method on drawn portraits with twelve settings, the recipe's first, and without RankSim
(the baseline, gamma 0). Prints them with the validation error that chose the best one, the mean
over many, medium, few and zero-shot labels; then the test error of that model by shot. Nothing is
downloaded. Interrupt it and call it again: it resumes.

    python examples/tune.py
    python examples/tune.py --method "SQINV + LDS + RANKSIM" --tune ranksim learning_rate lds
    python examples/tune.py --csv houses.csv --label price --trials 30
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras_ranksim as kr


def main():
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    flags.add_argument("--csv", help="your own table, instead of drawn portraits")
    flags.add_argument("--label", help="its column to predict")
    flags.add_argument("--method", default="RANKSIM", help="default: %(default)s")
    flags.add_argument("--tune", nargs="+", help="ranksim learning_rate batch_size lds fds conr")
    flags.add_argument("--trials", type=int, default=12, help="besides the baseline")
    flags.add_argument("--quick", action="store_true", help="2 trials of 2 epochs, to see it work")
    flags.add_argument("--output-dir", type=Path, default="runs/tune")
    flags = flags.parse_args()
    if flags.csv:
        benchmark = kr.data.load_table(flags.csv, label=flags.label)
    else:
        small = {"train_samples": 600, "evaluation_per_age": 2} if flags.quick else {}
        benchmark = kr.data.load_portraits(**small)
    result = kr.tuning.search(
        benchmark,
        flags.method,
        tune=flags.tune,
        max_trials=2 if flags.quick else flags.trials,
        epochs=2 if flags.quick else None,
        output_dir=flags.output_dir,
    )
    if result is None:  # a worker: the chief has the result
        return
    print(f"\n{result.to_markdown()}\nBest: {result.best}")
    print(f"\nOn the test split\n{result.test_report().round(2).to_string(na_rep='-')}")
    if result.gamma is not None:
        result.plot().savefig(flags.output_dir / "trials.png", dpi=120)
    print(f"\nTrials, their picture and the best model: {flags.output_dir}")


if __name__ == "__main__":
    main()
