"""What is searched: RankSim's weight and perturbation and, on request, other settings."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.layers.automatic import AUTO
from keras_ranksim.layers.ranksim import DEFAULT_GAMMA, DEFAULT_LAMBDA
from keras_ranksim.methods.method import Method
from keras_ranksim.ops.kernels import KERNELS
from keras_ranksim.validation import bounds, one_of, positive

DECADES = 2.0
# Below, hardly a rank changes; above, every similarity is pushed to one end.
DELTAS = (0.001, 10.0)
SETTINGS = ("ranksim", "learning_rate", "batch_size", "lds", "fds", "conr")
KERNEL_SIZES = (3, 5, 9, 15)
SMALLEST_BATCH = 8


def ranksim_space(
    hp,
    gamma: tuple[float, float] = (1e-4, 1.0),
    delta: tuple[float, float] = DELTAS,
    default: tuple[float, float] | None = None,
) -> dict[str, float]:
    """Declares RankSim's two numbers to KerasTuner, for a `build(hp)` of your own.

    Searched are the weight `gamma` and the perturbation `delta = gamma * lambda_`, both on log
    scales. Where delta is kept, gamma weighs the term exactly linearly; gamma and `lambda_`
    themselves act together and are hard to search.

    Args:
        hp: The `keras_tuner.HyperParameters` that `build` is given.
        gamma: Smallest and largest weight. The weight has the unit of the regression loss: for
            an error of thousands take thousands of times what suits an error of ones.
        delta: Smallest and largest perturbation, which has no unit.
        default: Gamma and delta that are tried first; `None` for the middle of both ranges.

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
    low = _range("gamma", gamma, "the weight of the regulariser")
    high = _range("delta", delta, "gamma * lambda_, the size of the perturbation")
    middle = (_middle(low), _middle(high)) if default is None else default
    weight = hp.Float("gamma", *low, sampling="log", default=middle[0])
    perturbation = hp.Float("delta", *high, sampling="log", default=middle[1])
    return pair(weight, perturbation, middle[0])


def is_ranksim(names) -> bool:
    """Whether settings of these names are RankSim's, and not others that are called gamma too."""
    return "gamma" in names and "delta" in names


def pair(gamma: float, delta: float, gamma_if_zero: float) -> dict[str, float]:
    """Gamma and lambda of a weight and a perturbation; at gamma 0 lambda acts on nothing."""
    return {"gamma": gamma, "lambda_": float(f"{delta / (gamma or gamma_if_zero):.12g}")}


@dataclasses.dataclass(frozen=True)
class Space:
    """The settings of a benchmark that a search varies, around those of its recipe.

    Args:
        tune: Names out of `SETTINGS`.
        gamma: Smallest and largest weight; `None` for two decades to both sides of the
            recipe's, whose unit is that of the benchmark's loss.
        delta: Smallest and largest perturbation; `None` for 0.001 to 10 and the recipe's.
    """

    tune: tuple[str, ...]
    gamma: tuple[float, float] | None = None
    delta: tuple[float, float] | None = None

    @classmethod
    def of(cls, method: Method, tune, gamma=None, delta=None) -> Space:
        """The space for a method: RankSim alone where `tune` is `None`."""
        tune = (("ranksim",) if "RANKSIM" in method else ()) if tune is None else tune
        if not isinstance(tune, Iterable):
            raise ValueError(
                f"`tune` must be one or several of {', '.join(map(repr, SETTINGS))}. "
                f"Received: tune={tune!r}"
            )
        tune = (tune,) if isinstance(tune, str) else tuple(dict.fromkeys(tune))
        for name in tune:
            one_of("tune", name, SETTINGS)
            if name in ("ranksim", "lds", "fds", "conr") and name.upper() not in method:
                raise ValueError(
                    f"`tune` must name settings that the method has. Received: tune={name!r}, "
                    f"method='{method}', which has no {name.upper()}"
                )
        if not tune:
            raise ValueError(
                f"`tune` must name at least one of {', '.join(map(repr, SETTINGS))}, 'ranksim' for "
                f"a method with RANKSIM alone. Received: no name, with method='{method}'"
            )
        if "ranksim" not in tune and (gamma, delta) != (None, None):
            raise ValueError(
                "`gamma` and `delta` must be left out where RankSim is not tuned. "
                f"Received: gamma={gamma}, delta={delta}, tune={tune}"
            )
        return cls(
            tune,
            None if gamma is None else _range("gamma", gamma, "the weight of the regulariser"),
            None if delta is None else _range("delta", delta, "gamma * lambda_"),
        )

    def choose(self, hp, recipe: Recipe, batch_size: int) -> dict[str, Any]:
        """Declares the settings to KerasTuner, or reads them where `hp` holds values."""
        chosen = {}
        if "ranksim" in self.tune:
            chosen["ranksim"] = self._ranksim(hp, recipe)
        if "learning_rate" in self.tune:
            chosen["learning_rate"] = _around(hp, "learning_rate", recipe.learning_rate, 10)
        if "batch_size" in self.tune:
            sizes = {
                max(int(batch_size * factor), min(SMALLEST_BATCH, batch_size))
                for factor in (0.25, 0.5, 1, 2)
            }
            chosen["batch_size"] = hp.Choice("batch_size", sorted(sizes), default=batch_size)
        for name in ("lds", "fds"):
            if name in self.tune:
                chosen[name] = _kernel(hp, name, getattr(recipe, name))
        if "conr" in self.tune:
            chosen["conr"] = {
                "beta": _around(hp, "conr_beta", recipe.conr.get("beta", 4.0), 10),
                "window": _around(hp, "conr_window", recipe.conr.get("window", 1.0), 4),
            }
        return chosen

    def _ranksim(self, hp, recipe):
        gamma, delta = _given(recipe)
        if gamma == AUTO and self.gamma is None:
            raise ValueError(
                "`gamma` must be given, the smallest and the largest weight, where the recipe's is "
                "measured; or leave 'ranksim' out of `tune`. Received: gamma=None, with a recipe "
                f"of ranksim={recipe.ranksim}"
            )
        if gamma == 0 and self.gamma is None:
            raise ValueError(
                "`gamma` must be given, the smallest and the largest weight, where the recipe's is "
                "0, around which there are no decades. Received: gamma=None, with a recipe of "
                f"ranksim={recipe.ranksim}"
            )
        factor = 10**DECADES
        weights = self.gamma or (gamma / factor, gamma * factor)
        deltas = self.delta or _widened(DELTAS, delta)
        middle = (_within(gamma, weights), _within(delta, deltas))
        return ranksim_space(hp, weights, deltas, default=middle)


def with_settings(benchmark: Benchmark, chosen: dict[str, Any]) -> Benchmark:
    """The benchmark with the settings that `Space.choose` gave in its recipe."""
    recipe, changes = benchmark.recipe, dict(chosen)
    batch_size = changes.pop("batch_size", benchmark.batch_size)
    for name in ("ranksim", "lds", "fds", "conr"):
        if name in changes:
            changes[name] = {**getattr(recipe, name), **changes[name]}
    if "ranksim" in changes:
        changes["ranksim"].pop("perturbation", None)
    return benchmark.replace(recipe=dataclasses.replace(recipe, **changes), batch_size=batch_size)


def _kernel(hp, name, recipe):
    size = recipe.get("kernel_size", 5)
    return {
        "kernel": hp.Choice(
            f"{name}_kernel", list(KERNELS), default=recipe.get("kernel", "gaussian")
        ),
        "kernel_size": hp.Choice(
            f"{name}_kernel_size", sorted({*KERNEL_SIZES, size}), default=size
        ),
        "sigma": _around(hp, f"{name}_sigma", recipe.get("sigma", 2.0), 4),
    }


def _around(hp, name, value, factor):
    return hp.Float(name, value / factor, value * factor, sampling="log", default=value)


def _range(name, values, meaning):
    low, high = bounds(name, values)
    positive(name, low, meaning)
    if low == high:
        raise ValueError(
            f"`{name}` must be a smallest and a larger largest value ({meaning}). "
            f"Received: {name}={values}"
        )
    return low, high


def _middle(limits):
    return float(f"{math.sqrt(limits[0] * limits[1]):.12g}")


def _given(recipe):
    """Gamma and delta of a recipe, `"auto"` for one that is measured."""
    settings = recipe.ranksim
    gamma = settings.get("gamma", DEFAULT_GAMMA)
    delta = settings.get("perturbation")
    if delta is None:
        delta = AUTO if gamma == AUTO else gamma * settings.get("lambda_", DEFAULT_LAMBDA)
    return gamma, delta


def _widened(limits, value):
    """The limits, and the recipe's own value where it lies outside, such as 200 for ages."""
    low, high = limits
    return limits if value in (AUTO, 0) else (min(low, value), max(high, value))


def _within(value, limits):
    inside = value != AUTO and limits[0] <= value <= limits[1]
    return value if inside else _middle(limits)
