"""Private names of other libraries are in one file per library, and nowhere else."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import keras_ranksim as kr

ROOT = Path(kr.__file__).parent
# One file per library. TensorFlow and KerasTuner have none.
ALLOWED = {"keras_internals.py"}
# Underscored by convention, but documented as public.
PUBLIC = {"_asdict", "_exit", "_fields", "_make", "_replace"}


def is_private(name) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in {"_", *PUBLIC}


def defined_in(tree) -> set:
    """Private names that a module defines: functions, classes, variables, own attributes."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name)
    return set(filter(is_private, found))


def used_in(tree) -> set:
    """Private attributes that a module reads or passes to `getattr`, and private modules."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("getattr", "hasattr"):
            found |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
        elif isinstance(node, ast.ImportFrom) and not node.module.startswith("keras_ranksim"):
            found |= {*node.module.split("."), *(alias.name for alias in node.names)}
    return {name for name in found if isinstance(name, str) and is_private(name)}


def inner_modules(tree) -> set:
    """Imports from the insides of Keras and TensorFlow, which carry no underscore."""
    names = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    names |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    return {name for name in names if name.startswith(("keras.src", "tensorflow.python"))}


def foreign_names(trees: dict) -> dict:
    """Private names by place that no module of the package defines."""
    own = set().union(*map(defined_in, trees.values()))
    found = {place: used_in(tree) - own | inner_modules(tree) for place, tree in trees.items()}
    return {place: names for place, names in found.items() if names}


def package():
    paths = {path.relative_to(ROOT).as_posix(): path for path in ROOT.rglob("*.py")}
    return {place: ast.parse(path.read_text()) for place, path in paths.items()}


def test_private_names_of_other_libraries_are_in_one_file():
    outside = {k: names for k, names in foreign_names(package()).items() if k not in ALLOWED}
    assert outside == {}


def test_the_one_file_says_why_it_needs_each_name():
    for place in ALLOWED:
        tree = package()[place]
        source = (ROOT / place).read_text()
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                assert "Reason for `_" in ast.get_docstring(node), node.name
        assert foreign_names({place: tree}), f"{place} is not needed: {source[:80]}"


def overrides(cls) -> set:
    """Private methods of other libraries that a class of this package replaces."""
    bases = [base for base in cls.__mro__[1:] if not base.__module__.startswith("keras_ranksim")]
    own = {name for name, value in vars(cls).items() if is_private(name) and callable(value)}
    return {name for name in own if any(name in vars(base) for base in bases)}


def test_no_class_replaces_a_private_method_of_another_library():
    found = {}
    for module in pkgutil.walk_packages(kr.__path__, "keras_ranksim."):
        if module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        for name, cls in inspect.getmembers(loaded, inspect.isclass):
            if cls.__module__ == module.name and overrides(cls):
                found[f"{module.name}.{name}"] = overrides(cls)
    allowed = {f"keras_ranksim.{Path(place).stem}" for place in ALLOWED}
    assert {name for name in found if name.rpartition(".")[0] not in allowed} == set()


@pytest.mark.parametrize(
    "source",
    [
        "layer._flatten_layers()",
        "getattr(layer, '_inbound_nodes', None)",
        "self._trainer_state",
        "from tensorflow._api import x",
        "from keras.src import ops",
    ],
)
def test_a_private_name_is_found(source):
    assert foreign_names({"x.py": ast.parse(source)})


@pytest.mark.parametrize("source", ["self._own = 1; self._own", "def _own(): pass\n_own()"])
def test_a_name_of_our_own_is_none(source):
    assert not foreign_names({"x.py": ast.parse(source)})


def test_a_replaced_private_method_is_found():
    import keras

    class Mine(keras.callbacks.BackupAndRestore):
        def _save_model(self):
            pass

    assert overrides(Mine) == {"_save_model"}
