"""The settings of a run as JSON, and the check that a folder holds the same run."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import shlex
import sys
import types
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.experiments.files import read_json
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.methods.library import is_own
from keras_ranksim.methods.method import Method

NOT_COMPARED = ("versions", "command")
INPUTS = "inputs"
# Folders of earlier versions do not hold these.
ADDED_LATER = (INPUTS, "space", "measure")
# Written only where they differ from the default.
UNUSUAL = ("head", "dtype_policy", "own_methods")
FEW = 100


def settings_of(benchmark: Benchmark, method: Method, seed: int) -> dict:
    """What determines the result of a run, as JSON values.

    Of networks and other functions that is their name, of the methods that a user registered
    their code, and of files on disk their names and sizes.

    Args:
        benchmark: The benchmark with its recipe.
        method: The method.
        seed: The seed.
    """
    policy = keras.config.dtype_policy().name
    own_methods = {entry.name: code_of(entry) for entry in method.entries if is_own(entry)}
    unusual = {
        "head": plain(benchmark.make_head),
        "dtype_policy": None if policy == "float32" else policy,
        "own_methods": own_methods or None,
    }
    return {
        "benchmark": benchmark.name,
        "method": str(method),
        "seed": seed,
        "batch_size": benchmark.batch_size,
        "views": benchmark.views,
        INPUTS: getattr(benchmark.make_pipeline, "fingerprint", None),
        "samples": {split: len(benchmark.labels[split]) for split in SPLITS},
        "recipe": plain(dataclasses.asdict(benchmark.recipe)),
        "facts": plain(benchmark.facts),
        "labels": {split: plain(benchmark.labels[split]) for split in SPLITS},
        "weights": plain(benchmark.weights),
        "bins": plain(benchmark.bins.edges),
        "pixel_counts": plain(benchmark.pixel_counts),
        "shot_limits": plain(benchmark.shot_limits),
        "label_scale": [benchmark.label_scale, benchmark.label_offset],
        "network": plain(benchmark.make_network),
        "command": command_of_process(),
        "versions": {"keras": keras.__version__, "tensorflow": tf.__version__},
        **{name: value for name, value in unusual.items() if value is not None},
    }


class OtherSettings(ValueError):
    """A folder holds a run with other settings."""


def check_same_settings(path: Path, settings: dict) -> None:
    """Raises `OtherSettings` when the folder of `path` holds a run with other settings."""
    if not path.exists():
        return
    found, wanted = read_json(path), json.loads(json.dumps(settings))
    left_out = {*NOT_COMPARED, *(name for name in ADDED_LATER if name not in found)}
    wanted = {**{name: None for name in UNUSUAL if name in found}, **wanted}
    compared = {name: wanted[name] for name in wanted if name not in left_out}
    different = _first_difference(found, compared)
    if different is not None:
        name, there, here = different
        raise OtherSettings(
            f"`output_dir` must be empty or hold the same run, to resume it. Received: "
            f"output_dir={str(path.parent)!r}, which holds a run that differs in {name}: "
            f"{there} there, {here} here. Take another folder, or delete that one"
        )


def _first_difference(found: dict, wanted: dict):
    """The dotted name of the first setting that differs, with both values, or `None`."""
    for name, here in wanted.items():
        there = found.get(name)
        if isinstance(there, dict) and isinstance(here, dict):
            inner = _first_difference(there, {**dict.fromkeys(there), **here})
            if inner is not None:
                return f"{name}.{inner[0]}", *inner[1:]
        elif there != here and not _both_nan(there, here):
            return name, there, here
    return None


def _both_nan(there, here):
    return there != there and here != here


def code_of(value, seen=frozenset()):
    """What the functions in a value do, as JSON values: for those of a user, who may edit them.

    A function is its code, its defaults, what it closes over, and the globals that it names:
    plain values, and functions of the same module by their code.

    Args:
        value: Any object.
        seen: Functions that are being looked at, which may call each other.
    """
    if dataclasses.is_dataclass(value):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {name: code_of(entry, seen) for name, entry in fields.items() if entry}
    if isinstance(value, (list, tuple)):
        return [code_of(entry, seen) for entry in value]
    if isinstance(value, functools.partial):
        return [code_of(value.func, seen), plain(value.args), plain(value.keywords)]
    code = getattr(value, "__code__", None)
    if code is None or value in seen:
        return plain(value)
    used = [cell.cell_contents for cell in value.__closure__ or ()]
    used += [value.__globals__.get(name) for name in _names(code)]
    used = [
        code_of(entry, seen | {value})
        if getattr(entry, "__module__", None) == value.__module__
        else plain(entry)
        for entry in used
    ]
    text = repr((_instructions(code), used, plain(value.__defaults__), plain(value.__kwdefaults__)))
    return f"{value.__qualname__}, sha256 {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _names(code):
    """The names that a function uses, those of the functions inside it too, in a fixed order."""
    inner = [value for value in code.co_consts if isinstance(value, types.CodeType)]
    return sorted({*code.co_names}.union(*map(_names, inner)))


def _instructions(code):
    """A function's code without its place in a file, that of the functions inside it too."""
    inner = [
        _instructions(value)
        if isinstance(value, types.CodeType)
        else repr(sorted(map(repr, value)) if isinstance(value, frozenset) else value)
        for value in code.co_consts
    ]
    return code.co_code, code.co_names, inner


def plain(value):
    """The value as JSON values; other objects become the name of their type."""
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, tf.data.Dataset):
        return f"dataset of {value.element_spec}, {int(value.cardinality())} batches"
    if not isinstance(value, np.generic) and hasattr(value, "__array__"):
        value = np.asarray(value)  # of pandas or a tensor, too
        if value.size <= FEW:
            return plain(value.tolist())
        texts = value.dtype == object
        content = repr(value.tolist()).encode() if texts else np.ascontiguousarray(value).tobytes()
        digest = hashlib.sha256(content).hexdigest()[:16]
        return f"array of shape {value.shape}, sha256 {digest}"
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, functools.partial):
        return [plain(value.func), plain(value.args), plain(value.keywords)]
    if callable(value) and hasattr(value, "__qualname__"):
        return value.__qualname__
    return repr(value) if isinstance(value, LabelBins) else type(value).__name__


def command_of_process() -> str | None:
    """The command line of this process; `None` in a notebook or a console."""
    arguments = list(sys.orig_argv)
    if len(arguments) < 2 or "ipykernel" in " ".join(arguments) or arguments[1] in ("-c", "-i"):
        return None
    return shlex.join([Path(arguments[0]).name, *arguments[1:]])
