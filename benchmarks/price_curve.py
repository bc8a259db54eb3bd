"""What do rare labels cost the frequent ones, at five powers of the counts?

Trains with weights `1 / count ** power` for five powers, from plain training to the full inverse,
and writes the errors and the curve to `benchmarks/results/price-<name>.md`. Cells are kept as by
`benchmarks/tables.py`. Powers 0, 0.5 and 1 reuse its cells of VANILLA, SQINV and INV.

    python benchmarks/price_curve.py utkface --folder UTKFace.zip --seeds 0 1 2 3 4
    python benchmarks/price_curve.py abalone --csv abalone.csv --label Rings --learning-rate 0.01
"""

from measure import write
from tables import (
    at_rate,
    benchmark_of,
    data_flags,
    grown,
    label_of,
    training_flags,
    use_threads,
)

import keras_ranksim as kr
from keras_ranksim.experiments import Table
from keras_ranksim.experiments.evaluation import main_column
from keras_ranksim.experiments.price_curve import price_points, with_power
from keras_ranksim.labels.report_columns import report_column
from keras_ranksim.plots.style import png

NAMES = {0.0: "VANILLA", 0.5: "SQINV", 1.0: "INV"}


def main():
    parser = training_flags(data_flags(__doc__))
    parser.add_argument("--learning-rate", type=float, help="see choose_recipe.py")
    parser.add_argument("--powers", nargs="+", type=float, default=[0, 0.25, 0.5, 0.75, 1])
    flags = parser.parse_args()
    use_threads(flags.threads)
    benchmark = at_rate(benchmark_of(flags), flags)
    rows, machines, seconds = {}, set(), 0.0
    for power in flags.powers:
        found, trained_on = grown(*cells_of(power, benchmark, label_of(flags)), {}, flags)
        (method,) = found.results
        rows[f"power {power:g}"] = found.results[method]
        machines.update(trained_on)
        seconds += sum(cell.seconds for cell in found.finished(method).values())
    table = Table(label_of(flags), rows, main_column(benchmark), next(iter(rows)))
    column = report_column(table.metric)
    points = {power: tuple(row) for power, row in price_points(table).iterrows()}
    unit = benchmark.label_unit if column.in_label_unit else ""
    name = f"price-{label_of(flags)}"
    pictures, picture = {}, ""
    if points:  # a table may have no frequent labels
        figure = kr.plots.price_curve(points, column.title, unit)
        pictures[f"{name}.png"] = png(figure, 150)
        picture = f"![Error on rare labels over that on frequent ones, by power]({name}.png)\n\n"
    write(
        name,
        f"# {label_of(flags)}: the price of rare labels",
        picture + table.to_markdown(),
        note="Test errors after training with weights 1 / count^power: mean and deviation over "
        f"seeds {', '.join(map(str, flags.seeds))}, and the difference to {table.base} over the "
        f"same seeds with its 95% interval (paired t). {seconds / 60:.0f} minutes of training, "
        f"on: {'; '.join(sorted(machines))}. Weights of the best validation epoch of "
        f"{flags.epochs or benchmark.recipe.epochs}. Settings: {benchmark.recipe}.",
        pictures=pictures,
    )


def cells_of(power, benchmark, label):
    """Benchmark, label and methods of the cells of a power."""
    if power in NAMES:
        return benchmark, label, [NAMES[power]]
    return with_power(benchmark, power), f"{label}-power-{power:g}", ["POWER"]


if __name__ == "__main__":
    main()
