"""A benchmark without its data, as JSON values."""

from __future__ import annotations

import dataclasses
import functools

import keras

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.networks.depth import depth_head, depth_network
from keras_ranksim.networks.keras_application import keras_application
from keras_ranksim.networks.mlp import mlp
from keras_ranksim.networks.resnet import resnet50
from keras_ranksim.networks.sentence_pair import bilstm_pair
from keras_ranksim.networks.small_cnn import small_cnn
from keras_ranksim.networks.small_resnet import small_resnet
from keras_ranksim.networks.vector_pair import vector_pair

FIELDS = (
    "name",
    "bins",
    "batch_size",
    "label_name",
    "label_unit",
    "label_scale",
    "label_offset",
    "shot_limits",
)
NETWORKS = {
    function.__name__: function
    for function in (
        bilstm_pair,
        depth_head,
        depth_network,
        keras_application,
        mlp,
        resnet50,
        small_cnn,
        small_resnet,
        vector_pair,
    )
}
FACTS = (str, int, float, bool, tuple, list, type(None))


def benchmark_config(benchmark: Benchmark) -> dict:
    """JSON values from which `benchmark_fields` restores the fields of a benchmark."""
    recipe = benchmark.recipe
    return keras.saving.serialize_keras_object(
        {
            **{field: getattr(benchmark, field) for field in FIELDS},
            "recipe": {f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe)},
            "make_network": _function_config(benchmark.make_network),
            "make_head": _function_config(benchmark.make_head),
            "facts": {k: fact for k, fact in benchmark.facts.items() if isinstance(fact, FACTS)},
        }
    )


def benchmark_fields(config: dict) -> dict:
    """Arguments of `Benchmark`, all but those that hold data."""
    fields = _tuples(keras.saving.deserialize_keras_object(config))
    return {
        **fields,
        "recipe": Recipe(**fields["recipe"]),
        "make_network": _function(fields["make_network"]) or _unknown_network,
        "make_head": _function(fields["make_head"]),
    }


def _function_config(function):
    """Name and arguments of a function of `NETWORKS`, `None` for any other."""
    if function is None:
        return None
    bound = function if isinstance(function, functools.partial) else functools.partial(function)
    name = getattr(bound.func, "__name__", "")
    known = NETWORKS.get(name) is bound.func
    plain = all(isinstance(value, FACTS) for value in (*bound.args, *bound.keywords.values()))
    if not known or not plain:
        return None
    return {"name": name, "args": bound.args, "kwargs": bound.keywords}


def _function(config):
    if config is None or config["name"] not in NETWORKS:
        return None
    return functools.partial(NETWORKS[config["name"]], *config["args"], **config["kwargs"])


def _tuples(value):
    """The value with the lists from JSON turned back into tuples."""
    if isinstance(value, dict):
        return {name: _tuples(entry) for name, entry in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _unknown_network():
    raise ValueError(
        "`make_network` must be set again, since records cannot hold a network from outside "
        "keras_ranksim.networks: read_records(folder).replace(make_network=...)"
    )
