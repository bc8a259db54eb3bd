"""Interrupted and finished searches called again, folders of other searches, and failures."""

import shutil

import keras
import keras_tuner
import pandas as pd
import pytest
from small_search import small_search

import keras_ranksim as kr


def interrupt(*numbers):
    """Raises in the trials with these numbers, counted over all calls."""
    calls = []

    def fail(hp):
        calls.append(hp)
        if len(calls) - 1 in numbers:
            raise KeyboardInterrupt

    return fail


@pytest.mark.parametrize("number", [0, 1, 3])
def test_an_interrupted_search_ends_as_an_uninterrupted_one(tmp_path, trained, number):
    whole = small_search(tmp_path / "whole", max_trials=5)
    settings, trained.settings = trained.settings, []
    trained.fail = interrupt(number)
    with pytest.raises(KeyboardInterrupt):
        small_search(tmp_path / "interrupted", max_trials=5)
    resumed = small_search(tmp_path / "interrupted", max_trials=5)
    pd.testing.assert_frame_equal(resumed.trials, whole.trials)
    assert trained.settings == settings


class Interrupt(keras.callbacks.Callback):
    epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        Interrupt.epochs += 1
        if Interrupt.epochs == 3:
            raise KeyboardInterrupt


def test_a_search_interrupted_inside_a_training_ends_as_an_uninterrupted_one(found, tmp_path):
    """Two epochs per training: it is interrupted in the second trial."""
    with pytest.raises(KeyboardInterrupt):
        small_search(tmp_path, callbacks=[Interrupt()])
    assert not (tmp_path / "trials" / "trial_2").exists()
    resumed = small_search(tmp_path)
    pd.testing.assert_frame_equal(resumed.trials, found.trials)


def test_a_finished_search_is_read_and_a_longer_one_continues(found, tmp_path, trained):
    folder = shutil.copytree(found.tuner.settings_path.parent, tmp_path / "copy")
    pd.testing.assert_frame_equal(small_search(folder).trials, found.trials)
    assert trained.settings == []
    longer = small_search(folder, max_trials=4)
    pd.testing.assert_frame_equal(longer.trials[:3], found.trials)
    assert trained.settings == [
        longer.tuner.oracle.get_trial(name).hyperparameters.values for name in ("3", "4")
    ]


def test_a_chief_reads_a_finished_search_without_workers(tmp_path, trained, monkeypatch):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", "1")
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "chief")
    search = keras_tuner.Tuner.search

    def search_alone(tuner, **arguments):
        with pytest.MonkeyPatch.context() as alone:
            alone.delenv("KERASTUNER_ORACLE_IP")
            search(tuner, **arguments)

    monkeypatch.setattr(keras_tuner.Tuner, "search", search_alone)
    first = small_search(tmp_path)
    monkeypatch.setattr(keras_tuner.Tuner, "search", None)
    assert small_search(tmp_path).best == first.best


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"gamma": (1.0, 100.0)},
        {"perturbation": (0.5, 2.0)},
        {"tune": ("ranksim", "learning_rate")},
        {"executions_per_trial": 2},
        {"epochs": 3},
        {"objective": "val_mae"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_folder_of_another_search_raises(found, trained, changes):
    with pytest.raises(ValueError, match="`output_dir` must be empty or hold the same run"):
        small_search(found.tuner.settings_path.parent, **changes)


def test_overwriting_searches_again_and_deletes_nothing_else(tmp_path, trained):
    (tmp_path / "thesis.txt").write_text("precious")
    small_search(tmp_path)
    small_search(tmp_path, overwrite=True, seed=1)
    assert len(trained.settings) == 6
    assert (tmp_path / "thesis.txt").exists()


def test_a_worker_of_another_search_raises_before_it_trains(found, trained, monkeypatch):
    trial = found.tuner.oracle.get_trial("0")
    monkeypatch.setattr(
        keras_tuner.Tuner, "search", lambda tuner, **arguments: tuner.run_trial(trial, **arguments)
    )
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", "1")
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "worker-0")
    with pytest.raises(RuntimeError, match="holds a run that differs in gamma"):
        small_search(found.tuner.settings_path.parent, gamma=(1.0, 100.0), overwrite=True)
    assert trained.settings == []
    assert (found.tuner.settings_path.parent / "trials" / "oracle.json").exists()


def test_chief_and_workers_need_a_folder(benchmark, trained, monkeypatch):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    with pytest.raises(ValueError, match="`output_dir` must be a folder that chief and workers"):
        kr.tuning.search(benchmark)


# Failures


def test_an_error_is_raised_at_once_and_the_same_call_tries_the_trial_again(tmp_path, trained):
    def fail(hp):
        if len(trained.settings) == 2:
            raise OSError("the disk is full")

    trained.fail = fail
    message = "Trial 2 stopped the search with OSError: the disk is full. The same call"
    with pytest.raises(RuntimeError, match=message) as caught:
        small_search(tmp_path, max_trials=3)
    assert isinstance(caught.value.__cause__, OSError)
    trained.fail = lambda hp: None
    result = small_search(tmp_path, max_trials=3)
    assert result.trials.index.tolist() == ["0", "baseline", "2", "3"]
    assert (result.trials["status"] == "COMPLETED").all()
    assert len(trained.settings) == 4


def reject(hp):
    if hp.values["gamma"] > 0.01:
        raise keras_tuner.errors.FailedTrialError("gamma is too large")


def test_a_setting_that_fails_is_a_row_and_the_search_continues(tmp_path, trained, recwarn):
    trained.fail = reject
    result = small_search(tmp_path)
    warned = [str(one.message) for one in recwarn if one.category is UserWarning]
    assert warned == ["1 of 3 trials failed. 0: gamma is too large"]
    assert result.trials["status"].tolist() == ["FAILED", "COMPLETED", "COMPLETED"]
    assert result.trials["error"].dropna().to_dict() == {"0": "gamma is too large"}
    assert "gamma is too large |" in repr(result)
    assert result.best_trial != "0"


def test_a_search_without_any_completed_trial_raises(tmp_path, trained):
    def fail(hp):
        raise keras_tuner.errors.FailedTrialError("nothing works")

    trained.fail = fail
    message = "All 7 trials of the search failed. 0: nothing works; baseline: nothing works"
    for _ in range(2):
        with pytest.raises(RuntimeError, match=message):
            small_search(tmp_path, max_trials=6)


class Diverge(keras.callbacks.Callback):
    def __init__(self, name):
        super().__init__()
        self.name = name

    def on_epoch_end(self, epoch, logs=None):
        logs[self.name] = float("nan")


@pytest.mark.parametrize("name", ["loss", "val_loss"])
def test_a_training_that_diverges_fails_its_trial(benchmark, name):
    message = f"All 1 trials of the search failed. 0: The training diverged: {name}=nan in epoch 1"
    arguments = {"tune": "learning_rate", "max_trials": 1, "epochs": 2, "verbose": 0}
    with pytest.raises(RuntimeError, match=message):
        kr.tuning.search(benchmark, "SQINV", callbacks=[Diverge(name)], **arguments)


def test_an_objective_of_a_shot_without_samples_raises(benchmark, trained):
    def many(report):
        return report.loc["many", "mae"]

    with pytest.raises(RuntimeError, match="`objective` must be finite.*many=nan.*'many': 0"):
        kr.tuning.search(benchmark, objective=many, max_trials=1, verbose=0)
