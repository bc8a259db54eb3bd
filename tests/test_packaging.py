"""The wheel holds all of the package, and the pinned requirements fit the declared ranges."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import keras_ranksim as kr

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    source, dist = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "keras_ranksim", source / "keras_ranksim")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet"]
    built = subprocess.run(
        [*command, "--wheel-dir", dist, source], capture_output=True, text=True, timeout=300
    )
    assert built.returncode == 0, built.stderr
    return zipfile.ZipFile(next(dist.glob("*.whl")))


def test_the_wheel_holds_every_module_and_the_published_tables(wheel):
    inside = set(wheel.namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for pattern in ("*.py", "*.csv", "py.typed")
        for path in (ROOT / "keras_ranksim").rglob(pattern)
    }
    assert wanted <= inside
    assert not [name for name in inside if name.startswith("tests/")]


def requirements(wheel):
    name = next(name for name in wheel.namelist() if name.endswith("METADATA"))
    metadata = wheel.read(name).decode()
    assert f"\nVersion: {kr.__version__}\n" in metadata
    return [Requirement(line) for line in re.findall(r"^Requires-Dist: (.+)$", metadata, re.M)]


def test_the_pinned_requirements_fit_the_ranges_of_the_package(wheel):
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "requirements.txt").read_text(), re.M))
    pins = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    for requirement in requirements(wheel):
        assert pins[requirement.name] in requirement.specifier
    assert {"tensorboard", "scipy", "keras-tuner"} <= set(pins)
