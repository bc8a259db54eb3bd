"""Searches: exact, seeded, judged on validation data alone, with the method itself as baseline."""

import json
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from small_search import make_benchmark, small_search

import keras_ranksim as kr
from keras_ranksim.experiments import run
from keras_ranksim.tuning.space import with_settings
from keras_ranksim.tuning.tuner import TrialRunner

SCORE = "balanced val_mae"


def equal_trials(a, b):
    pd.testing.assert_frame_equal(
        a.drop(columns=["seconds", "error"]),
        b.drop(columns=["seconds", "error"]),
        rtol=1e-5,
        check_dtype=False,
    )


@pytest.fixture
def no_training(monkeypatch):
    def refuse(*arguments, **keywords):
        raise AssertionError("nothing was to be trained")

    monkeypatch.setattr(kr.ImbalancedRegressor, "fit", refuse)


def test_all_trials_finish_and_the_best_is_at_least_as_good_as_the_baseline(found, benchmark):
    trials = found.trials
    assert trials.index.tolist() == ["baseline", "0", "1", "2"]
    assert (trials["status"] == "COMPLETED").all()
    assert trials.loc["baseline", "gamma"] == 0
    assert trials.loc["0", ["gamma", "lambda_"]].to_dict() == pytest.approx(
        benchmark.recipe.ranksim
    )
    assert trials.loc[found.best_trial, SCORE] == trials[SCORE].min()
    assert found.best[SCORE] <= trials.loc["baseline", SCORE]
    assert found.gamma == trials.loc[found.best_trial, "gamma"]
    np.testing.assert_allclose(
        trials["gamma"] * trials["lambda_"], trials["delta"].where(trials["gamma"] > 0, 0)
    )


def test_the_baseline_is_the_method_without_ranksim_and_a_trial_is_a_run(found, benchmark):
    vanilla = run(benchmark, "VANILLA", epochs=2, verbose=0)
    expected = np.mean([vanilla.validation.loc[shot, "mae"] for shot in ("medium", "few")])
    assert vanilla.validation.loc[["many", "zero"], "n"].sum() == 0
    np.testing.assert_allclose(found.trials.loc["baseline", SCORE], expected, rtol=1e-5)
    row = found.trials.loc["2"]
    pair = {"gamma": row["gamma"], "lambda_": row["lambda_"]}
    result = run(with_settings(benchmark, {"ranksim": pair}), "RANKSIM", epochs=2, verbose=0)
    np.testing.assert_allclose(row["mae_few"], result.validation.loc["few", "mae"], rtol=1e-5)


def test_a_finished_search_is_read_and_a_longer_one_goes_on(found, tmp_path, no_training):
    folder = shutil.copytree(found.output_dir, tmp_path / "copy")
    equal_trials(small_search(folder).trials, found.trials)
    with pytest.warns(UserWarning, match="1 of 5 trials failed. 3: AssertionError: nothing was"):
        longer = small_search(folder, max_trials=4)
    equal_trials(longer.trials.iloc[:4], found.trials)


def test_a_folder_of_another_search_is_told(found):
    with pytest.raises(ValueError, match="`output_dir` must be empty.*differs in seed: 0 there"):
        small_search(found.output_dir, seed=1)


def test_overwriting_takes_a_folder_of_searches_only(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(ValueError, match="must be empty or hold an earlier search"):
        small_search(tmp_path, overwrite=True)
    assert (tmp_path / "thesis.txt").exists()


def test_the_search_never_reads_the_test_split():
    benchmark, asked = make_benchmark(), []
    pipeline = benchmark.make_pipeline

    def spy(split, benchmark):
        asked.append(split)
        return pipeline(split, benchmark)

    def overall(report):
        return report.loc["all", "mae"]

    spied = benchmark.replace(make_pipeline=spy)
    result = kr.tuning.search(
        spied, max_trials=1, epochs=1, baseline=False, objective=overall, verbose=0
    )
    assert set(asked) == {"train", "val"}
    assert result.objective == "overall"
    result.test_report()
    assert set(asked) == {"train", "val", "test"}


def test_the_data_that_chose_gamma_are_refused_for_reporting(found):
    model = found.model()
    with pytest.raises(ValueError, match="must not be the one that settings were tuned on"):
        kr.experiments.evaluate(model, found.benchmark, "val")
    report = found.test_report()
    pd.testing.assert_frame_equal(report, kr.experiments.evaluate(model, found.benchmark))


def test_the_best_model_is_kept_alone_and_retraining_takes_its_settings(found):
    assert len(list(found.output_dir.rglob("model.keras"))) == 1
    assert not list(found.output_dir.rglob("state.npz"))
    assert isinstance(found.model(), kr.ImbalancedRegressor)
    result = found.retrain(seed=5, verbose=0)
    assert result.seed == 5
    assert result.validation.index.name == "chosen on this split"
    layer = next(
        layer for layer in result.model.layers if isinstance(layer, kr.layers.RankSimRegularizer)
    )
    assert (layer.gamma, layer.lambda_) == (found.gamma, found.lambda_)


def test_the_table_is_written(found):
    written = pd.read_csv(found.output_dir / "trials.csv", index_col="trial")
    np.testing.assert_allclose(written[SCORE], found.trials[SCORE])
    header, _, *rows = (found.output_dir / "trials.md").read_text().splitlines()
    assert header.startswith("| trial | gamma | lambda_ | delta | status | balanced val_mae |")
    bold = [row for row in rows if "**" in row]
    assert len(bold) == 1
    assert bold[0].startswith(f"| **{found.best_trial}** |")


def test_the_picture_is_drawn(found):
    figure = found.plot()
    assert figure.axes[0].get_xlabel().startswith("log")


def test_hparams_are_written(found, tmp_path):
    found.to_tensorboard(tmp_path)
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("events*"))
    assert b"_hparams_/session_start_info" in written
    assert SCORE.encode() in written
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == set(found.trials.index)


def test_executions_are_averaged_and_other_settings_tuned(benchmark):
    result = kr.tuning.search(
        benchmark,
        "SQINV + RANKSIM",
        tune=("ranksim", "learning_rate"),
        max_trials=1,
        executions_per_trial=2,
        baseline=False,
        epochs=1,
        patience=1,
        verbose=0,
        objective="val_gm",
    )
    folder = result.output_dir / "trials" / "trial_0"
    outcomes = [json.loads((folder / f"execution-{i}/outcome.json").read_text()) for i in (0, 1)]
    scores = [outcome["val_gm"] for outcome in outcomes]
    assert scores[0] != scores[1]
    np.testing.assert_allclose(result.trials.loc["0", "val_gm"], np.mean(scores), rtol=1e-5)
    np.testing.assert_allclose(
        result.trials.loc["0", "deviation"], np.std(scores, ddof=1), rtol=1e-4
    )
    assert result.best["learning_rate"] == benchmark.recipe.learning_rate
    assert len(list(result.output_dir.rglob("model.keras"))) == 1
    assert "| val_gm | deviation |" in result.to_markdown()


def test_a_promoted_trial_goes_on_with_its_training(found, tmp_path):
    hp = found.hyperparameters
    runner = TrialRunner(found.task, seed=0, executions=1, keep_states=True)
    runner.run(hp, tmp_path / "short", epochs=1)
    promoted = runner.run(hp, tmp_path / "long", epochs=2, earlier=tmp_path / "short")
    uncut = found.trials.loc[found.best_trial]
    np.testing.assert_allclose(promoted[SCORE], uncut[SCORE], rtol=1e-5)
    log = (tmp_path / "long/execution-0/stage_one/epochs.jsonl").read_text().splitlines()
    earlier = (tmp_path / "short/execution-0/stage_one/epochs.jsonl").read_text().splitlines()
    assert len(log) == 2
    assert log[0] == earlier[0]


def bowl(self, hp, folder, epochs, earlier=None):
    """Instead of training: best at gamma 1 and delta 1, and a little better when long."""
    weight, delta = hp.values["gamma"] or 1e-9, hp.values["delta"]
    assert earlier is None or (earlier / "outcome.json").exists()
    outcome = {SCORE: np.log10(weight) ** 2 + np.log10(delta) ** 2 - 1e-3 * epochs}
    (folder / "execution-0").mkdir(parents=True)
    (folder / "execution-0" / "model.keras").write_text("a model")
    (folder / "outcome.json").write_text(json.dumps({**outcome, "epochs": epochs}))
    return outcome


@pytest.mark.parametrize(("tuner", "trials"), [("bayesian", 8), ("hyperband", None)])
def test_bayesian_and_hyperband_search_repeat_exactly(benchmark, monkeypatch, tuner, trials):
    monkeypatch.setattr(TrialRunner, "run", bowl)
    first, again = (
        kr.tuning.search(
            benchmark, tuner=tuner, gamma=(0.01, 100), max_trials=trials, epochs=9, verbose=0
        )
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(first.trials, again.trials)
    assert (first.trials["status"] == "COMPLETED").all()
    if tuner == "bayesian":
        drawn, modelled = first.trials[SCORE].iloc[1:4], first.trials[SCORE].iloc[4:]
        assert modelled.min() < drawn.min() / 2
    else:
        assert set(first.trials["epochs"]) == {1, 3, 9}


def test_tensorboard_is_needed_for_hparams_only_and_told_before_training(
    benchmark, monkeypatch, no_training
):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ImportError, match=r"`tensorboard`.*pip install 'keras_ranksim\[tuning\]'"):
        kr.tuning.search(benchmark, tensorboard=True)
    monkeypatch.setitem(sys.modules, "keras_tuner", None)
    with pytest.raises(ImportError, match=r"`keras_tuner`.*pip install 'keras_ranksim\[tuning\]'"):
        kr.tuning.search(benchmark)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tuner": "grid"}, "`tuner` must be one of 'random', 'bayesian', 'hyperband'"),
        ({"tuner": "hyperband", "max_trials": 3}, "`max_trials` must be left out with tuner="),
        ({"max_trials": 0}, "`max_trials` must be a whole number of at least 1"),
        ({"executions_per_trial": 0}, "`executions_per_trial` must be a whole number"),
        ({"epochs": 0}, "`epochs` must be a whole number"),
        ({"patience": -1}, "`patience` must be a whole number"),
        ({"train_data": [1]}, "`train_data` must be left out with a benchmark"),
    ],
)
def test_wrong_arguments_are_told_before_training(benchmark, arguments, message, no_training):
    with pytest.raises(ValueError, match=message):
        kr.tuning.search(benchmark, **arguments)
