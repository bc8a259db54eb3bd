"""The price curve: what less error on rare labels costs on frequent ones."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.experiments.files import explain_full_disk, make_folder
from keras_ranksim.experiments.run_table import run_table
from keras_ranksim.experiments.table import Table
from keras_ranksim.labels.weights import power_of
from keras_ranksim.methods.method import Method
from keras_ranksim.methods.weighting import POWER
from keras_ranksim.validation import is_number, non_negative

if TYPE_CHECKING:
    import pandas

POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)
NAMED = "power "
FEWEST_POINTS = 3


def price_curve(
    benchmark: Benchmark | Callable[[int], Benchmark],
    powers: Iterable[float] = POWERS,
    seeds: Iterable[int] = (0, 1, 2),
    *,
    output_dir: str | os.PathLike | None = None,
    **arguments,
) -> Table:
    """Trains with weights `1 / count ** power` for several powers, from plain to fully inverse.

    The error on few-shot labels over that on many-shot ones, one point per power, shows what the
    rare labels cost the frequent ones. `price_points` of the table holds the numbers, and the
    page that `write_report` makes of `output_dir` the picture.

    Args:
        benchmark: As in `run_table`.
        powers: Powers of the count, at least 0: 0 is plain training, 0.5 `SQINV`, 1 `INV`.
        seeds: Seeds, at least one.
        output_dir: Folder of the curve, in which finished runs are read and interrupted ones
            resume; `None` keeps nothing.
        **arguments: Further arguments of `run_table`, such as `epochs`.

    Returns:
        A `Table` with a row `"power 0.25"` for each power, compared with the first.

    Example:

    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_portraits(train_samples=100, evaluation_per_age=1)
    >>> table = kr.experiments.price_curve(benchmark, (0, 1), seeds=[0], epochs=1)
    >>> table.frame.index.tolist()
    ['power 0', 'power 1']
    """
    for name in {"base", "tuned", "methods"} & set(arguments):
        raise ValueError(
            f"`{name}` must be left out: a price curve has a row per power and compares them with "
            f"the first. Received: {name}={arguments[name]!r}"
        )
    if is_number(powers):
        raise ValueError(f"`powers` must list the powers, such as [0, 0.5]. Received: {powers}")
    powers = [non_negative("powers", power, "each a power of the count") for power in powers]
    if not powers:
        raise ValueError("`powers` must hold at least one power. Received: none")
    if len({f"{power:g}" for power in powers}) < len(powers):
        raise ValueError(f"`powers` must differ in six digits. Received: {powers}")
    seeds, curve = list(seeds), None
    folder = None if output_dir is None else make_folder(output_dir)
    for power in powers:
        name = f"{NAMED}{power:g}"
        place = None if folder is None else folder / name.replace(" ", "-")
        table = run_table(
            with_power(benchmark, power), POWER.name, seeds, output_dir=place, **arguments
        )
        if curve is None:
            curve = Table(table.benchmark, {}, table.metric, base=name)
        curve.results[name] = table.results[POWER.name]
        if folder is not None:
            with explain_full_disk(folder):
                curve.save(folder)
    return curve


def price_points(table: Table, recipe: Recipe | None = None) -> pandas.DataFrame:
    """The points of a price curve: errors on many-shot and few-shot labels by power.

    Args:
        table: What `price_curve` returned, or a table of methods that weigh by a power of the
            count and do nothing else, such as `VANILLA`, `SQINV` and `INV`.
        recipe: The recipe of a table of methods, which decides what they do.

    Returns:
        A `pandas.DataFrame` with the powers as index, ascending, and the columns `many`, `few`,
        `many_std` and `few_std`; empty if no row has a power.
    """
    import pandas

    frame = table.frame
    kinds = {"many": ("many", "mean"), "few": ("few", "mean")}
    kinds |= {"many_std": ("many", "std"), "few_std": ("few", "std")}
    powers = {name: _power_of_row(name, recipe) for name in frame.index}
    rows = {
        power: {column: frame.loc[name].get(kind) for column, kind in kinds.items()}
        for name, power in powers.items()
        if power is not None
    }
    points = pandas.DataFrame.from_dict(rows, orient="index", columns=list(kinds))
    return points.astype(float).dropna(subset=["many", "few"]).sort_index()


def with_power(
    benchmark: Benchmark | Callable[[int], Benchmark], power: float
) -> Benchmark | Callable[[int], Benchmark]:
    """The benchmark, or the function that loads it, whose row `POWER` weighs by this power.

    Args:
        benchmark: As in `run_table`.
        power: The power of the count.
    """
    if callable(benchmark):
        return lambda seed: with_power(benchmark(seed), power)
    more = {**benchmark.recipe.more, POWER.settings: {"scheme": power}}
    return benchmark.replace(recipe=dataclasses.replace(benchmark.recipe, more=more))


def _power_of_row(name, recipe):
    """The power of the count that a row weighs by; `None` if it does anything else."""
    found = re.fullmatch(re.escape(NAMED) + r"(\d[\d.e+-]*)", name)
    if found:
        return float(found[1])
    try:
        method = Method.parse(name)
    except ValueError:  # a tuned row, or an ensemble
        return None
    if recipe is None or not all(entry.only_weighs for entry in method.entries):
        return None
    weighting = method.weighting(recipe)
    if weighting is None:
        return 0.0
    return power_of(weighting["scheme"]) if set(weighting) == {"scheme"} else None
