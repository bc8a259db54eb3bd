"""The commands that made the committed results still work, and the results still agree."""

import re
import runpy
import shutil
import sys
from pathlib import Path

import pandas
import pytest

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = ROOT / "benchmarks"
README = (BENCHMARKS / "README.md").read_text()
sys.path.append(str(BENCHMARKS))
SHARED = {"kept_cells", "measure", "torch_versions", "two_workers"}
SCRIPTS = sorted({path.stem for path in BENCHMARKS.glob("*.py")} - SHARED)


@pytest.fixture
def call(monkeypatch):
    """Calls a script as the command line does, by name and arguments."""

    def script(name, *arguments):
        path = BENCHMARKS / f"{name}.py"
        monkeypatch.setattr(sys, "argv", [f"benchmarks/{name}.py", *map(str, arguments)])
        runpy.run_path(str(path), run_name="__main__")

    return script


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_has_its_question_in_the_readme_and_explains_itself(call, name, capsys):
    assert f"python benchmarks/{name}.py" in README
    with pytest.raises(SystemExit, match="^0$"):
        call(name, "--help")
    assert f"benchmarks/{name}.py" in capsys.readouterr().out


def test_every_page_of_results_names_the_command_that_writes_it():
    for page in sorted((BENCHMARKS / "results").glob("*.md")):
        named = re.findall(r"`(?:KERAS_BACKEND=\w+ )?python benchmarks/(\w+)\.py", page.read_text())
        assert named, page.name
        assert set(named) <= set(SCRIPTS), page.name


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A copy of the committed results, which scripts write to instead."""
    import measure

    copied = tmp_path / "results"
    shutil.copytree(BENCHMARKS / "results", copied)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(measure, "RESULTS", copied)
    return copied


def test_the_summary_is_that_of_the_committed_tables(call, results):
    committed = (results / "summary.md").read_text()
    call("summary")
    assert (results / "summary.md").read_text() == committed


@pytest.fixture
def houses(call, random, tmp_path):
    """Calls `tables.py` for an epoch on a small table."""
    frame = pandas.DataFrame(random.normal(size=(300, 2)), columns=["rooms", "age"])
    frame["price"] = random.exponential(20, 300).round()
    path = tmp_path / "houses.csv"
    frame.to_csv(path, index=False)
    flags = ("houses", "--csv", path, "--label", "price", "--epochs", 1)
    return lambda *more: call("tables", *flags, *more)


def test_a_table_grows_and_trains_no_cell_twice(houses, results):
    houses("--methods", "VANILLA", "--seeds", 0)

    path = results / "cells" / "houses.csv"
    kept = pandas.read_csv(path, dtype=str)
    kept.assign(machine="another machine").to_csv(path, index=False)
    houses("--methods", "VANILLA", "SQINV + LDS", "--seeds", 0, 1)

    machines = pandas.read_csv(path).groupby(["row", "seed"])["machine"].unique().map(list)
    assert len(machines) == 4
    assert machines.pop(("VANILLA", 0)) == ["another machine"]
    assert ["another machine"] not in machines.to_list()
    page = (results / "houses-main.md").read_text()
    assert "over seeds 0, 1," in page
    assert "- another machine" in page


def test_a_cell_with_other_settings_is_trained_again(houses, results):
    settings = []
    for rate in (0.001, 0.002):
        shutil.rmtree("runs", ignore_errors=True)  # as in another clone
        houses("--methods", "VANILLA", "--seeds", 0, "--learning-rate", rate)
        settings.append(pandas.read_csv(results / "cells" / "houses.csv")["settings"].unique())
    assert [len(found) for found in settings] == [1, 1]
    assert settings[0][0] != settings[1][0]


def test_published_rows_of_another_split_stand_beside_the_same_data_only():
    from tables import published_of

    assert "| RANKSIM | 4.33 | 0.98 | 2.59 | 7.42 |" in published_of("abalone")
    assert not published_of("houses")
