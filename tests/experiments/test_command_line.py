"""What the commands `run` and `table` do and print."""

import argparse

import pandas
import pytest

import keras_ranksim as kr
from keras_ranksim.experiments import Method, Result, Table, command_line
from keras_ranksim.experiments.readable import number_format, readable_report


def call(*arguments):
    """Exit status of the command `run` on a small benchmark."""
    parser = argparse.ArgumentParser()
    command_line.add_run_flags(parser)
    return command_line.run_methods(tiny, parser.parse_args(["--method", "VANILLA", *arguments]))


def tiny():
    return kr.data.load_portraits(
        train_samples=90, evaluation_per_age=1, image_size=16, verbose=False
    )


def test_a_run_is_kept_resumed_and_evaluated(tmp_path, capsys):
    assert call("--epochs", "1", "--output-dir", str(tmp_path)) == 0
    first = capsys.readouterr().out
    assert "VANILLA on the test split" in first
    assert f"Models, reports and histories: {tmp_path}" in first
    assert f"To look at in a browser: {tmp_path / 'report.html'}" in first
    assert (tmp_path / "vanilla" / "seed-0" / "report.html").exists()
    with pytest.raises(ValueError, match="holds earlier runs: add --resume"):
        call("--epochs", "1", "--output-dir", str(tmp_path))
    capsys.readouterr()
    call("--epochs", "1", "--output-dir", str(tmp_path), "--resume")
    again = capsys.readouterr().out
    assert "Epoch 1/1" not in again
    last_table = first[first.index("mae by shot") :]
    assert last_table in again
    call("--evaluate", str(tmp_path / "vanilla" / "seed-0" / "model.keras"))
    report = first[first.index("on the test split") :].split("\n\n")[0]
    assert report.splitlines()[1:] == capsys.readouterr().out.rstrip().splitlines()[-8:]


def drawn_table(random, scale, seeds=(0, 1, 2)):
    """All rows of the paper, with errors in the size of `scale`."""
    shots = ["all", "many", "medium", "few", "zero", "interpolation", "extrapolation"]

    def result():
        report = pandas.DataFrame({"mae": random.uniform(0.5, 5, 7) * scale}, index=shots)
        return Result("drawn", None, 0, report, report, {})

    rows = {str(method): {seed: result() for seed in seeds} for method in Method.paper_grid()}
    return Table("drawn", rows)


@pytest.mark.parametrize("scale", [0.01, 1, 10, 1e6])
@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_the_last_table_fits_eighty_columns_and_is_aligned(random, scale, seeds):
    table = drawn_table(random, scale, seeds)
    printed = command_line._readable_table(table)
    blocks = [block.splitlines() for block in printed.split("\n\n")]
    shown = []
    for header, *rows in blocks:
        assert {len(line) for line in (header, *rows)} == {len(header)}
        assert len(header) <= 80
        assert [row[:29].strip() for row in rows] == table.frame.index.tolist()
        signs = [[at for at, sign in enumerate(row) if sign == "±"] for row in rows]
        assert all(places == signs[0] for places in signs)
        shown += header.split()[3:]
    assert shown == ["all", "many", "medium", "few", "zero", "interp.", "extrap."]
    assert len(blocks) <= (2 if scale in (1, 10) else 4)
    found = float(blocks[0][1][29:].split()[0].partition("±")[0])
    assert found == pytest.approx(table.frame[("all", "mean")].iloc[0], rel=0.01)


def test_a_report_of_large_labels_fits_eighty_columns(random):
    labels = random.uniform(1e5, 9e6, 300)
    bins = kr.LabelBins.uniform(0, 1e7, 1e5)
    predictions, train_labels = labels + random.normal(0, 1e5, 300), [*labels[:150], 1e8]
    report = kr.shot_report(labels, predictions, train_labels, bins, sera=True)
    assert report.loc["all", "sera"] > 1e6
    lines = readable_report(report).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split()[3] == f"{report.loc['all', 'mae']:.0f}"


def test_digits_follow_the_size_of_what_is_shown():
    def written(*values):
        return number_format(pandas.Series(values)).format(values[0])

    assert (written(0.0123, 0.5), written(0.05), written(1e-9)) == ("0.012", "0.0500", "1.00e-09")
    assert (written(3.2, 250), written(12.0, 250), written(120.0)) == ("3.20", "12.0", "120")
    assert (written(0.0), written(5e6)) == ("0.00", "5.00e+06")


def test_an_unknown_method_raises_before_any_data_is_loaded():
    flags = argparse.Namespace(method=["RANKSYM"])
    with pytest.raises(ValueError, match="'RANKSYM' is unknown"):
        command_line.run_methods(None, flags)
    with pytest.raises(ValueError, match="'RANKSYM' is unknown"):
        command_line.make_table(None, flags)
