"""Several processes of one program on this machine, each with an environment of its own."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Sequence

from keras_ranksim.validation import positive_integer

# After one process failed, the others get this long to report why they cannot continue.
SECONDS_AFTER_A_FAILURE = 60


def run_workers(
    command: Sequence, count: int = 2, *, seconds: float | None = None, **popen_options
) -> list[int]:
    """Runs a training script in several worker processes on this machine.

    Each process gets a `TF_CONFIG` that names all workers, on free ports, and its own place among
    them: the script makes a `tf.distribute.MultiWorkerMirroredStrategy()`. On several machines
    set `TF_CONFIG` yourself and start the script once on each.

    Args:
        command: The command line, for instance `[sys.executable, "train.py"]`.
        count: Number of workers.
        seconds: Time limit; workers that still run then are stopped.
        **popen_options: As in `subprocess.Popen`, for instance `stdout`, a file; a pipe that nobody
            reads would stop the workers.

    Returns:
        The exit codes of the workers, 0 for success. If one worker fails, the others are stopped
        after a minute.

    Example:

    >>> import sys
    >>> import keras_ranksim as kr
    >>> kr.distribute.run_workers([sys.executable, "-c", "import os; os.environ['TF_CONFIG']"])
    [0, 0]
    """
    count = positive_integer("count", count, "workers")
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(count)]
    configs = [
        {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        for index in range(count)
    ]
    environments = [{"TF_CONFIG": json.dumps(config)} for config in configs]
    return run_processes(command, environments, seconds=seconds, **popen_options)


def run_processes(
    command: Sequence, environments: Sequence[dict], *, seconds=None, **popen_options
) -> list[int]:
    """Runs one command once for each environment; arguments and result as in `run_workers`.

    Args:
        environments: What to add to the environment of this process.
    """
    processes = []
    given = popen_options.pop("env", None) or os.environ
    try:
        for environment in environments:
            everything = {**given, **environment}
            processes.append(subprocess.Popen(command, env=everything, **popen_options))
        _wait(processes, seconds)
    finally:
        for process in processes:
            process.kill()
    return [process.wait() for process in processes]


def _wait(processes, seconds):
    """Waits until all processes ended, or until it is too late for those that did not."""
    end = float("inf") if seconds is None else time.monotonic() + seconds
    while any(process.poll() is None for process in processes) and time.monotonic() < end:
        if any(process.poll() for process in processes):
            end = min(end, time.monotonic() + SECONDS_AFTER_A_FAILURE)
        time.sleep(0.2)


def _free_ports(count):
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [server.getsockname()[1] for server in servers]
    finally:
        for server in servers:
            server.close()
