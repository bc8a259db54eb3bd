"""Which learning rate, and how many epochs, for the rows of a table? Asked of VANILLA alone.

Trains VANILLA from a seed that no table uses, at every rate and number of epochs, and writes the
errors on validation data, never on test data, to `benchmarks/results/recipe-<name>.md`. All rows
of a table are then trained at the best, which `benchmarks/tables.py` takes as flags.

    python benchmarks/choose_recipe.py abalone --csv abalone.csv --label Rings
"""

import dataclasses

from measure import as_table, write
from tables import SEARCH_SEED, benchmark_of, data_flags, label_of

import keras_ranksim as kr
from keras_ranksim.experiments.evaluation import main_column


def main():
    parser = data_flags(__doc__)
    parser.add_argument("--rates", nargs="+", type=float, default=[3e-4, 1e-3, 3e-3, 1e-2])
    parser.add_argument("--numbers-of-epochs", nargs="+", type=int, default=[40, 100])
    flags = parser.parse_args()
    benchmark = benchmark_of(flags)
    column = main_column(benchmark)
    errors = {}
    for rate in flags.rates:
        for epochs in flags.numbers_of_epochs:
            recipe = dataclasses.replace(benchmark.recipe, learning_rate=rate)
            result = kr.experiments.run(
                benchmark.replace(recipe=recipe), "VANILLA", SEARCH_SEED, epochs, verbose=0
            )
            errors[rate, epochs] = result.validation[column]
            print(f"rate {rate:g}, {epochs} epochs: {errors[rate, epochs]['all']:.4g}", flush=True)
    shots = [shot for shot in next(iter(errors.values())).index if not shot.startswith("zero")]
    lines = [
        [f"{rate:g}", epochs, *(f"{of_shot[shot]:.4g}" for shot in shots)]
        for (rate, epochs), of_shot in sorted(errors.items(), key=lambda entry: entry[1]["all"])
    ]
    write(
        f"recipe-{label_of(flags)}",
        f"# {label_of(flags)}: the recipe of VANILLA",
        as_table(["learning rate", "epochs", *shots], lines),
        note=f"Validation {column} of the best epoch, seed {SEARCH_SEED}, the best first.",
    )


if __name__ == "__main__":
    main()
