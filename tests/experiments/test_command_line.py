"""The examples' shared flags, and every example's help."""

import runpy
import sys
from pathlib import Path

import pytest

import keras_ranksim as kr
from keras_ranksim.experiments import command_line

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def tiny(flags):
    return kr.data.load_portraits(
        train_samples=90, evaluation_per_age=1, image_size=16, verbose=False
    )


def call(*arguments):
    command_line.main(tiny, "tiny", methods=("VANILLA",), needs_data=False, arguments=arguments)


def test_a_run_is_kept_resumed_and_evaluated(tmp_path, capsys):
    call("--epochs", "1", "--output-dir", str(tmp_path))
    first = capsys.readouterr().out
    assert "VANILLA on the test split" in first
    assert f"Models, reports and histories: {tmp_path}" in first
    with pytest.raises(SystemExit):
        call("--epochs", "1", "--output-dir", str(tmp_path))
    assert "holds earlier runs: add --resume" in capsys.readouterr().err
    call("--epochs", "1", "--output-dir", str(tmp_path), "--resume")
    again = capsys.readouterr().out
    assert "Epoch 1/1" not in again
    last_table = first[first.index("mae by shot") :]
    assert last_table in again
    call("--evaluate", str(tmp_path / "vanilla" / "seed-0" / "model.keras"))
    report = first[first.index("on the test split") :].split("\n\n")[0]
    assert report.splitlines()[1:] == capsys.readouterr().out.rstrip().splitlines()[-8:]


def test_lines_fit_eighty_columns(tmp_path, capsys):
    call("--epochs", "1", "--output-dir", str(tmp_path), "--method", "SQINV + LDS + FDS + RANKSIM")
    table = capsys.readouterr().out
    table = table[table.index("mae by shot") :]
    assert max(map(len, table.splitlines()[:2])) <= 80


def test_unknown_methods_are_told_before_any_data_is_loaded(capsys):
    with pytest.raises(SystemExit):
        command_line.main(None, "", needs_data=False, arguments=["--method", "RANKSYM"])
    assert "'RANKSYM' is unknown" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["agedb_dir", "imdb_wiki_dir", "nyud2_dir", "portraits", "sts_b_dir", "table"]
)
def test_every_example_explains_itself(name, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert end.value.code == 0
    told = capsys.readouterr().out
    for flag in (
        "--method",
        "--data-dir",
        "--seed",
        "--epochs",
        "--quick",
        "--table",
        "--output-dir",
        "--resume",
        "--evaluate",
    ):
        assert flag in told
