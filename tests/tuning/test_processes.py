"""A search of several processes: the same trials as in one."""

import socket
import time

import pandas as pd
from small_search import small_search, start

WORKER = "print('found', small_search(sys.argv[1]))"


def test_a_chief_and_two_workers_find_what_one_process_finds(found, tmp_path, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = {
            "KERASTUNER_ORACLE_IP": "127.0.0.1",
            "KERASTUNER_ORACLE_PORT": str(free.getsockname()[1]),
        }
    workers = [
        start(WORKER, tmp_path, KERASTUNER_TUNER_ID=name, **address)
        for name in ("worker-0", "worker-1")
    ]
    sleep = time.sleep

    def sleep_while_workers_live(seconds):
        """KerasTuner's chief would wait 20 seconds at a time, and forever for a dead worker."""
        assert not any(worker.poll() for worker in workers)
        sleep(min(seconds, 0.2))

    monkeypatch.setattr(time, "sleep", sleep_while_workers_live)
    for name, value in {**address, "KERASTUNER_TUNER_ID": "chief"}.items():
        monkeypatch.setenv(name, value)
    try:
        chief = small_search(tmp_path)
        outputs = [worker.communicate(timeout=60) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert [output.split() for output, _ in outputs] == [["found", "None"]] * 2, outputs
    assert chief.best_trial == found.best_trial
    pd.testing.assert_frame_equal(
        chief.trials.drop(columns="error"), found.trials.drop(columns="error"), rtol=1e-5
    )
