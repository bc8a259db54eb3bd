"""What of a benchmark goes into the manifest of its records, and comes back out of it."""

from __future__ import annotations

import dataclasses
import functools
import json

from keras_ranksim import networks
from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.labels.bins import LabelBins

PLAIN_FIELDS = ("name", "batch_size", "label_name", "label_unit", "label_scale", "label_offset")


def benchmark_settings(benchmark: Benchmark) -> dict:
    """JSON values from which `restored_settings` makes the arguments of an equal benchmark."""
    return {
        **{field: getattr(benchmark, field) for field in PLAIN_FIELDS},
        "shot_limits": list(benchmark.shot_limits),
        "bins": benchmark.bins.get_config(),
        "recipe": recipe_config(benchmark.recipe),
        "network": function_config(benchmark.make_network),
        "head": function_config(benchmark.make_head),
        "facts": {name: fact for name, fact in benchmark.facts.items() if _is_json(fact)},
    }


def restored_settings(settings: dict) -> dict:
    """Arguments of `Benchmark`, `make_network` and `make_head` being `None` where not known."""
    return {
        **{field: settings[field] for field in PLAIN_FIELDS if field in settings},
        "shot_limits": tuple(settings["shot_limits"]),
        "bins": LabelBins.from_config(settings["bins"]),
        "recipe": recipe_from_config(settings["recipe"]),
        "make_network": function_from_config(settings["network"]),
        "make_head": function_from_config(settings["head"]),
        "facts": settings["facts"],
    }


def recipe_config(recipe: Recipe) -> dict:
    """A recipe as JSON values."""
    config = {field.name: getattr(recipe, field.name) for field in dataclasses.fields(recipe)}
    if config["fds_bins"] is not None:
        config["fds_bins"] = config["fds_bins"].get_config()
    return config


def recipe_from_config(config: dict) -> Recipe:
    """The recipe that `recipe_config` described."""
    config = {name: tuples(value) for name, value in config.items()}
    if config["fds_bins"] is not None:
        config["fds_bins"] = LabelBins.from_config(config["fds_bins"])
    return Recipe(**config)


def function_config(function) -> dict | None:
    """Name and arguments of a backbone of this package, or `None` for any other function."""
    if function is None:
        return None
    bound = function if isinstance(function, functools.partial) else functools.partial(function)
    name = getattr(bound.func, "__name__", None)
    config = {"name": name, "args": list(bound.args), "kwargs": bound.keywords}
    return (
        config if getattr(networks, name or "", None) is bound.func and _is_json(config) else None
    )


def function_from_config(config: dict | None):
    """The function that `function_config` described: one of `keras_ranksim.networks`."""
    if config is None or config["name"] not in networks.__all__:
        return None
    arguments = tuples(config["args"])
    return functools.partial(getattr(networks, config["name"]), *arguments, **config["kwargs"])


def tuples(value):
    """JSON values with tuples, as arguments are given, for their lists."""
    if isinstance(value, dict):
        return {name: tuples(entry) for name, entry in value.items()}
    return tuple(map(tuples, value)) if isinstance(value, list) else value


def _is_json(value):
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True
