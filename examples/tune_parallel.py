"""The search of `tune.py` in several processes: one chief, and a worker for each of your devices.

Starts them all on this machine by KerasTuner's protocol: the same program with three environment
variables. On several machines start `tune.py` yourself on each, with the chief's address and a
shared folder. All flags but `--workers` and `--port` are those of `tune.py`, and the trials are
those of a single process.

    python examples/tune_parallel.py --workers 2 --quick
    python examples/tune_parallel.py --workers 4 --trials 40 --output-dir runs/tuned
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

TUNE = Path(__file__).with_name("tune.py")


def main():
    flags = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    flags.add_argument("--workers", type=int, default=2, help="default: %(default)s")
    flags.add_argument("--port", type=int, default=8000, help="of the chief, on this machine")
    own, of_tune = flags.parse_known_args()
    address = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": str(own.port)}
    names = ["chief", *(f"worker-{number}" for number in range(own.workers))]
    processes = [
        subprocess.Popen(
            [sys.executable, str(TUNE), *of_tune],
            env={**os.environ, **address, "KERASTUNER_TUNER_ID": name},
        )
        for name in names
    ]
    try:
        codes = [process.wait() for process in reversed(processes)]
    finally:
        for process in processes:
            process.terminate()
    sys.exit(max(codes, key=abs))


if __name__ == "__main__":
    main()
