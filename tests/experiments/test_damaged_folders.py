"""Damaged folders and full disks: one sentence with the file and the way out."""

import shutil

import keras
import numpy as np
import pandas as pd
import pytest

import keras_ranksim as kr
from keras_ranksim.experiments import run, run_table, write_report


@pytest.fixture(scope="module")
def prices():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=200)})
    frame["price"] = np.round(np.exp(1.5 + 0.8 * frame["a"]), 1)
    return kr.data.load_table(frame, label="price", name="prices", batch_size=100)


@pytest.fixture(scope="module")
def finished(prices, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    run_table(prices, ["VANILLA", "SQINV"], [0], epochs=1, output_dir=folder)
    return folder


@pytest.fixture
def folder(finished, tmp_path):
    """A finished table of two runs, to damage."""
    return shutil.copytree(finished, tmp_path / "table")


@pytest.mark.parametrize(
    ("file", "damage", "message"),
    [
        ("report.csv", None, "is missing"),
        ("report.csv", "a,b\n1,2\n", "is damaged"),
        ("validation.csv", "", "is damaged"),
        ("settings.json", '{"seed": ', "is damaged"),
        ("stage_one/epochs.jsonl", '{"loss"\n', "is damaged"),
        ("stage_one/epochs.jsonl", None, "is missing"),
    ],
)
def test_a_damaged_run_names_the_file_and_the_others_stay_readable(
    prices, folder, file, damage, message
):
    path = folder / "vanilla" / "seed-0" / file
    depth = file.count("/")
    path.unlink() if damage is None else path.write_text(damage)
    with pytest.raises(
        ValueError, match=f"{path.name}' {message}.*delete the folder '{path.parents[depth]}'"
    ):
        run(prices, "VANILLA", epochs=1, output_dir=folder / "vanilla" / "seed-0")
    table = run_table(prices, ["VANILLA", "SQINV"], [0], epochs=1, output_dir=folder)
    assert list(table.errors()) == ["VANILLA, seed 0"]
    assert f"{path.name}' {message}" in table.errors()["VANILLA, seed 0"]
    assert table.finished("SQINV")[0].report.loc["all", "n"] > 0


def test_a_page_needs_what_the_run_left(folder):
    (folder / "sqinv" / "seed-0" / "labels.npz").write_bytes(b"no archive")
    with pytest.raises(ValueError, match=r"labels.npz' is damaged.*delete the folder"):
        write_report(folder / "sqinv" / "seed-0")
    (folder / "table.json").write_text("[")
    with pytest.raises(ValueError, match=r"table.json' is damaged.*Call `run_table` again"):
        write_report(folder)


@pytest.mark.parametrize("name", ["state.npz", "best.npz"])
def test_a_damaged_checkpoint_is_named(prices, tmp_path, name):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            (tmp_path / "stage_one" / name).write_bytes(b"PK\x03\x04 interrupted")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(prices, "VANILLA", epochs=1, output_dir=tmp_path, verbose=0, callbacks=[Interrupt()])
    with pytest.raises(ValueError, match=rf"{name}' is damaged.*delete the folder"):
        run(prices, "VANILLA", epochs=1, output_dir=tmp_path, verbose=0)


@pytest.mark.parametrize("call", [run, run_table])
def test_a_folder_that_cannot_be_made_is_named_by_its_argument(prices, tmp_path, call):
    (tmp_path / "file").write_text("")
    methods = "VANILLA" if call is run else ["VANILLA"]
    with pytest.raises(OSError, match=r"`output_dir` must be a folder.*file/x'.*Name another"):
        call(prices, methods, output_dir=tmp_path / "file" / "x")


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        RuntimeError("Can't decrement id ref count (errno = 28, 'No space left on device')"),
    ],
)
def test_a_full_disk_is_one_sentence_and_the_run_resumes(prices, tmp_path, monkeypatch, error):
    save, calls = np.savez, []

    def full_at_the_fourth_save(path, **arrays):
        calls.append(path)
        if len(calls) == 4:
            raise error
        return save(path, **arrays)

    monkeypatch.setattr(np, "savez", full_at_the_fourth_save)
    with pytest.raises(OSError, match=r"The disk of '.*' is full. Free some space.*resumes"):
        run(prices, "VANILLA", epochs=3, output_dir=tmp_path, verbose=0)
    resumed = run(prices, "VANILLA", epochs=3, output_dir=tmp_path, verbose=0)
    expected = run(prices, "VANILLA", epochs=3, verbose=0)
    np.testing.assert_allclose(resumed.history["val_mae"], expected.history["val_mae"], rtol=1e-5)


def test_other_errors_of_the_system_stay_as_they_are(prices, tmp_path, monkeypatch):
    def refuse(path, **arrays):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(np, "savez", refuse)
    with pytest.raises(PermissionError, match="Permission denied"):
        run(prices, "VANILLA", epochs=1, output_dir=tmp_path, verbose=0)
