"""What is searched: RankSim's weight and perturbation and, on request, other settings."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.ops.kernels import KERNELS
from keras_ranksim.tuning.runs import Method
from keras_ranksim.validation import bounds, one_of, positive

SETTINGS = ("ranksim", "learning_rate", "batch_size", "lds", "fds", "conr")
OF_ANY_METHOD = ("learning_rate", "batch_size")
# Below this range hardly a rank changes; above it every similarity is pushed to one end.
PERTURBATIONS = (0.001, 10.0)
KERNEL_SIZES = (3, 5, 9, 15)
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
    weights = checked_range("gamma", gamma)
    perturbations = checked_range("perturbation", perturbation)
    first = (_middle(weights), _middle(perturbations)) if default is None else default
    chosen = hp.Float("gamma", *weights, sampling="log", default=first[0])
    size = hp.Float("perturbation", *perturbations, sampling="log", default=first[1])
    # At gamma 0, the baseline, lambda acts on nothing but must still be a valid number.
    return {"gamma": chosen, "lambda_": float(f"{size / (chosen or first[0]):.12g}")}


def is_ranksim(names) -> bool:
    """True if hyperparameters of these names include both of `ranksim_space`."""
    return "gamma" in names and "perturbation" in names


def settings_to_tune(method: Method, tune) -> tuple[str, ...]:
    """The names in `tune`, checked against the method; RankSim alone if `tune` is `None`."""
    parts = str(method).lower().split(" + ")
    if tune is None:
        tune = [name for name in ("ranksim",) if name in parts]
    if isinstance(tune, str) or not isinstance(tune, Iterable):
        tune = (tune,)
    tune = tuple(dict.fromkeys(tune))
    for name in tune:
        one_of("tune", name, SETTINGS)
        if name not in parts and name not in OF_ANY_METHOD:
            raise ValueError(
                "`tune` must name settings that the method has. "
                f"Received: tune={name!r}, method='{method}'"
            )
    if not tune:
        raise ValueError(
            f"`tune` must name at least one of {', '.join(map(repr, SETTINGS))}; only methods "
            f"with RANKSIM have a default. Received: no name, method='{method}'"
        )
    return tune


def tuned_benchmark(hp, benchmark: Benchmark, tune, gamma=None, perturbation=None) -> Benchmark:
    """The benchmark with the settings in `hp`, which are declared to an empty `hp`.

    Args:
        hp: The `keras_tuner.HyperParameters`. Its defaults are the recipe's own settings.
        benchmark: The benchmark.
        tune: What `settings_to_tune` returned.
        gamma, perturbation: Ranges or `None`, as in `RankSimHyperModel`.
    """
    recipe, changes = benchmark.recipe, {}
    batch_size = benchmark.batch_size
    if "ranksim" in tune:
        changes["ranksim"] = _ranksim(hp, recipe.ranksim, gamma, perturbation)
    if "learning_rate" in tune:
        changes["learning_rate"] = _around(hp, "learning_rate", recipe.learning_rate, 10)
    if "batch_size" in tune:
        smallest = min(SMALLEST_BATCH, batch_size)
        sizes = {max(int(batch_size * factor), smallest) for factor in (0.25, 0.5, 1, 2)}
        batch_size = hp.Choice("batch_size", sorted(sizes), default=batch_size)
    for name in ("lds", "fds"):
        if name in tune:
            given = getattr(recipe, name)
            changes[name] = {**given, **_kernel(hp, name, given)}
    if "conr" in tune:
        changes["conr"] = {
            **recipe.conr,
            "beta": _around(hp, "conr_beta", recipe.conr.get("beta", 4.0), 10),
            "window": _around(hp, "conr_window", recipe.conr.get("window", 1.0), 4),
        }
    return benchmark.replace(recipe=dataclasses.replace(recipe, **changes), batch_size=batch_size)


def checked_range(name: str, values) -> tuple[float, float]:
    """Returns `(smallest, largest)`, or raises if they are not positive and ascending."""
    low, high = bounds(name, values)
    positive(name, low, "the smallest value of a log scale")
    if low == high:
        raise ValueError(f"`{name}` must hold two different numbers. Received: {name}={values}")
    return low, high


def _ranksim(hp, given, weights, perturbations):
    gamma = given.get("gamma", 0.01)
    perturbation = given.get("perturbation")
    if perturbation is None:
        perturbation = gamma * (given.get("lambda_") or 100.0)
    if gamma == 0 and weights is None:
        raise ValueError(
            "`gamma` must be given, the smallest and the largest weight, if the recipe's is 0. "
            f"Received: gamma=None, with a recipe of ranksim={given}"
        )
    weights = weights or (gamma / 100, gamma * 100)
    if perturbations is None:
        size = perturbation or PERTURBATIONS[0]
        perturbations = (min(PERTURBATIONS[0], size), max(PERTURBATIONS[1], size))
    first = (_within(gamma, weights), _within(perturbation, perturbations))
    others = {name: value for name, value in given.items() if name != "perturbation"}
    return {**others, **ranksim_space(hp, weights, perturbations, default=first)}


def _kernel(hp, name, given):
    size = given.get("kernel_size", 5)
    kernel = given.get("kernel", "gaussian")
    return {
        "kernel": hp.Choice(f"{name}_kernel", list(KERNELS), default=kernel),
        "kernel_size": hp.Choice(
            f"{name}_kernel_size", sorted({*KERNEL_SIZES, size}), default=size
        ),
        "sigma": _around(hp, f"{name}_sigma", given.get("sigma", 2.0), 4),
    }


def _around(hp, name, value, factor):
    return hp.Float(name, value / factor, value * factor, sampling="log", default=value)


def _middle(limits):
    return float(f"{math.sqrt(limits[0] * limits[1]):.12g}")


def _within(value, limits):
    return value if limits[0] <= value <= limits[1] else _middle(limits)
