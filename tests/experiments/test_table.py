"""Tables over seeds: means, deviations, failures, what is not run twice."""

import dataclasses
import json

import keras
import numpy as np
import pandas as pd
import pytest
from drawn_depth import draw, half_size_maps, load
from scipy import stats

import keras_ranksim as kr
from keras_ranksim.experiments import run_table
from keras_ranksim.experiments.table import read_table


@pytest.fixture(scope="module")
def benchmark():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=400)})
    frame["price"] = np.round(np.exp(1.5 + 0.8 * frame["a"] + 0.1 * random.normal(size=400)), 1)
    return kr.data.load_table(frame, label="price", name="prices", batch_size=200)


def test_a_table_holds_means_and_deviations_over_seeds(benchmark, tmp_path):
    table = run_table(benchmark, ["VANILLA", "RANKSIM"], [0, 1], epochs=1, output_dir=tmp_path)
    cells = table.results["VANILLA"]
    values = [cells[seed].report.loc["all", "mae"] for seed in (0, 1)]
    frame = table.frame
    np.testing.assert_allclose(frame.loc["VANILLA", ("all", "mean")], np.mean(values))
    np.testing.assert_allclose(frame.loc["VANILLA", ("all", "std")], np.std(values, ddof=1))
    assert frame.loc["VANILLA", ("seeds", "finished")] == 2
    markdown = (tmp_path / "table.md").read_text()
    assert f"{np.mean(values):.3g} ± {np.std(values, ddof=1):.2g}" in markdown
    written = pd.read_csv(tmp_path / "table.csv", index_col=0)
    np.testing.assert_allclose(written.loc["VANILLA", "all_mean"], np.mean(values))


def test_finished_cells_and_equal_rows_are_not_run_again(benchmark, tmp_path, monkeypatch):
    fits = []
    fit = kr.ImbalancedRegressor.fit
    monkeypatch.setattr(
        kr.ImbalancedRegressor, "fit", lambda self, *a, **k: (fits.append(1), fit(self, *a, **k))[1]
    )
    methods = ["VANILLA + LDS", "SQINV + LDS"]
    table = run_table(benchmark, methods, [0], epochs=1, output_dir=tmp_path)
    assert len(fits) == 1
    np.testing.assert_array_equal(*(table.frame.loc[m, ("all", "mean")] for m in methods))
    run_table(benchmark, [*methods, "VANILLA"], [0], epochs=1, output_dir=tmp_path)
    assert len(fits) == 2


def test_any_name_head_and_limits_of_shots_run_and_are_reported(benchmark, tmp_path):
    def head():
        return keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1)])

    named = benchmark.replace(name="my häuser (v1)", make_head=head, shot_limits=(10, 3))
    with pytest.warns(UserWarning, match="No embeddings are kept.*not in a model inside it"):
        result = kr.experiments.run(named, "VANILLA", epochs=1, output_dir=tmp_path, verbose=0)
    shown = named.describe().loc["test", ["all", "many", "medium", "few", "zero"]]
    assert result.report.loc[shown.index, "n"].tolist() == shown.tolist()
    assert kr.experiments.write_report(tmp_path).exists()


def test_a_folder_of_other_inputs_is_refused_and_one_that_does_not_tell_is_read(
    benchmark, tmp_path
):
    def call(noise):
        x = {part: array + noise for part, array in benchmark.make_pipeline.arrays.items()}
        pipeline = type(benchmark.make_pipeline)(x, "rows")
        other = benchmark.replace(make_pipeline=pipeline)
        return kr.experiments.run(other, "VANILLA", epochs=1, output_dir=tmp_path, verbose=0)

    first = call(0.0)
    with pytest.raises(ValueError, match="differs in inputs"):
        call(0.1)
    path = tmp_path / "settings.json"
    settings = json.loads(path.read_text())
    del settings["inputs"]
    path.write_text(json.dumps(settings))
    assert call(0.1).report.equals(first.report)


def test_a_failed_cell_is_shown_and_does_not_stop_the_table(benchmark, tmp_path, capsys):
    def failing(seed):
        if seed == 1:
            broken = keras.Input((7,))
            return benchmark.replace(make_network=lambda: (broken, broken))
        return benchmark

    table = run_table(failing, ["VANILLA"], [0, 1, 2], epochs=1, output_dir=tmp_path)
    assert table.frame.loc["VANILLA", ("seeds", "finished")] == 2
    assert "| VANILLA | 2, 1 failed |" in table.to_markdown()
    assert list(table.errors()) == ["VANILLA, seed 1"]
    assert "ValueError" in (tmp_path / "vanilla" / "seed-1" / "error.txt").read_text()
    told = capsys.readouterr().err
    assert "prices [2/3] VANILLA, seed 1: failed: " in told
    assert "prices [3/3] VANILLA, seed 2: mae" in told


def test_a_folder_of_other_settings_is_refused_before_training_and_left_as_it_is(
    benchmark, tmp_path
):
    run_table(benchmark, ["VANILLA"], [0], epochs=1, output_dir=tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match=r"differs in recipe\.epochs: 1 there, 2 here\. Take"):
        run_table(benchmark, ["INV", "VANILLA"], [0], epochs=2, output_dir=tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_published_numbers_stand_beside_ours_told_apart(benchmark):
    table = run_table(benchmark.replace(name="agedb-dir"), ["VANILLA", "CONR"], [0], epochs=1)
    assert table.frame.loc["VANILLA", ("few", "paper")] == 13.67
    header, _, vanilla, conr = table.to_markdown().splitlines()
    assert "all (paper)" in header
    assert "7.77" in vanilla
    assert "7.77" not in conr


def test_a_table_without_rows_raises(benchmark):
    with pytest.raises(ValueError, match=r"`methods` and `seeds` must each hold.*0 methods"):
        run_table(benchmark, [])


def test_a_tuned_row_has_settings_of_its_own_and_stands_beside_the_recipes(benchmark, tmp_path):
    recipe = dataclasses.replace(benchmark.recipe, lds={"kernel": "gaussian", "sigma": 50.0})
    tuned = {"LDS": benchmark.replace(recipe=recipe), "SQINV + LDS": benchmark}
    table = run_table(benchmark, ["SQINV + LDS"], [0], epochs=1, output_dir=tmp_path, tuned=tuned)
    names = ["SQINV + LDS", "VANILLA + LDS, tuned", "SQINV + LDS, tuned"]
    assert table.frame.index.tolist() == names
    errors = table.frame[("all", "mean")]
    assert errors[names[1]] != errors[names[0]] == errors[names[2]]
    assert (tmp_path / "vanilla_lds_tuned" / "seed-0" / "report.csv").exists()


def test_tuned_rows_of_other_data_raise(benchmark):
    other = benchmark.replace(labels={**benchmark.labels, "test": benchmark.labels["val"]})
    with pytest.raises(ValueError, match="`tuned` must hold the same data.*RANKSIM other labels"):
        run_table(benchmark, [], tuned={"RANKSIM": other})
    with pytest.raises(ValueError, match="`tuned` must hold benchmarks.*Received: dict"):
        run_table(benchmark, [], tuned={"RANKSIM": {"gamma": 1.0}})


def test_every_cell_has_the_users_dtype_policy(benchmark):
    keras.config.set_dtype_policy("mixed_bfloat16")
    run_table(benchmark, "VANILLA", np.arange(2), epochs=1)
    assert keras.config.dtype_policy().name == "mixed_bfloat16"


def test_a_table_of_depth_maps_trains_resumes_and_shows_the_root_of_the_squared_error(tmp_path):
    draw(tmp_path / "nyu")
    depth = load(tmp_path / "nyu", batch_size=4, make_network=half_size_maps)
    methods = ["VANILLA", "LDS"]
    table = run_table(depth, methods, [0], epochs=1, output_dir=tmp_path / "runs")
    assert table.errors() == {}
    assert table.metric == "rmse"
    report = table.results["VANILLA"][0].report
    assert table.frame.loc["VANILLA", ("all", "mean")] == report.loc["all", "rmse"]
    assert "rmse on nyud2-dir" in (tmp_path / "runs" / "table.md").read_text()
    again = run_table(depth, methods, [0], epochs=1, output_dir=tmp_path / "runs", metric="delta1")
    assert again.results["VANILLA"][0].model is None
    pd.testing.assert_frame_equal(again.results["VANILLA"][0].report, report)
    assert again.metric == "delta1"


def test_a_metric_that_no_report_has_is_an_error_before_training(benchmark):
    with pytest.raises(ValueError, match=r"`metric` must be one of 'mse', 'mae'.*metric='rmse'"):
        run_table(benchmark, ["VANILLA"], metric="rmse")


def table_of(rows, metric="mae", **options):
    """A table of made-up values, a list over seeds for each row."""

    def result(value):
        report = pd.DataFrame({metric: [value]}, index=["all"])
        return kr.experiments.Result("x", None, 0, report, report, {})

    results = {
        name: {seed: result(value) for seed, value in enumerate(values)}
        for name, values in rows.items()
    }
    return kr.experiments.Table("x", results, metric, **options)


def test_a_table_and_its_cells_show_their_errors():
    table = table_of({"VANILLA": [1.5]})
    assert repr(table) == table.to_markdown()
    report = table.results["VANILLA"][0].report
    result = kr.experiments.Result(
        "prices", kr.methods.Method.parse("SQINV"), 3, report, report, {}
    )
    first, *errors = repr(result).splitlines()
    assert first == "SQINV on prices, seed 3"
    assert [line.split() for line in errors] == [["mae"], ["all", "1.50"]]
    assert repr(kr.experiments.Table("prices", {})).startswith("| mae on prices | seeds |")


def test_large_errors_are_whole_numbers():
    rows = {"VANILLA": [12570.4, 12930.0], "X": [12448.0, 12801.0]}
    *_, vanilla, x = table_of(rows).to_markdown().splitlines()
    assert "| 12,750 ± 254 |" in vanilla
    assert "12,624 ± 250, -126 [-" in x.replace("**", "")


@pytest.mark.parametrize(("metric", "best"), [("delta1", "0.9"), ("abs_rel", "0.1")])
def test_the_best_value_of_a_column_is_bold(metric, best):
    table = table_of({"A": [0.89, 0.91], "B": [0.09, 0.11]}, metric)
    assert [line for line in table.to_markdown().splitlines() if f"**{best} ± 0.014**" in line]
    assert table.to_markdown().count("**") == 2


def test_a_best_value_that_chance_explains_is_not_bold():
    one_seed = {"A": [0.9], "B": [0.1]}
    crossing = {"A": [1.0, 2.0, 3.0], "B": [1.1, 1.9, 3.1]}
    for rows in (one_seed, crossing, {"A": [1.0, 2.0]}):
        assert "**" not in table_of(rows).to_markdown()


def test_equal_values_deviate_by_nothing():
    assert np.std([0.1] * 3, ddof=1) > 0  # their mean is rounded
    frame = table_of({"BOOSTING": [0.1] * 3}).frame
    assert frame.at["BOOSTING", ("all", "std")] == 0


def test_pairing_shows_what_the_deviation_over_seeds_hides():
    rows = {"A": [1.0, 5.0, 9.0], "B": [1.4, 5.5, 9.6], "C": [30.0, 30.1, 30.2]}
    frame = table_of(rows).frame
    assert frame[("all", "best")].tolist() == [True, False, False]


def test_rows_that_are_one_run_are_bold_together_and_not_each_others_rivals():
    rows = {"A": [1.0, 1.1, 1.2], "B": [2.0, 2.2, 2.1], "A again": [1.0, 1.1, 1.2]}
    assert table_of(rows).frame[("all", "best")].tolist() == [True, False, True]


def test_differences_to_the_base_stand_beside_means(tmp_path):
    rows = {"VANILLA": [10.0, 12.0, 11.0], "X": [9.0, 10.5, 9.9], "Y": [3.0]}
    table = table_of(rows)
    frame = table.frame
    expected = stats.ttest_rel(rows["X"], rows["VANILLA"]).confidence_interval(0.95)
    assert np.isnan(frame.loc["VANILLA", ("all", "difference")])
    np.testing.assert_allclose(frame.loc["X", ("all", "difference")], -1.2)
    np.testing.assert_allclose(frame.loc["X", ("all", "low")], expected.low, rtol=1e-6)
    np.testing.assert_allclose(frame.loc["X", ("all", "high")], expected.high, rtol=1e-6)
    assert frame.loc["Y", ("all", "difference")] == -7  # to the same seed of the base
    assert np.isnan(frame.loc["Y", ("all", "low")])
    header, _, _, x, y = table.to_markdown().splitlines()
    assert header == "| mae on x, minus VANILLA [95%] | seeds | all |"
    assert "| 9.8 ± 0.75, -1.2 [-1.9, -0.54] |" in x
    assert "| 3, -7 |" in y
    table.to_csv(tmp_path / "table.csv")
    written = pd.read_csv(tmp_path / "table.csv", index_col=0)
    assert {"all_difference", "all_low", "all_high", "all_best"} <= set(written)


def test_any_row_may_be_the_base_and_is_remembered(benchmark, tmp_path):
    run_table(benchmark, ["VANILLA", "SQINV"], [0], epochs=1, output_dir=tmp_path, base="SQINV")
    again = read_table(tmp_path)
    assert again.base == "SQINV"
    assert np.isfinite(again.frame.loc["VANILLA", ("all", "difference")])
    rows = {"A": [1.0, 2.0], "B": [2.0, 4.0]}
    assert "minus" not in table_of(rows).to_markdown(), "VANILLA is no row"
    assert table_of(rows, base="B").frame.loc["A", ("all", "difference")] == -1.5
