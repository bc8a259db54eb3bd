"""Searches: seeded, judged on validation data alone, with the method itself as baseline."""

import gc

import numpy as np
import pandas as pd
import pytest
from small_search import make_benchmark, small_search

import keras_ranksim as kr
from keras_ranksim.experiments import run

SCORE = "balanced val_mae"


def test_the_recipe_comes_first_the_baseline_second_and_the_best_is_no_worse(found, benchmark):
    trials = found.trials
    assert trials.index.tolist() == ["0", "baseline", "2"]
    assert (trials["status"] == "COMPLETED").all()
    assert trials.loc["0", ["gamma", "lambda_"]].to_dict() == pytest.approx(
        benchmark.recipe.ranksim
    )
    assert trials.loc["baseline", "gamma"] == 0
    assert trials.loc["baseline", "perturbation"] == trials.loc["0", "perturbation"]
    assert found.best[SCORE] == trials[SCORE].min() <= trials.loc["baseline", SCORE]
    assert found.gamma == trials.loc[found.best_trial, "gamma"]
    drawn = trials[trials["gamma"] > 0]
    np.testing.assert_allclose(drawn["gamma"] * drawn["lambda_"], drawn["perturbation"])


def test_the_baseline_is_the_method_without_ranksim_and_a_trial_is_a_run(found, benchmark):
    vanilla = run(benchmark, "VANILLA", epochs=2, verbose=0)
    expected = np.mean([vanilla.validation.loc[shot, "mae"] for shot in ("medium", "few")])
    assert vanilla.validation.loc[["many", "zero"], "n"].sum() == 0
    np.testing.assert_allclose(found.trials.loc["baseline", SCORE], expected, rtol=1e-5)
    row = found.trials.loc["2"]
    hypermodel = kr.tuning.RankSimHyperModel(benchmark)
    settings = found.tuner.oracle.get_trial("2").hyperparameters
    result = run(hypermodel.tuned(settings), "RANKSIM", epochs=2, verbose=0)
    np.testing.assert_allclose(row["mae_few"], result.validation.loc["few", "mae"], rtol=1e-5)


def test_the_best_setting_wins_even_if_it_is_the_baseline(benchmark, trained):
    result = kr.tuning.search(benchmark, gamma=(0.001, 100), max_trials=6, verbose=0)
    assert result.best_trial == result.trials[SCORE].idxmin() != "baseline"
    assert result.lambda_ == pytest.approx(result.perturbation / result.gamma)
    trained.error = lambda hp, seed: 1 + hp.values["gamma"]
    result = kr.tuning.search(benchmark, gamma=(0.001, 100), max_trials=6, verbose=0)
    assert (result.best_trial, result.gamma, result.lambda_) == ("baseline", 0.0, None)
    assert result.benchmark.recipe.ranksim["gamma"] == 0


def test_a_method_without_ranksim_has_no_baseline(benchmark, trained):
    trained.error = lambda hp, seed: hp.values["learning_rate"]
    result = kr.tuning.search(benchmark, "SQINV", tune="learning_rate", max_trials=3, verbose=0)
    assert result.trials.index.tolist() == ["0", "1", "2"]
    assert (result.gamma, result.perturbation, result.lambda_) == (None, None, None)
    assert result.benchmark.recipe.learning_rate == result.trials["learning_rate"].min()
    with pytest.raises(ValueError, match="`plot` draws gamma and the perturbation"):
        result.plot()


def test_the_seed_decides_the_draws_and_neighboring_seeds_share_none(benchmark, trained):
    def drawn(seed):
        return kr.tuning.search(benchmark, max_trials=4, seed=seed, verbose=0).trials

    tables = [drawn(seed) for seed in range(4)]
    pd.testing.assert_frame_equal(tables[1], drawn(1))
    perturbations = [set(table["perturbation"][2:]) for table in tables]
    assert sum(map(len, perturbations)) == len(set.union(*perturbations)) == 12


def test_all_trials_share_the_seeds_of_their_executions_which_are_averaged(benchmark, trained):
    result = kr.tuning.search(
        benchmark, max_trials=1, executions_per_trial=3, seed=5, verbose=0, objective="val_mae"
    )
    assert trained.seeds == [5, 6, 7] * 2
    errors = [trained.error(result.tuner.get_best_hyperparameters()[0], s) for s in (5, 6, 7)]
    assert result.best["val_mae"] == pytest.approx(np.mean(errors))
    assert result.trials.loc["0", "deviation"] == pytest.approx(1.0)


def test_the_search_never_reads_the_test_split():
    benchmark, read = make_benchmark(), []
    pipeline = benchmark.make_pipeline

    def spy(split, benchmark):
        read.append(split)
        return pipeline(split, benchmark)

    def overall(report):
        with pytest.raises(ValueError, match="A search must not read the test split"):
            seen[0].test  # noqa: B018
        return report.loc["all", "mae"]

    seen, train = [], kr.tuning.hypermodel.train
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            kr.tuning.hypermodel, "train", lambda *args: seen.append(args[0]) or train(*args)
        )
        result = kr.tuning.search(
            benchmark.replace(make_pipeline=spy),
            "SQINV",
            tune="learning_rate",
            max_trials=1,
            epochs=1,
            objective=overall,
            verbose=0,
        )
    assert set(read) == {"train", "val"}
    assert result.objective == "overall"
    result.test_report()
    assert set(read) == {"train", "val", "test"}


def test_the_split_that_chose_the_settings_is_refused_for_reporting(found):
    with pytest.raises(ValueError, match="must not be the split that settings were tuned on"):
        kr.experiments.evaluate(found.model(), found.benchmark, "val")
    report = kr.experiments.evaluate(found.model(), found.benchmark)
    pd.testing.assert_frame_equal(found.test_report(), report)


def test_the_best_model_is_kept_alone_and_predicts_what_was_measured(found, benchmark):
    folder = found.tuner.oracle.get_best_trials()[0].trial_id
    (path,) = (found.tuner.settings_path.parent / "trials").rglob("*.keras")
    assert path.parent.name == f"trial_{folder}"
    assert not list(path.parent.glob("execution-*"))
    report = kr.experiments.evaluate(found.model(), benchmark, "val")
    assert report.loc["few", "mae"] == pytest.approx(found.trials.loc[found.best_trial, "mae_few"])


def test_the_table_is_written_with_the_best_row_in_bold(found):
    folder = found.tuner.settings_path.parent
    written = pd.read_csv(folder / "trials.csv", index_col="trial")
    np.testing.assert_allclose(written[SCORE], found.trials[SCORE])
    header, _, *rows = (folder / "trials.md").read_text().splitlines()
    assert header.startswith("| trial | gamma | lambda_ | perturbation | status | balanced val_mae")
    assert "error" not in header
    (bold,) = [row for row in rows if "**" in row]
    assert bold.startswith(f"| **{found.best_trial}** |")


def test_the_picture_has_the_trials_but_the_baseline(found):
    axes = found.plot().axes[0]
    drawn = found.trials[found.trials["gamma"] > 0]
    places = next(one for one in axes.collections if one.get_offsets().shape == (len(drawn), 2))
    np.testing.assert_allclose(
        places.get_offsets(), np.log10(drawn[["gamma", "perturbation"]].to_numpy(float))
    )


def test_an_objective_called_like_a_column_is_the_objective(benchmark, trained):
    def mae_few(report):
        return 1000 + report.loc["few", "mae"]

    result = kr.tuning.search(benchmark, max_trials=1, objective=mae_few, verbose=0)
    assert result.best["mae_few"] > 1000


def test_a_folder_that_nobody_named_goes_with_the_result(benchmark, trained):
    result = kr.tuning.search(benchmark, max_trials=1, verbose=0)
    folder = result.tuner.settings_path.parent
    assert (folder / "trials.csv").exists()
    del result
    gc.collect()
    assert not folder.exists()


def test_silence_is_silence(tmp_path, trained, capsys):
    for max_trials in (1, 2):  # the second call reloads
        small_search(tmp_path, max_trials=max_trials)
    assert capsys.readouterr() == ("", "")


def seconds(report):
    return report.loc["all", "mae"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_trials": 0}, "`max_trials` must be a whole number of at least 1"),
        ({"executions_per_trial": 0}, "`executions_per_trial` must be a whole number"),
        ({"epochs": 0}, "`epochs` must be a whole number"),
        ({"seed": -1}, "`seed` must be a number of at least 0"),
        ({"seed": "1"}, "`seed` must be a number of at least 0"),
        ({"objective": "val_pearson"}, "`objective` must be one of 'val_mae', 'val_mse', 'val_gm'"),
        ({"gamma": 0.5}, r"`gamma` must be \(lowest, highest\), two numbers"),
        ({"perturbation": (0, 1)}, "`perturbation` must be a positive number"),
        ({"tune": 3}, "`tune` must be one of 'ranksim'"),
        ({"tune": ()}, "`tune` must name at least one of"),
    ],
)
def test_wrong_arguments_raise_before_training(benchmark, trained, arguments, message):
    with pytest.raises(ValueError, match=message):
        kr.tuning.search(benchmark, **arguments)
    assert not trained.settings


def test_an_unknown_argument_raises_before_training(benchmark, trained):
    with pytest.raises(TypeError, match="'delta'"):
        kr.tuning.search(benchmark, delta=(1, 2))
    assert not trained.settings
