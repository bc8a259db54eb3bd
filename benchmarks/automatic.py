"""Does RankSim with a measured weight and perturbation reach what tuning or the default reaches?

Trains every base without RankSim, with the benchmark's own pair of numbers, with
`gamma="auto", perturbation="auto"` and, with `--tune 12`, with the pair that 12 trials chose on
validation data, from a seed outside the table; all from the same seeds. Writes
`benchmarks/results/automatic-<name>.md` and `.csv`. What is judged is the balanced error, the
mean over shots; the difference to the base is taken seed by seed. Cells already finished under
`runs/automatic` are read, not run again.

    python benchmarks/automatic.py abalone --csv abalone.csv --label Rings
    python benchmarks/automatic.py portraits --train-samples 1500 --image-size 32 --epochs 14
    python benchmarks/automatic.py sts-b-dir --data-dir data/sts-b --vectors minilm --width 64
"""

import argparse
import dataclasses
import hashlib
import json
import platform
from pathlib import Path

import keras
import numpy as np
import pandas
import tensorflow as tf
from measure import command

import keras_ranksim as kr
from keras_ranksim.experiments import Method
from keras_ranksim.experiments.settings import settings_of
from keras_ranksim.layers import automatic

RESULTS = Path(__file__).parent / "results"
SEARCH_SEED = 100
SHOTS = ("all", "many", "medium", "few", "zero")


def main():
    flags = parsed()
    if flags.threads:
        tf.config.threading.set_intra_op_parallelism_threads(flags.threads)
        tf.config.threading.set_inter_op_parallelism_threads(flags.threads)
    benchmark = changed(loaded(flags), flags)
    metric = benchmark.recipe.monitor.removeprefix("val_")
    rows = []
    for base in flags.bases:
        for setting, ranksim in settings(benchmark, base, flags).items():
            for seed in flags.seeds:
                rows.append(cell(benchmark, base, setting, ranksim, seed, metric))
                print(rows[-1], flush=True)
                keras.backend.clear_session()
    cells = pandas.DataFrame(rows)
    RESULTS.mkdir(exist_ok=True)
    cells.to_csv(RESULTS / f"automatic-{benchmark.name}.csv", index=False)
    text = report(cells, benchmark, metric, flags)
    (RESULTS / f"automatic-{benchmark.name}.md").write_text(text)
    print(text)


def loaded(flags):
    if flags.csv:
        return kr.data.load_table(flags.csv, label=flags.label, name=flags.name)
    if flags.name == "portraits":
        return kr.data.load_portraits(
            train_samples=flags.train_samples,
            image_size=flags.image_size,
            cache_dir="runs/portraits-cache",
        )
    return kr.data.load_sts_b_dir(
        flags.data_dir,
        split=flags.split,
        vectors=flags.vectors,
        width=flags.width,
        layers=1,
        download=True,
    )


def changed(benchmark, flags):
    """The benchmark with the epochs, batches and learning rate of the flags."""
    recipe = benchmark.recipe
    if flags.epochs:
        milestones = (round(0.8 * flags.epochs),) if recipe.milestones else ()
        recipe = dataclasses.replace(
            recipe, epochs=flags.epochs, milestones=milestones, patience=None
        )
    if flags.learning_rate:
        recipe = dataclasses.replace(recipe, learning_rate=flags.learning_rate)
    return benchmark.replace(recipe=recipe, batch_size=flags.batch_size or benchmark.batch_size)


def settings(benchmark, base, flags):
    """What RankSim is given, by name; `None` for no RankSim."""
    named = {
        "none": None,
        "default": benchmark.recipe.ranksim,
        "auto": {"gamma": "auto", "perturbation": "auto"},
    }
    if flags.tune:
        named["tuned"] = tuned_pair(benchmark, base, flags)
    return named


def tuned_pair(benchmark, base, flags):
    method = dataclasses.replace(Method.parse(base), ranksim=True)
    known = json.dumps(settings_of(benchmark, method, SEARCH_SEED))
    name = f"{method.slug}-{hashlib.sha256(known.encode()).hexdigest()[:8]}-{flags.executions}"
    result = kr.tuning.search(
        benchmark,
        method,
        max_trials=flags.tune,
        executions_per_trial=flags.executions,
        seed=SEARCH_SEED,
        output_dir=Path("runs/automatic/tuning") / benchmark.name / name,
    )
    return {"gamma": result.gamma, "lambda_": result.lambda_}


def cell(benchmark, base, setting, ranksim, seed, metric):
    """One row, from its file where it was found before with the same settings."""
    method = dataclasses.replace(Method.parse(base), ranksim=ranksim is not None)
    if ranksim is not None:
        recipe = dataclasses.replace(benchmark.recipe, ranksim=ranksim)
        benchmark = benchmark.replace(recipe=recipe)
    known = json.dumps([settings_of(benchmark, method, seed), measured_by() * (setting == "auto")])
    path = Path("runs/automatic") / f"{hashlib.sha256(known.encode()).hexdigest()[:16]}.json"
    if not path.exists():
        result = kr.experiments.run(benchmark, method, seed, verbose=0)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(row_of(result, metric)))
    return {"base": base, "RankSim": setting, "seed": seed, **json.loads(path.read_text())}


def measured_by():
    """What decides the numbers that "auto" finds."""
    return [automatic.STEPS, automatic.GRADIENT_RATIO, automatic.SHARE_OF_SPREAD]


def row_of(result, metric):
    row = {
        "val": kr.tuning.balanced_error(result.validation, metric),
        "test": kr.tuning.balanced_error(result.report, metric),
    }
    row.update({shot: float(result.report[metric].get(shot, np.nan)) for shot in SHOTS})
    for layer in result.model.layers:
        if isinstance(layer, kr.layers.RankSimRegularizer):
            row["gamma"], row["delta"] = layer.current_gamma, layer.current_perturbation
    return row


def report(cells, benchmark, metric, flags):
    header = ["base", "RankSim", "val", "to none", "test", "to none", *SHOTS, "gamma", "delta"]
    lines = ["| " + " | ".join(header) + " |", "|---|---|" + "---:|" * (len(header) - 2)]
    for (base, setting), group in cells.groupby(["base", "RankSim"], sort=False):
        none = cells[(cells["base"] == base) & (cells["RankSim"] == "none")]
        shown = [base, setting]
        for split in ("val", "test"):
            difference = group[split].to_numpy() - none[split].to_numpy()
            shown += [spread_of(group[split]), "" if setting == "none" else spread_of(difference)]
        shown += [number(group[shot].mean()) for shot in SHOTS]
        numbers = [group.get(n, [np.nan]) for n in ("gamma", "delta")]
        shown += [number(np.mean(values)) for values in numbers]
        lines.append("| " + " | ".join(shown) + " |")
    return (
        f"# {benchmark.name}: RankSim's weight and perturbation, given and measured\n\n"
        f"`{command()}`\n\n"
        f"Balanced {metric} (the mean over shots) on validation and test data, mean and deviation "
        f"over seeds {', '.join(map(str, flags.seeds))}, and its difference to the same base "
        "without RankSim, seed by seed; then the test error by shot, and the numbers in use, for "
        f"'auto' those measured in the first {automatic.STEPS} steps (gradient ratio "
        f"{automatic.GRADIENT_RATIO}, share of the spread {automatic.SHARE_OF_SPREAD}). "
        + (
            f"'tuned' is the best pair on validation data, or gamma 0, of {flags.tune} trials with "
            f"{flags.executions} trainings each."
            if flags.tune
            else ""
        )
        + "\n\n"
        + "\n".join(lines)
        + f"\n\n- recipe: {benchmark.recipe}\n- batch size: {benchmark.batch_size}\n"
        + f"- Keras {keras.__version__}, TensorFlow {tf.__version__}, "
        + f"Python {platform.python_version()}\n"
    )


def spread_of(values):
    deviation = np.std(values, ddof=1) if len(values) > 1 else np.nan
    return f"{np.mean(values):.4g} ± {deviation:.2g}"


def number(value):
    return "" if np.isnan(value) else f"{value:.3g}"


def parsed():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="'portraits', 'sts-b-dir', or the name of the table of --csv")
    parser.add_argument("--bases", nargs="+", default=["VANILLA", "SQINV + LDS"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--tune", type=int, help="trials of a search for each base")
    parser.add_argument("--executions", type=int, default=1, help="trainings of a trial")
    parser.add_argument("--csv", help="a table")
    parser.add_argument("--label", help="its column to predict")
    parser.add_argument("--train-samples", type=int, default=4000, help="portraits")
    parser.add_argument("--image-size", type=int, default=64, help="portraits")
    parser.add_argument("--data-dir", default="data/sts-b", help="STS-B-DIR")
    parser.add_argument("--split", default="ranksim", help="STS-B-DIR")
    parser.add_argument("--vectors", help="STS-B-DIR")
    parser.add_argument("--width", type=int, default=100, help="STS-B-DIR")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--threads", type=int, help="threads of each operation")
    return parser.parse_args()


if __name__ == "__main__":
    main()
