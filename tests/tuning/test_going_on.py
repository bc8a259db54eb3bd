"""Searches that go on: the same search or none, and failures that do not end it."""

import dataclasses
import json
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_search import make_benchmark, small_search

import keras_ranksim as kr
from keras_ranksim.tuning import folder as search_folders
from keras_ranksim.tuning.space import with_settings
from keras_ranksim.tuning.tuner import TrialRunner, first_line, write_error

SCORE = "balanced val_mae"


def outcome(value=1.0):
    """Stands in for training: every trial reaches `value`."""

    def run(self, hp, folder, epochs, earlier=None):
        (folder / "execution-0").mkdir(parents=True, exist_ok=True)
        (folder / "execution-0" / "model.keras").write_text("a model")
        reached = {self.task.objective.name: value(hp) if callable(value) else value}
        (folder / "outcome.json").write_text(json.dumps({**reached, "epochs": epochs}))
        return reached

    return run


def failing(*numbers):
    """Trainings, counted from 0 with the baseline, of which these fail."""
    calls, works = [], outcome()

    def run(self, hp, folder, epochs, earlier=None):
        calls.append(folder.name)
        if len(calls) - 1 in numbers:
            error = OSError("the disk is full")
            write_error(folder, error)
            raise error
        return works(self, hp, folder, epochs)

    return run


# The same search, or none


@pytest.mark.parametrize(
    "changes",
    [
        {"gamma": (1.0, 100.0)},
        {"delta": (0.5, 2.0)},
        {"tune": ("ranksim", "learning_rate")},
        {"executions_per_trial": 2},
        {"patience": 1},
        {"tuner": "hyperband", "max_trials": None},
        {"objective": "val_mae"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_search_over_something_else_does_not_go_on(found, changes):
    with pytest.raises(ValueError, match="`output_dir` must be empty or hold the same run"):
        small_search(found.output_dir, **changes)


def test_functions_of_one_name_are_told_apart(benchmark, tmp_path, monkeypatch):
    monkeypatch.setattr(TrialRunner, "run", outcome())
    small_search(tmp_path, objective=lambda report: report.loc["all", "mae"])
    small_search(tmp_path, objective=lambda report: report.loc["all", "mae"])
    with pytest.raises(ValueError, match="differs in objective_code"):
        small_search(tmp_path, objective=lambda report: 2 * report.loc["few", "mse"])


def test_a_worker_of_another_search_is_told(found, monkeypatch):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "worker-0")
    with pytest.raises(ValueError, match="which holds a run that differs in space"):
        small_search(found.output_dir, gamma=(1.0, 100.0))


def test_a_worker_without_a_chief_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "worker-0")
    monkeypatch.setattr(search_folders, "PATIENCE_SECONDS", 0)
    with pytest.raises(FileNotFoundError, match="must be the folder of the chief"):
        small_search(tmp_path)


def test_a_chief_reads_a_finished_search_without_workers(found, tmp_path, monkeypatch):
    folder = shutil.copytree(found.output_dir, tmp_path / "copy")
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", "1")
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "chief")
    assert small_search(folder).best == found.best


def test_the_policy_stays_what_it_was():
    seen = []

    class Spy(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            seen.extend(layer.compute_dtype for layer in self.model.layers if layer.weights)

    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        benchmark = make_benchmark()
        kr.tuning.search(
            benchmark, max_trials=1, epochs=1, baseline=False, verbose=0, callbacks=Spy()
        )
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
    assert "bfloat16" in seen


# Failures


def test_a_baseline_that_fails_is_a_row_and_is_tried_again(tmp_path, monkeypatch):
    monkeypatch.setattr(TrialRunner, "run", failing(0))
    with pytest.warns(UserWarning, match="1 of 4 trials failed. baseline: OSError: the disk is"):
        result = small_search(tmp_path)
    assert result.best_trial != "baseline"
    monkeypatch.setattr(TrialRunner, "run", outcome())
    assert (small_search(tmp_path).trials["status"] == "COMPLETED").all()


def test_three_failures_after_a_success_do_not_end_a_search_gone_on_with(tmp_path, monkeypatch):
    monkeypatch.setattr(TrialRunner, "run", outcome())
    small_search(tmp_path)
    monkeypatch.setattr(TrialRunner, "run", failing(1, 2, 3))
    with pytest.warns(UserWarning, match="3 of 7 trials failed"):
        result = small_search(tmp_path, max_trials=6)
    assert len(result.errors()) == 3


def test_failed_trials_are_tried_again_on_request(tmp_path, monkeypatch):
    monkeypatch.setattr(TrialRunner, "run", failing(2, 3))
    with pytest.warns(UserWarning, match="2 of 4 trials failed"):
        failed = small_search(tmp_path)
    monkeypatch.setattr(TrialRunner, "run", outcome())
    with pytest.warns(UserWarning, match="2 of 4 trials failed"):
        small_search(tmp_path)
    again = small_search(tmp_path, retry_failed=True)
    assert (again.trials["status"] == "COMPLETED").all()
    np.testing.assert_allclose(again.trials["gamma"], failed.trials["gamma"])


def test_silence_is_silence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(TrialRunner, "run", failing(1))
    with pytest.warns(UserWarning, match="1 of 4 trials failed"):
        small_search(tmp_path)
    assert capsys.readouterr() == ("", "")


def test_the_cause_of_an_error_inside_a_graph_is_its_first_line(tmp_path):
    @tf.function
    def divide(x):
        tf.debugging.assert_positive(x, "x must be positive")
        return tf.sqrt(x)

    try:
        divide(tf.constant(-1.0))
    except tf.errors.InvalidArgumentError as error:
        write_error(tmp_path, error)
    assert "x must be positive" in first_line(tmp_path / "error.txt")


def test_a_folder_that_nobody_named_goes_with_a_search_that_is_stopped(benchmark, monkeypatch):
    made = []

    def interrupted(self, hp, folder, epochs, earlier=None):
        made.append(folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(TrialRunner, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        kr.tuning.search(benchmark, verbose=0)
    assert not made[0].parent.exists()


# Names and numbers


def test_an_objective_called_as_an_error_by_shot_is_the_objective():
    def mae_few(report):
        return 1000 + report.loc["few", "mae"]

    result = kr.tuning.search(
        make_benchmark(), max_trials=1, epochs=1, baseline=False, objective=mae_few, verbose=0
    )
    assert result.best["mae_few"] > 1000


def test_neighbouring_seeds_share_no_trial(benchmark, monkeypatch):
    monkeypatch.setattr(TrialRunner, "run", outcome(lambda hp: hp.values["gamma"]))
    drawn = [
        set(kr.tuning.search(benchmark, max_trials=5, seed=seed, verbose=0).trials["delta"][2:])
        for seed in range(4)
    ]
    assert sum(map(len, drawn)) == len(set.union(*drawn)) == 16


def test_the_split_that_chose_a_model_is_refused_with_any_benchmark(found, benchmark):
    for model in (found.model(), found.retrain(seed=5, epochs=1, verbose=0).model):
        with pytest.raises(ValueError, match="with a model tuned on 'val'"):
            kr.experiments.evaluate(model, benchmark, "val")
        kr.experiments.evaluate(model, benchmark, "test")


def seconds(report):
    return report.loc["all", "mae"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"objective": seconds}, "`objective` must be a function whose name is no other column"),
        ({"objective": "val_pearson"}, "`objective` must be one of 'val_loss', 'val_mae'"),
        ({"gamma": 0.5}, r"`gamma` must be \(lowest, highest\), two numbers"),
        ({"gamma": (1, 2, 3)}, r"`gamma` must be \(lowest, highest\), two numbers"),
        ({"tune": 3}, "`tune` must be one or several of 'ranksim'"),
        ({"tune": ()}, "`tune` must name at least one of"),
        ({"seed": -1}, "`seed` must be a number of at least 0"),
        ({"seed": "1"}, "`seed` must be a number of at least 0"),
        ({"output_dir": __file__}, "`output_dir` must be a folder"),
    ],
)
def test_wrong_arguments_are_told_before_training(benchmark, arguments, message, monkeypatch):
    monkeypatch.setattr(TrialRunner, "run", None)
    with pytest.raises(ValueError, match=message):
        kr.tuning.search(benchmark, **arguments)


def test_a_recipe_of_gamma_0_asks_for_a_range(found, monkeypatch):
    monkeypatch.setattr(TrialRunner, "run", outcome())
    recipe = {"gamma": 0.0, "lambda_": 100.0}
    benchmark = with_settings(make_benchmark(), {"ranksim": recipe})
    with pytest.raises(ValueError, match="`gamma` must be given.* where the recipe's is 0"):
        kr.tuning.search(benchmark, verbose=0)
    result = kr.tuning.search(benchmark, gamma=(0.01, 1.0), max_trials=1, verbose=0)
    assert result.trials.loc["0", "gamma"] == pytest.approx(0.1)


def test_a_monitor_that_no_report_has_asks_for_an_objective(benchmark):
    recipe = dataclasses.replace(benchmark.recipe, monitor="val_loss")
    with pytest.raises(ValueError, match="`objective` must be given.*monitor='val_loss'"):
        kr.tuning.search(benchmark.replace(recipe=recipe))


def test_an_objective_of_a_shot_without_samples_says_so(benchmark):
    def many(report):
        return report.loc["many", "mae"]

    with pytest.raises(RuntimeError, match="no validation sample that is many or zero"):
        kr.tuning.search(
            benchmark, objective=many, max_trials=1, epochs=1, baseline=False, verbose=0
        )
