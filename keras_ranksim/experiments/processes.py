"""Runs the cells of a table in several processes at once."""

from __future__ import annotations

import contextlib
import math
import os
import pickle
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import keras
import tensorflow as tf

from keras_ranksim.experiments.cells import Cell, CellRunner
from keras_ranksim.experiments.result import Failure, Result
from keras_ranksim.methods.library import own_entries
from keras_ranksim.validation import optional_package

WORKER = Path(__file__).with_name("worker.py")
LAST_WRITTEN = 2000  # characters of what a process wrote before it ended


def run_in_processes(
    cells: Iterable[Cell],
    runner: CellRunner,
    processes: int,
    on_start: Callable,
) -> Iterator[tuple[Cell, Result | Failure]]:
    """Runs cells in several processes, and yields each as soon as it is finished.

    The processes have their share of the cores and train as this one does: same dtype policy,
    same methods, same number of threads per operation, on which the last digits depend. A
    process that ends by itself is a failed cell, and another one takes its place. When the
    generator is closed, or interrupted by Ctrl-C, all processes end.

    Args:
        cells: The cells.
        runner: Runs a cell; a copy of it is sent to every process.
        processes: How many processes, at least 1.
        on_start: Called with every cell that starts.
    """
    waiting, seconds = list(cells), {}
    answers: queue.Queue = queue.Queue()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        job = Path(folder) / "job.pkl"
        job.write_bytes(_pickled(runner))
        workers: list[_Worker | None] = [None] * min(processes, len(waiting))
        idle = list(range(len(workers)))[::-1]
        at_work: dict[int, Cell] = {}
        while waiting or at_work:
            while waiting and idle:
                number = idle.pop()
                if workers[number] is None:
                    workers[number] = _Worker(job, number, processes, answers)
                    stack.callback(workers[number].kill)
                at_work[number] = _longest(waiting, seconds)
                waiting.remove(at_work[number])
                on_start(at_work[number])
                workers[number].start(at_work[number])
            number, answer = answers.get()
            if answer is None:
                answer, workers[number] = workers[number].failure(), None
            idle.append(number)
            cell = at_work.pop(number)
            if isinstance(answer, Result):
                seconds[cell.place] = answer.seconds
            yield cell, answer


def _longest(waiting, seconds):
    """The cell to start next: of a row that no seed has timed yet, else of the slowest row.

    A slow cell started last would leave the other processes without work. Seeds go one after the
    other: a benchmark may be loaded for each, and a table cut short holds whole seeds.
    """
    of_seed = (cell for cell in waiting if cell.seed == waiting[0].seed)
    return max(of_seed, key=lambda cell: seconds.get(cell.place, math.inf))


class _Worker:
    """A process that runs one cell after the other; its answers go to a queue."""

    def __init__(self, job, number, processes, answers):
        self.log = job.with_name(f"{number}.log")
        environment = {
            **os.environ,
            "KERAS_BACKEND": keras.config.backend(),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        }
        command = [sys.executable, "-P", str(WORKER)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, str(job), *_share_of_cores(number, processes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                start_new_session=True,  # Ctrl-C reaches this process, which ends the others
            )
        threading.Thread(target=self._listen, args=(number, answers), daemon=True).start()

    def start(self, cell):
        """Sends a cell. A process that has ended is found by the thread that listens to it."""
        with contextlib.suppress(OSError):
            pickle.dump(cell, self.process.stdin)
            self.process.stdin.flush()

    def _listen(self, number, answers):
        with self.process.stdout as stream:
            try:
                while True:
                    answers.put((number, pickle.load(stream)))
            except (EOFError, pickle.UnpicklingError):
                answers.put((number, None))

    def failure(self):
        """Why the process ended, in one line, and the last it wrote."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=10)
        self.kill()
        code = self.process.returncode
        how = f"signal {-code}; was there enough memory?" if code < 0 else f"exit code {code}"
        written = self.log.read_text(errors="replace")[-LAST_WRITTEN:].strip()
        return Failure(f"The process of this cell ended with {how}\n{written}".strip())

    def kill(self):
        """Ends the process. What it writes to disk is written whole or not at all."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError):
            self.process.stdin.close()


def _pickled(runner):
    cloudpickle = optional_package("cloudpickle", extra="parallel")
    settings = {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "policy": keras.config.dtype_policy().name,
        "threads": _threads(),
        "command": sys.orig_argv,
    }
    try:
        # One after the other: settings come before the first tensor, which starts TensorFlow.
        return pickle.dumps(settings) + cloudpickle.dumps((own_entries(), runner))
    except Exception as error:
        raise ValueError(
            "`benchmark` must be one that can be sent to other processes, or a function that "
            "loads it, such as `lambda seed: kr.data.load_portraits()`, if `processes` is above "
            f"1. Received: a benchmark that cannot be pickled ({type(error).__name__}: {error})"
        ) from error


def _threads():
    """Threads of an operation in this process; matrix products may depend on them."""
    return tf.config.threading.get_intra_op_parallelism_threads() or _cores()


def _cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _share_of_cores(number, processes):
    """The cores of a process, as its arguments; none where the system lets nobody choose."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    cores = sorted(os.sched_getaffinity(0))
    return [str(core) for core in cores[number % len(cores) :: processes]]
