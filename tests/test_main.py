"""`python -m keras_ranksim`: four commands, one-sentence errors."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from keras_ranksim.__main__ import COMMANDS, main


@pytest.fixture
def csv(tmp_path):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=200)})
    frame["price"] = np.round(np.exp(1.5 + 0.8 * frame["a"]), 1)
    frame.to_csv(tmp_path / "prices.csv", index=False)
    return str(tmp_path / "prices.csv")


def test_a_run_a_page_and_the_same_run_again(csv, tmp_path, capsys):
    folder = tmp_path / "runs"
    command = ["run", "--csv", csv, "--label", "price", "--method", "LDS", "--epochs", "1"]
    command += ["--output-dir", str(folder), "--resume"]
    assert main(command) == 0
    first = capsys.readouterr().out
    assert "VANILLA + LDS on the test split" in first
    (folder / "report.html").unlink()
    assert main(["report", str(folder)]) == 0
    assert capsys.readouterr().out.strip() == str(folder / "report.html")
    assert (folder / "report.html").exists()
    assert main(command) == 0
    assert "Epoch 1/1" not in capsys.readouterr().out


def test_a_table_has_three_seeds(csv, tmp_path, capsys):
    command = ["table", "--csv", csv, "--label", "price", "--method", "VANILLA", "--epochs", "1"]
    assert main([*command, "--output-dir", str(tmp_path / "runs")]) == 0
    assert "| VANILLA | 3 |" in (tmp_path / "runs" / "table.md").read_text()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["report", "nowhere"], "error: `folder` must be the `output_dir` of a finished run"),
        (["run", "--benchmark", "agedb"], "error: `--data-dir` must name the folder.*'agedb'"),
        (["run", "--csv", "x.csv"], "error: `--label` must name the column"),
        (["tune", "--csv", "nowhere.csv", "--label", "y"], "error: .*nowhere.csv"),
    ],
)
def test_a_mistake_is_one_sentence_without_a_traceback(command, message, capsys):
    assert main(command) == 1
    error = capsys.readouterr().err
    assert pd.Series([error.strip()]).str.match(message).all(), error
    assert "Traceback" not in error
    with pytest.raises((ValueError, OSError)):
        main([*command, "--debug"])


def test_an_unknown_command_shows_the_usage(capsys):
    assert main(["trian"]) == 2
    assert "keras_ranksim run" in capsys.readouterr().err
    assert main([]) == 0
    assert "keras_ranksim report" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_lists_its_flags(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    assert f"python -m keras_ranksim {name}" in capsys.readouterr().out.replace("\n", " ")


def test_it_runs_as_a_module(tmp_path):
    command = [sys.executable, "-m", "keras_ranksim", "report", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 1
    assert "error: `folder` must be" in done.stderr
    assert "Traceback" not in done.stderr
