"""Several worker processes on this machine."""

import json
import sys

import pytest

from keras_ranksim.distribute import local_workers, run_workers

WRITE = "import os, sys; open(sys.argv[1] + str(os.getpid()), 'w').write(os.environ['TF_CONFIG'])"
DIE_OR_WAIT = """
import json, os, sys, time
index = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
sys.exit(3) if index == 1 else time.sleep(60)
"""


def test_every_worker_knows_all_workers_and_its_own_place(tmp_path):
    assert run_workers([sys.executable, "-c", WRITE, f"{tmp_path}/"], 3) == [0, 0, 0]
    configs = [json.loads(path.read_text()) for path in tmp_path.iterdir()]
    assert sorted(config["task"]["index"] for config in configs) == [0, 1, 2]
    assert all(config["cluster"] == configs[0]["cluster"] for config in configs)
    assert len(set(configs[0]["cluster"]["worker"])) == 3


def test_a_failed_worker_ends_the_others(monkeypatch):
    monkeypatch.setattr(local_workers, "SECONDS_AFTER_A_FAILURE", 0.1)
    assert run_workers([sys.executable, "-c", DIE_OR_WAIT]) == [-9, 3]


def test_workers_that_run_too_long_are_stopped():
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    assert run_workers(sleep, 1, seconds=0.5) == [-9]


def test_an_environment_of_ones_own_is_added_to(tmp_path):
    write = (
        "import os, sys; open(sys.argv[1] + os.environ['MINE'], 'w').write(os.environ['TF_CONFIG'])"
    )
    assert run_workers([sys.executable, "-c", write, f"{tmp_path}/"], 1, env={"MINE": "a"}) == [0]
    assert "worker" in (tmp_path / "a").read_text()


@pytest.mark.parametrize("count", [0, -1, 2.0])
def test_no_workers_are_no_success(count):
    with pytest.raises(ValueError, match="`count` must be a whole number of at least 1"):
        run_workers([sys.executable, "-c", "pass"], count)
