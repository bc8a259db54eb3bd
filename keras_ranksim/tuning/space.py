"""What is searched: the tunable settings of a method, the learning rate and the batch size."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.layers.ranksim import lambda_of
from keras_ranksim.tuning.runs import PERTURBATIONS, Method, Tunable, entries
from keras_ranksim.validation import bounds, one_of, positive

# Searched if `tune` is `None`, and declared first, so that the draws of a seed stay the same.
BY_DEFAULT = ("ranksim",)
OF_ANY_METHOD = ("learning_rate", "batch_size")
SMALLEST_BATCH = 8


def ranksim_space(
    hp,
    gamma: tuple[float, float] = (1e-4, 1.0),
    perturbation: tuple[float, float] = PERTURBATIONS,
    default: tuple[float, float] | None = None,
) -> dict[str, float]:
    """Declares RankSim's two numbers to KerasTuner, for your own `build(hp)`.

    Searched are the weight `gamma` and the perturbation, `gamma * lambda_`, both on log scales.
    At a fixed perturbation, gamma weighs the term exactly linearly; gamma and `lambda_` act
    together and are hard to search.

    Args:
        hp: The `keras_tuner.HyperParameters` that `build` receives.
        gamma: Smallest and largest weight. The weight has the unit of the regression loss: an
            error in the thousands needs thousands of times the gamma of an error near one.
        perturbation: Smallest and largest perturbation, which has no unit.
        default: Gamma and perturbation of the first trial; `None` for the middle of both ranges.

    Returns:
        `{"gamma": ..., "lambda_": ...}`, arguments of `RankSimRegularizer`.

    Example:

    >>> import keras, keras_tuner, keras_ranksim as kr
    >>> def build(hp):
    ...     inputs = keras.Input((8,))
    ...     embedding = keras.layers.Dense(16, activation="relu")(inputs)
    ...     embedding = kr.layers.RankSimRegularizer(**kr.tuning.ranksim_space(hp))(embedding)
    ...     model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    ...     model.compile("adam", loss="mae")
    ...     return model
    >>> hp = keras_tuner.HyperParameters()
    >>> build(hp).layers[2].lambda_
    10.0
    """
    ranges = {"gamma": gamma, "perturbation": perturbation}
    first = [_middle(checked_range(name, limits)) for name, limits in ranges.items()]
    first = first if default is None else default
    weight, size = (
        _number(hp, name, value, limits) for (name, limits), value in zip(ranges.items(), first)
    )
    return {"gamma": weight, "lambda_": float(f"{lambda_of(weight, perturbation=size):.12g}")}


def is_ranksim(names) -> bool:
    """True if hyperparameters of these names include both of `ranksim_space`."""
    return "gamma" in names and "perturbation" in names


def searchable() -> tuple[str, ...]:
    """What `tune` may name: settings of registered methods, learning rate and batch size."""
    of_methods = [entry.settings for entry in entries() if entry.tunable]
    return tuple(dict.fromkeys((*BY_DEFAULT, *OF_ANY_METHOD, *of_methods)))


def settings_to_tune(method: Method, tune) -> tuple[str, ...]:
    """The names in `tune`, checked against the method; RankSim alone if `tune` is `None`."""
    of_method = tunables(method)
    if tune is None:
        tune = [name for name in BY_DEFAULT if name in of_method]
    if isinstance(tune, str) or not isinstance(tune, Iterable):
        tune = (tune,)
    tune = tuple(dict.fromkeys(tune))
    for name in tune:
        one_of("tune", name, searchable())
        if name not in of_method and name not in OF_ANY_METHOD:
            raise ValueError(
                "`tune` must name settings that the method has. "
                f"Received: tune={name!r}, method='{method}'"
            )
    if not tune:
        raise ValueError(
            f"`tune` must name at least one of {', '.join(map(repr, searchable()))}; only methods "
            f"with RANKSIM have a default. Received: no name, method='{method}'"
        )
    return tune


def tunables(method: Method) -> dict[str, tuple[Tunable, ...]]:
    """What a search may vary in each of a method's settings."""
    found = {}
    for entry in method.entries:
        if entry.tunable:
            found[entry.settings] = (*found.get(entry.settings, ()), *entry.tunable)
    return found


def tuned_benchmark(
    hp, benchmark: Benchmark, method: Method, tune, ranges: Mapping | None = None
) -> Benchmark:
    """The benchmark with the settings in `hp`, which are declared to an empty `hp`.

    Args:
        hp: The `keras_tuner.HyperParameters`. Its defaults are the recipe's own settings.
        benchmark: The benchmark.
        method: The method.
        tune: What `settings_to_tune` returned.
        ranges: Smallest and largest value of some hyperparameters, by name.
    """
    recipe, batch_size, of_method = benchmark.recipe, benchmark.batch_size, tunables(method)
    for name in searchable():
        if name not in tune:
            continue
        if name == "learning_rate":
            limits = recipe.learning_rate / 10, recipe.learning_rate * 10
            rate = _number(hp, name, recipe.learning_rate, limits)
            recipe = dataclasses.replace(recipe, learning_rate=rate)
        elif name == "batch_size":
            smallest = min(SMALLEST_BATCH, batch_size)
            sizes = {max(int(batch_size * factor), smallest) for factor in (0.25, 0.5, 1, 2)}
            batch_size = hp.Choice(name, sorted(sizes), default=batch_size)
        else:
            given = recipe.of(name)
            settings = {**given}
            for tunable in of_method[name]:
                settings[tunable.name] = _chosen(hp, name, tunable, given, ranges or {})
                settings.pop(tunable.replaces, None)
            recipe = recipe.with_settings(name, settings)
    return benchmark.replace(recipe=recipe, batch_size=batch_size)


def checked_range(name: str, values) -> tuple[float, float]:
    """Returns `(smallest, largest)`, or raises if they are not positive and ascending."""
    low, high = bounds(name, values)
    positive(name, low, "the smallest value of a log scale")
    if low == high:
        raise ValueError(f"`{name}` must hold two different numbers. Received: {name}={values}")
    return low, high


def _chosen(hp, settings, tunable, given, ranges):
    """The value of a setting in `hp`, declared around its value in the recipe."""
    name = tunable.hyperparameter or f"{settings}_{tunable.name}"
    value = given.get(tunable.name)
    if value is None:
        value = tunable.default(given) if callable(tunable.default) else tunable.default
    if tunable.choices is not None:
        choices = list(tunable.choices)
        if isinstance(value, str) != isinstance(choices[0], str):
            raise ValueError(
                f"The recipe's `{tunable.name}` must be of the kind of the values to search, "
                f"{', '.join(map(str, choices))}. Received: {settings}={given}"
            )
        choices = choices if value in choices else sorted([*choices, value])
        return hp.Choice(name, choices, default=value)
    limits = ranges.get(name)
    if limits is None and tunable.limits is not None:
        size = value or tunable.limits[0]
        limits = min(tunable.limits[0], size), max(tunable.limits[1], size)
    if limits is None:
        if value <= 0:
            way_out = f", or give `{name}`, the smallest and the largest" if name in ranges else ""
            raise ValueError(
                f"The recipe's `{tunable.name}` must be above 0 to be searched on a log scale"
                f"{way_out}. Received: {settings}={given}"
            )
        limits = value / tunable.factor, value * tunable.factor
    return _number(hp, name, _within(value, limits), limits)


def _number(hp, name, value, limits):
    return hp.Float(name, *limits, sampling="log", default=value)


def _middle(limits):
    return float(f"{math.sqrt(limits[0] * limits[1]):.12g}")


def _within(value, limits):
    return value if limits[0] <= value <= limits[1] else _middle(limits)
