"""The examples of `docs/any_model.md` run on their backend; those without one run on each."""

import re
from pathlib import Path

import keras
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "any_model.md"
LINKED = set(re.findall(r"\.\./examples/(\w+)\.py", PAGE.read_text()))
EXAMPLES = sorted(LINKED - {"portraits"})  # tests/test_examples.py runs that one


def source_of(name):
    return (ROOT / "examples" / f"{name}.py").read_text()


def backend_of(name):
    """The backend that an example sets, `None` if it runs on any."""
    found = re.search(r'KERAS_BACKEND"\] = "(\w+)"', source_of(name))
    return found and found[1]


def test_the_page_has_an_example_for_every_kind_of_model_and_loop():
    assert len(EXAMPLES) == 7
    assert {backend_of(name) for name in EXAMPLES} == {None, "tensorflow", "jax", "torch"}


@pytest.mark.parametrize(
    "name", [name for name in EXAMPLES if backend_of(name) in (None, keras.config.backend())]
)
def test_an_example_trains_and_reports(name, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_BACKEND", keras.config.backend())
    source = source_of(name)
    assert "(4000, 12)" in source
    source = source.replace("4000", "500").replace("epochs=10", "epochs=2").replace("(10)", "(2)")
    exec(compile(source, name, "exec"), {"__name__": "__main__"})
    report = capsys.readouterr().out
    assert re.search(r"few +\d+ +\d+\.\d+ ", report)


def test_the_code_of_the_page_is_that_of_the_examples():
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    code = "\n".join(map(source_of, EXAMPLES))
    assert len(blocks) >= 6
    for block in blocks:
        for part in re.split(r"^# \.\.\.\n", block, flags=re.MULTILINE):
            assert part.strip("\n") in code, f"no example has: {part}"
