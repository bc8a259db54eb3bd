"""`python -m keras_ranksim`: four commands, one-sentence errors."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from keras_ranksim.__main__ import main


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
    printed = capsys.readouterr().out
    assert "numeric: a\n" in printed, "what was done to the columns"
    assert main([*command, "--output-dir", str(tmp_path / "runs")]) == 1
    assert "holds earlier runs: add --resume" in capsys.readouterr().err


FLAGS = {
    "run": "--method --data-dir --seed --epochs --quick --output-dir --resume --evaluate --debug",
    "table": "--method --data-dir --seeds --epochs --quick --output-dir --resume --debug",
    "tune": "--method --tune --trials --executions --epochs --quick --workers --port --debug",
}
DATA_FLAGS = "--benchmark --split --vectors --width --layers --csv --label --drop --columns "
DATA_FLAGS += "--nominal --dates --text --encoder --split-column --bins --decimal --encoding "
DATA_FLAGS += "--clip-label --drop-unlabeled"


@pytest.mark.parametrize("name", FLAGS)
def test_a_command_has_every_flag_that_it_is_documented_with(name, capsys):
    with pytest.raises(SystemExit):
        main([name, "--help"])
    shown = capsys.readouterr().out
    for flag in f"{FLAGS[name]} {DATA_FLAGS}".split():
        assert f"  {flag}" in shown
    for benchmark in ("portraits", "agedb", "imdb-wiki", "sts-b", "nyud2"):
        assert benchmark in shown


def test_workers_of_a_search_get_the_same_command_and_their_names(monkeypatch):
    called = {}

    def run_processes(command, environments):
        called.update(command=command, environments=environments)
        return [0, 1]

    monkeypatch.setattr("keras_ranksim.distribute.local_workers.run_processes", run_processes)
    assert main(["tune", "--workers", "1", "--quick", "--port=8123"]) == 1
    assert called["command"][1:] == ["-m", "keras_ranksim", "tune", "--quick"]
    with pytest.raises(SystemExit):  # an abbreviation would start workers of workers
        main(["tune", "--worker", "1", "--quick"])
    assert main(["tune", "--workers", "0", "--quick"]) == 1
    names = [environment["KERASTUNER_TUNER_ID"] for environment in called["environments"]]
    assert names == ["chief", "worker-0"]
    assert called["environments"][1]["KERASTUNER_ORACLE_PORT"] == "8123"


def test_a_search_prints_its_trials_and_draws_them(csv, tmp_path, capsys):
    command = ["tune", "--csv", csv, "--label", "price", "--quick", "--trials", "1"]
    assert main([*command, "--output-dir", str(tmp_path)]) == 0
    assert "On the test split" in capsys.readouterr().out
    assert (tmp_path / "trials.png").exists()
    assert len(pd.read_csv(tmp_path / "trials.csv")) == 2, "one, as asked for, and the baseline"


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
    with pytest.raises(SystemExit) as end:
        main(["trian"])
    assert end.value.code == 2
    assert "'trian' (choose from 'diagnose', 'run', 'table'" in capsys.readouterr().err
    assert main([]) == 0
    assert "keras_ranksim report" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["run", "table", "tune", "report"])
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


def messy(rows=200):
    random = np.random.default_rng(0)
    area = random.gamma(4, 25, rows).round(1)
    frame = pd.DataFrame({"area": area, "price": (3 * area + 10).round(2).astype(object)})
    return frame.assign(sold=pd.date_range("2020-01-01", periods=rows), id=range(rows))


def load_only(tmp_path, frame, capsys, *flags):
    """What the command prints before it finds its output folder taken."""
    (tmp_path / "runs").mkdir(exist_ok=True)
    (tmp_path / "runs" / "taken").touch()
    frame.to_csv(tmp_path / "a.csv", sep=";", decimal=",", encoding="cp1252", index=False)
    command = ["run", "--csv", str(tmp_path / "a.csv"), "--label", "price"]
    assert main([*command, "--output-dir", str(tmp_path / "runs"), *flags]) == 1
    printed = capsys.readouterr()
    return " ".join(printed.out.split()), printed.err


def test_what_was_done_to_a_table_is_a_short_list(tmp_path, capsys):
    frame = messy().assign(straße="a")
    frame.loc[3, "price"] = None
    frame.loc[7, "price"] = 1e6
    out, err = load_only(tmp_path, frame.astype({"price": float}), capsys)
    for note in (
        "numeric: area label: LabelBins(",
        "- Fields are separated by ';'.",
        "- Letters are encoded in cp1252.",
        "- Numbers have decimal commas.",
        "- 1 of 200 rows of ",
        "row 7 (1e+06). Such labels",
        "with --clip-label ",
        "Learn from its day, season and weekday with --dates sold,",
        "because it holds row numbers. Name it in `--columns` to",
        "- Column 'straße' is left out, because it holds one value only.",
    ):
        assert note in out, out
    assert "Warning" not in err


def test_the_flags_mend_what_the_list_names(tmp_path, capsys):
    frame = messy()
    frame.loc[7, "price"] = 1e6
    flags = ["--clip-label", "0", "1000", "--dates", "sold", "--drop", "id", "--bins", "9"]
    out, _ = load_only(tmp_path, frame, capsys, *flags)
    assert "dates: sold label: LabelBins(9 bins" in out
    assert "- Labels clipped to the range from 0 to 1000: 1 of 200." in out
    assert "left out" not in out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"price": [None, 1] * 100}, "Leave such rows out with --drop-unlabeled\n"),
        ({"part": "train"}, "`--split-column` must name a column"),
        ({"price": "none"}, "`--label` must name a column with a finite number"),
    ],
)
def test_what_cannot_be_guessed_names_its_flag_in_one_line(change, message, tmp_path, capsys):
    flags = ["--split-column", "part"] if "part" in change else []
    _, err = load_only(tmp_path, messy().assign(**change), capsys, *flags)
    assert message in err
    assert err.count("\n") == 1


def test_diagnose_shows_the_labels_and_draws_them(csv, tmp_path, capsys):
    picture = tmp_path / "labels.png"
    assert main(["diagnose", csv, "--label", "price", "--picture", str(picture)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("200 labels from")
    assert len(shown.splitlines()) <= 40
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_diagnose_says_which_columns_there_are(csv, capsys):
    assert main(["diagnose", csv, "--label", "prize"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: `--label` must name columns of the table. Received: --label")
    assert "'price'" in error
    assert main(["diagnose", csv]) == 1
    assert "`--label` must name the column to predict" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--label", "y"], "`--csv` must name the file that --label describe"),
        (["--bins", "5", "--drop", "a"], "must name the file that --bins, --drop describe"),
        (
            ["--csv", "d.csv", "--benchmark", "utkface"],
            "`--csv` cannot be combined with --benchmark",
        ),
        (["--csv", "d.csv", "--data-dir", "d"], "`--csv` cannot be combined with --benchmark"),
    ],
)
def test_flags_of_a_table_and_of_a_benchmark_do_not_mix(flags, message, capsys):
    assert main(["run", *flags]) == 1
    assert message in capsys.readouterr().err


def test_diagnose_names_its_own_arguments_and_makes_folders(csv, tmp_path, capsys):
    assert main(["diagnose", str(tmp_path / "none.csv"), "--label", "price"]) == 1
    assert "error: `FILE` must be the path of a CSV file" in capsys.readouterr().err
    assert main(["diagnose", csv, "--label", "price", "--bins", "0"]) == 1
    assert "`--bins` must be a whole number" in capsys.readouterr().err
    picture = tmp_path / "new" / "labels.png"
    assert main(["diagnose", csv, "--label", "price", "--picture", str(picture)]) == 0
    assert picture.exists()


def test_a_run_and_a_search_predict_new_rows(csv, tmp_path, capsys):
    run, search, output = (str(tmp_path / name) for name in ("run", "search", "new/predicted.csv"))
    data = ["--csv", csv, "--label", "price", "--epochs", "1"]
    assert main(["run", *data, "--method", "VANILLA", "LDS", "--output-dir", run]) == 0
    assert main(["tune", *data, "--trials", "1", "--output-dir", search]) == 0
    assert "The best model: " in capsys.readouterr().out
    new = tmp_path / "new.csv"
    pd.DataFrame({"a": [0.5, -1.0], "id": ["x", "y"]}).to_csv(new, index=False)
    for folder in (f"{run}/vanilla", search):
        assert main(["predict", folder, str(new), "--output", output]) == 0
        rows = pd.read_csv(output)
        assert rows["id"].tolist() == ["x", "y"]
        assert np.isfinite(rows["prediction"]).all()
    assert main(["predict", run, str(new)]) == 1
    message = capsys.readouterr().err
    assert "`FOLDER` must hold one trained model of a table" in message
    assert f"which holds 2:\n  {run}" in message
