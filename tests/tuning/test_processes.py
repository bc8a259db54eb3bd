"""A search of several processes: the same trials as in one."""

import socket

import pandas as pd
from small_search import start

# KerasTuner's chief sleeps 20 seconds at a time while it waits for the last worker.
CODE = """
import time
sleep = time.sleep
time.sleep = lambda seconds: sleep(min(seconds, 0.2))
result = small_search(sys.argv[1])
print("found", result and result.best_trial)
"""


def test_a_chief_and_two_workers_find_what_one_process_finds(found, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": str(port)}
    processes = [
        start(CODE, tmp_path, KERASTUNER_TUNER_ID=name, **address)
        for name in ("chief", "worker-0", "worker-1")
    ]
    try:
        outputs = [process.communicate(timeout=240) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert [process.returncode for process in processes] == [0, 0, 0], outputs
    assert [output.split()[-1] for output, _ in outputs] == [found.best_trial, "None", "None"]
    written = pd.read_csv(tmp_path / "trials.csv", index_col="trial")
    columns = [name for name in found.trials if name != "error"]
    pd.testing.assert_frame_equal(
        written[columns], found.trials[columns], rtol=1e-5, check_dtype=False
    )
