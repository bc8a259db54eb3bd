"""Ensembles: the mean of finished runs' predictions, a row of a table like any other."""

import shutil

import numpy as np
import pandas as pd
import pytest

import keras_ranksim as kr
from keras_ranksim.experiments import run, run_table
from keras_ranksim.experiments.table import read_table
from keras_ranksim.methods import Ensemble

NAME = "VANILLA | SQINV + LDS"


@pytest.fixture(scope="module")
def benchmark():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=400)})
    frame["price"] = np.round(np.exp(1.5 + 0.8 * frame["a"] + 0.1 * random.normal(size=400)), 1)
    return kr.data.load_table(frame, label="price", name="prices", batch_size=200)


@pytest.fixture(scope="module")
def folder(benchmark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    table = run_table(benchmark, ["SQINV + LDS", NAME], [0, 1], epochs=1, output_dir=folder)
    assert table.errors() == {}
    return folder


def predictions(folder, place, file="predictions.npz"):
    with np.load(folder / place / "seed-1" / file) as saved:
        return saved["labels"], saved["predictions"]


def test_a_row_averages_the_predictions_of_its_members_for_every_seed(benchmark, folder):
    table = read_table(folder)
    assert list(table.results) == ["SQINV + LDS", NAME], "the member that is no row is not shown"
    for file, split in (("predictions.npz", "test"), ("validation_predictions.npz", "val")):
        labels, plain = predictions(folder, "vanilla", file)
        _, weighted = predictions(folder, "sqinv_lds", file)
        np.testing.assert_array_equal(labels, benchmark.labels[split].astype("float32"))
        expected = benchmark.data.report(labels, (plain + weighted) / 2, None)
        result = table.results[NAME][1]
        found = result.report if split == "test" else result.validation
        pd.testing.assert_frame_equal(found, expected, rtol=1e-5)
    assert table.results[NAME][1].seconds > table.results["SQINV + LDS"][1].seconds


def test_its_name_does_not_break_the_markdown(folder):
    lines = (folder / "table.md").read_text().splitlines()
    assert lines[-1].startswith("| VANILLA \\| SQINV + LDS | 2 |")
    assert {line.replace("\\|", "").count("|") for line in lines} == {lines[0].count("|")}


def test_an_ensemble_trains_nothing_and_a_second_call_nothing_at_all(
    benchmark, folder, monkeypatch
):
    monkeypatch.setattr(kr.ImbalancedRegressor, "fit", lambda *a, **k: pytest.fail("trained"))
    table = run_table(benchmark, ["VANILLA", NAME], [0, 1], epochs=1, output_dir=folder)
    assert list(table.results) == ["VANILLA", NAME]
    assert table.errors() == {}


def test_the_report_of_a_table_has_its_row_and_its_page(benchmark, folder):
    text = kr.experiments.write_report(folder).read_text()
    assert "VANILLA | SQINV + LDS" in text
    page = (folder / "vanilla__sqinv_lds" / "seed-0" / "report.html").read_text()
    assert "The mean of the predictions of VANILLA and SQINV + LDS" in page
    assert "kr.experiments.ensemble(" in page


def test_a_function_averages_any_two_folders(folder, tmp_path):
    folders = [folder / place / "seed-0" for place in ("vanilla", "sqinv_lds")]
    result = kr.experiments.ensemble(folders, output_dir=tmp_path / "both")
    assert result.method == Ensemble.parse(NAME)
    again = kr.experiments.ensemble(folders)
    pd.testing.assert_frame_equal(again.report, result.report)
    assert again.output_dir is None
    assert kr.experiments.write_report(tmp_path / "both").exists()


def test_runs_that_kept_less_are_averaged_on_the_test_split(folder, tmp_path):
    folders = [folder / place / "seed-0" for place in ("vanilla", "sqinv_lds")]
    old = [shutil.copytree(one, tmp_path / one.parent.name) for one in folders]
    for one in old:
        (one / "validation_predictions.npz").unlink()
        with np.load(one / "labels.npz") as saved:
            kept = {name: saved[name] for name in saved if not name.startswith("train_")}
        np.savez(one / "labels.npz", **kept)
    whole, less = kr.experiments.ensemble(folders), kr.experiments.ensemble(old)
    pd.testing.assert_frame_equal(
        less.report.drop(columns="sera"), whole.report.drop(columns="sera")
    )
    assert less.validation["n"].sum() == 0


def test_a_failed_member_is_a_failed_cell(benchmark, tmp_path):
    import keras

    def failing(seed):
        broken = keras.Input((7,))
        return benchmark.replace(make_network=lambda: (broken, broken))

    table = run_table(failing, NAME, [0], epochs=1, output_dir=tmp_path)
    assert table.errors()[f"{NAME}, seed 0"].startswith("VANILLA failed: ValueError")


@pytest.mark.parametrize("name", ["VANILLA | VANILLA + LDS | LDS", "VANILLA | vanilla"])
def test_members_are_different_methods(name):
    with pytest.raises(ValueError, match=r"An ensemble is two or more different methods.*'VANILL"):
        Ensemble.parse(name)


def test_mistakes_are_named(benchmark, folder, tmp_path):
    with pytest.raises(ValueError, match=r"`output_dir` must be given for rows.*'VANILLA \| INV'"):
        run_table(benchmark, ["VANILLA | INV"], [0])
    with pytest.raises(ValueError, match="'RANKSM' is unknown"):
        run_table(benchmark, ["VANILLA | RANKSM"], [0], output_dir=tmp_path)
    labels = {**benchmark.labels, "test": benchmark.labels["test"] + 1}
    other = benchmark.replace(labels=labels, name="prices")
    run(other, "INV", output_dir=tmp_path / "other", epochs=1, verbose=0)
    with pytest.raises(ValueError, match="`folders` must hold runs on the same data.*other labels"):
        kr.experiments.ensemble([folder / "vanilla" / "seed-0", tmp_path / "other"])


def test_maps_cannot_be_averaged(folder, tmp_path):
    folders = [folder / "vanilla" / "seed-0", tmp_path / "maps"]
    shutil.copytree(folder / "sqinv_lds" / "seed-0", folders[1])
    np.savez(folders[1] / "predictions.npz", labels=[1.0], predictions=[1.0], worst=[0])
    with pytest.raises(ValueError, match="one label per sample.*'.*maps'"):
        kr.experiments.ensemble(folders)
