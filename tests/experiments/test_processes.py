"""Tables in several processes: same results, failures in their cells, Ctrl-C, locks."""

import os
import pickle
import subprocess
import sys
import threading

import cloudpickle
import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.experiments import folder_lock, processes, run_table
from keras_ranksim.experiments.cells import Cell
from keras_ranksim.experiments.progress import TableProgress
from keras_ranksim.methods.library import LIBRARY
from keras_ranksim.methods.registry import unregister


@pytest.fixture(autouse=True)
def _traced():
    eager = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(False)
    yield
    tf.config.run_functions_eagerly(eager)


@pytest.fixture
def exits():
    """A method of a notebook in place of the library's, of which one run ends its process."""
    parent = os.getpid()

    def layer(benchmark):
        if benchmark.seed == 1 and os.getpid() != parent:
            os.write(2, b"out of luck")
            os._exit(3)
        return keras.layers.Activation("tanh")

    unregister("CMIXUP")
    kr.methods.register(kr.methods.Entry("CMIXUP", "Ends its process", layer=layer))
    yield "VANILLA + CMIXUP"  # as tables spell it
    unregister("CMIXUP")
    kr.methods.register(LIBRARY["CMIXUP"])


def loaded(seed):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=300)})
    frame["price"] = np.round(np.exp(1.5 + 0.8 * frame["a"] + 0.1 * random.normal(size=300)), 1)
    frame = pd.DataFrame({**frame, "noise": random.normal(size=300)})
    return kr.data.load_table(frame, label="price", name="prices")


def test_two_processes_find_what_one_finds_after_an_interruption(exits, tmp_path, monkeypatch):
    methods, seeds = ["VANILLA", exits], [0, 1]
    started = []
    popen = subprocess.Popen

    def recording(*arguments, **options):
        started.append(popen(*arguments, **options))
        return started[-1]

    def interrupted(*_):
        raise KeyboardInterrupt

    arguments = {"epochs": 2, "output_dir": tmp_path, "processes": 2}
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "Popen", recording)
        patch.setattr(TableProgress, "finish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run_table(loaded, methods, seeds, **arguments)
    assert [process.poll() is not None for process in started] == [True, True]
    finished = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("result.json")}
    assert finished

    table = run_table(loaded, methods, seeds, **arguments)
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert list(table.errors()) == [f"{exits}, seed 1"]
    message = table.errors()[f"{exits}, seed 1"]
    assert "ended with exit code 3" in message
    assert message.endswith("out of luck")
    assert f"| {exits} | 1, 1 failed |" in (tmp_path / "table.md").read_text()
    alone = run_table(loaded, methods, seeds, epochs=2)
    assert list(table.results) == list(alone.results) == methods
    for name, seed in (("VANILLA", 0), ("VANILLA", 1), (exits, 0)):
        ours, theirs = table.results[name][seed], alone.results[name][seed]
        assert ours.history["loss"] == theirs.history["loss"]
        pd.testing.assert_frame_equal(ours.report, theirs.report, check_names=False)


def test_a_benchmark_of_a_table_can_be_sent():
    benchmark = loaded(0)
    sent = pickle.loads(cloudpickle.dumps(benchmark))
    for own, other in zip(benchmark.train, sent.train):
        np.testing.assert_array_equal(own[0], other[0])
        np.testing.assert_array_equal(own[1], other[1])
    assert sent.facts["encoder"].feature_names == benchmark.facts["encoder"].feature_names


def test_a_benchmark_that_cannot_be_sent_is_an_error_before_training(tmp_path):
    benchmark = loaded(0)
    lock = threading.Lock()
    stuck = benchmark.replace(make_network=lambda: lock)
    with pytest.raises(ValueError, match="`benchmark` must be one that can be sent.*cannot be"):
        run_table(stuck, ["VANILLA", "RANKSIM"], [0], processes=2)
    with pytest.raises(ValueError, match="`processes` must be a whole number of at least 1"):
        run_table(benchmark, ["VANILLA"], [0], processes=0)


def test_a_second_table_in_a_folder_is_refused_and_a_killed_one_is_not_in_the_way(tmp_path):
    holder = f"""
import pathlib, runpy, time
with runpy.run_path({folder_lock.__file__!r})["folder_lock"](pathlib.Path({str(tmp_path)!r})):
    print("locked", flush=True)
    time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "locked\n"
        with pytest.raises(
            RuntimeError,
            match=rf"`output_dir` must not be in use by another table.*{process.pid} writes",
        ):
            run_table(loaded, ["VANILLA"], [0], epochs=1, output_dir=tmp_path)
    finally:
        process.kill()
        process.communicate()
    with folder_lock.folder_lock(tmp_path):
        pass


def test_processes_have_shares_of_the_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    shares = [processes._share_of_cores(number, 2) for number in range(2)]
    assert shares == [["0", "2"], ["1", "3"]]
    assert processes._share_of_cores(5, 6) == ["1"]


IMPORTED = """
import runpy, sys
sys.modules.pop("sklearn", None)  # which these tests hide from every process
runpy.run_path(sys.argv[1])["_import_libraries"]()
imported = {name.split(".")[0] for name in sys.modules}
assert imported.isdisjoint({"jax", "matplotlib", "sklearn"}), imported
import matplotlib.pyplot, sklearn.ensemble
"""


def test_a_process_hides_packages_from_keras_and_not_from_methods():
    command = [sys.executable, "-c", IMPORTED, str(processes.WORKER)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr


def test_rows_that_take_long_are_started_first_so_that_processes_end_together():
    waiting = [Cell(place, None, 1) for place in ("a", "b", "c")] + [Cell("d", None, 2)]
    assert processes._longest(waiting, {}).place == "a"
    assert processes._longest(waiting, {"a": 2.0, "c": 9.0}).place == "b"
    timed = {"a": 2.0, "b": 3.0, "c": 1.0, "d": 9.0}
    assert processes._longest(waiting, timed).place == "b", "the next seed has to wait"
