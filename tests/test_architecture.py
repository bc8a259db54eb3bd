"""The order of the rooms: every module imports from its own floor or from below."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "keras_ranksim"
# From the ground up; rooms of one floor do not import each other.
FLOORS = (
    ("ops",),
    ("labels",),
    ("scope", "distribute"),
    ("losses", "metrics", "layers"),
    ("models",),
    ("networks",),
    ("data",),
    ("methods",),
    ("experiments",),
    ("tuning",),
)
FLOOR = {room: number for number, floor in enumerate(FLOORS) for room in floor}
# Imported by everybody, import none of the rooms.
HELPERS = {path.stem for path in ROOT.glob("*.py")} - {"__init__", "__main__"}
LAZY = {"distribute"}  # needs TensorFlow: imported from every floor, but only where it is used
PLOTS_MAY_IMPORT = {"labels"}
# Runs know no pages: of `experiments` only these import its reports.
READ_REPORTS = {"experiments/__init__.py", "experiments/command_line.py"}


def imports_of(source: str):
    """Pairs of an imported name below the package, as parts, and whether it may stay unimported.

    That is so inside a function, and below an `if` such as the one that asks for the backend.
    """

    def visit(node, lazy):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "keras_ranksim":
                    yield alias.name.split(".")[1:], lazy
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            parts = (node.module or "").split(".")
            if parts == ["keras_ranksim"]:
                for alias in node.names:
                    yield [alias.name], lazy
            elif parts[0] == "keras_ranksim":
                yield parts[1:], lazy
        lazy = lazy or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.If))
        for child in ast.iter_child_nodes(node):
            yield from visit(child, lazy)

    yield from visit(ast.parse(source), False)


def violations(place: str, source: str) -> list[str]:
    """What a module at a place such as `"ops/ranksim.py"` imports against the order."""
    room, found = place.split("/")[0], []
    for parts, lazy in imports_of(source):
        target = parts[0] if parts else None
        wrong = None
        if target in HELPERS or target == room:
            if parts[:2] == ["experiments", "report"] and not place.startswith(
                ("experiments/report/", *READ_REPORTS)
            ):
                wrong = "imports pages into runs"
        elif place.endswith(".py") and "/" not in place:
            wrong = f"is a helper and imports {target}"
        elif room == "plots":
            wrong = None if target in PLOTS_MAY_IMPORT else f"imports {target}"
        elif target == "plots":
            wrong = None if FLOOR[room] >= FLOOR["experiments"] else "imports plots"
        elif target in LAZY:
            wrong = None if lazy else f"imports {target} outside a function"
        elif target not in FLOOR or FLOOR[target] >= FLOOR[room]:
            wrong = f"imports {target or 'the package itself'}"
        if wrong:
            found.append(f"{place} {wrong}")
    return found


def test_nothing_imports_upward():
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        if place not in ("__init__.py", "__main__.py"):
            found += violations(place, path.read_text(encoding="utf-8"))
    assert found == []


def test_every_room_has_its_floor():
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert rooms - {"plots"} <= set(FLOOR)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("ops/x.py", "from keras_ranksim.layers import RankSimRegularizer"),
        ("ops/x.py", "import keras_ranksim.labels.bins"),
        ("labels/x.py", "from keras_ranksim import data"),
        ("layers/x.py", "from keras_ranksim.losses import FocalR"),
        ("layers/x.py", "from keras_ranksim.distribute import replicas"),
        ("data/x.py", "def f():\n    from keras_ranksim.experiments import run"),
        ("data/x.py", "from keras_ranksim.plots.style import png"),
        ("plots/x.py", "from keras_ranksim.ops import rank"),
        ("plots/report/x.py", "from keras_ranksim.data.benchmark import Benchmark"),
        ("experiments/run.py", "from keras_ranksim.experiments.report import write_report"),
        ("experiments/x.py", "import keras_ranksim"),
        ("validation.py", "from keras_ranksim.labels.bins import LabelBins"),
    ],
)
def test_an_import_against_the_order_is_found(place, line):
    assert len(violations(place, line)) == 1


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("layers/x.py", "from keras_ranksim.ops import rank"),
        ("layers/x.py", "def f():\n    from keras_ranksim.distribute import replicas"),
        ("plots/x.py", "from keras_ranksim.labels.bins import LabelBins"),
        ("plots/x.py", "from keras_ranksim.validation import numbers"),
        ("experiments/report/x.py", "from keras_ranksim.experiments.report.page import section"),
        ("tuning/x.py", "from keras_ranksim.plots import tuning_plane"),
    ],
)
def test_an_import_in_order_is_none(place, line):
    assert violations(place, line) == []
