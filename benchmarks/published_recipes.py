"""How much of RankSim's published difference is its recipe?

The paper trains its rows with RankSim at another batch size and learning rate than the rows that
they are compared with. This trains VANILLA and RANKSIM at both, RANKSIM with this library's
settings and with the paper's gamma and lambda, and writes two kinds of differences: to VANILLA at
its own published recipe, as papers compare, and to VANILLA at the same recipe. Cells are kept as
by `benchmarks/tables.py`; the tables go to `benchmarks/results/published-recipes-<name>.md`.

    python benchmarks/published_recipes.py utkface --folder UTKFace.zip --seeds 0 1 2 3 4
    python benchmarks/published_recipes.py sts-b --folder sts-b-dir --encoder minilm
"""

import dataclasses
import itertools

from measure import write
from tables import benchmark_of, data_flags, grown, label_of, training_flags, use_threads

from keras_ranksim.experiments import Table
from keras_ranksim.experiments.evaluation import main_column

# Batch size and learning rate: VANILLA's, then those of the rows with RankSim.
RECIPES = {"utkface": ((256, 1e-3), (64, 2.5e-4)), "sts-b": ((128, 1e-4), (16, 2.5e-4))}
RANKSIM = {
    "utkface": {"gamma": 100.0, "lambda_": 2.0},
    "sts-b": {"gamma": 3e-4, "lambda_": 2.0},
}
# The paper's rate for sentences is constant; training ends once validation stops improving.
SCHEDULES = {"utkface": {}, "sts-b": {"milestones": (), "epochs": 60, "patience": 6}}


def main():
    parser = training_flags(data_flags(__doc__))
    flags = parser.parse_args()
    if flags.name not in RECIPES:
        parser.error(f"the published recipes are of utkface and sts-b, not of {flags.name}")
    use_threads(flags.threads)
    benchmark = benchmark_of(flags)
    rows, machines, seconds = {}, set(), 0.0
    for (batch, rate), paper in itertools.product(RECIPES[flags.name], (False, True)):
        recipe = dataclasses.replace(
            benchmark.recipe, learning_rate=rate, batch_size=batch, **SCHEDULES[flags.name]
        )
        if paper:
            recipe = dataclasses.replace(recipe, ranksim=RANKSIM[flags.name])
        found, trained_on = grown(
            benchmark.replace(recipe=recipe, batch_size=batch),
            f"{label_of(flags)}-batch-{batch}" + "-paper" * paper,
            ["RANKSIM"] if paper else ["VANILLA", "RANKSIM"],
            {},
            flags,
        )
        machines.update(trained_on)
        for method, cells in found.results.items():
            named = f"{method}, the paper's gamma and lambda" if paper else method
            rows[f"{named}; batch {batch}, rate {rate:g}"] = cells
            seconds += sum(cell.seconds for cell in found.finished(method).values())
    column = main_column(benchmark)
    others = dataclasses.replace(benchmark.recipe, **SCHEDULES[flags.name])

    def compared(names):
        """The table of these rows, compared with the first."""
        return Table(label_of(flags), {name: rows[name] for name in names}, column, names[0])

    tables = [compared(list(rows)).to_markdown()]
    for batch, rate in RECIPES[flags.name]:
        same = [name for name in rows if name.endswith(f"batch {batch}, rate {rate:g}")]
        tables.append(compared(same).to_markdown())
    headings = (
        "## Compared with VANILLA at its own recipe, as papers do",
        *(f"## Compared at batch {batch}, rate {rate:g}" for batch, rate in RECIPES[flags.name]),
    )
    write(
        f"published-recipes-{label_of(flags)}",
        f"# {label_of(flags)}: the method or the recipe?",
        "\n".join(f"{heading}\n\n{table}" for heading, table in zip(headings, tables)),
        note=f"Test errors, mean and deviation over seeds {', '.join(map(str, flags.seeds))}, and "
        "differences over the same seeds with 95% intervals (paired t). "
        f"{seconds / 60:.0f} minutes of training, on: {'; '.join(sorted(machines))}. The paper's "
        f"RankSim: {RANKSIM[flags.name]}. Other settings: {others}.",
    )


if __name__ == "__main__":
    main()
