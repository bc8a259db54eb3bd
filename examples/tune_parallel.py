"""The search of `tune.py` in several processes: one chief and as many workers as you have devices.

Starts them all on this machine, the way KerasTuner wants it: the same program, with three
environment variables. On several machines start `tune.py` yourself on each, with the chief's
address and a folder they share. All flags but `--workers` and `--port` are those of `tune.py`;
the trials are those that one process would find, sooner.

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
    own, passed_on = flags.parse_known_args()
    address = {"KERASTUNER_ORACLE_IP": "127.0.0.1", "KERASTUNER_ORACLE_PORT": str(own.port)}
    names = ["chief", *(f"worker-{number}" for number in range(own.workers))]
    processes = [
        subprocess.Popen(
            [sys.executable, str(TUNE), *passed_on],
            env={**os.environ, **address, "KERASTUNER_TUNER_ID": name},
        )
        for name in names
    ]
    try:
        ended = [process.wait() for process in reversed(processes)]
    finally:
        for process in processes:
            process.terminate()
    sys.exit(max(ended, key=abs))


if __name__ == "__main__":
    main()
