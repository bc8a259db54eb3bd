"""TensorFlow's start without its harmless lines, for programs that ask for it.

TensorFlow writes some lines before it reads `TF_CPP_MIN_LOG_LEVEL`, which therefore cannot
silence them. A program that sets the environment variable `KERAS_RANKSIM_QUIET` to 1 and imports
`keras_ranksim` before Keras and TensorFlow does not see them. Nothing is silenced unasked.
"""

import contextlib
import logging
import os
import subprocess
import sys
from collections.abc import Iterator

VARIABLE = "KERAS_RANKSIM_QUIET"
LONGEST_WAIT = 10  # seconds

# Told by TensorFlow at every start on a machine where nothing is wrong.
HARMLESS = "|".join(
    (
        r"^I\d{4} \d\d:\d\d:\d+\.\d+ +\d+ [\w./]+:\d+\] ",
        r"All log messages before absl::InitializeLog\(\) is called",
        r"^To enable the following instructions: .*rebuild TensorFlow",
        r"failed call to cuInit: .*\(303\)$",  # there is no driver, so there is no GPU
        r"Unable to register cu\w+ factory: .* when one has already been registered",
        r"computation placer already registered",
    )
)
# A process of its own: if TensorFlow aborts, what it said last still arrives.
PASS_ON = """
import re, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
harmless = re.compile(sys.argv[1].encode())
for line in sys.stdin.buffer:
    if not harmless.search(line):
        sys.stderr.buffer.write(line)
        sys.stderr.flush()
"""


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Imports inside it tell no harmless lines, where `KERAS_RANKSIM_QUIET` is 1.

    All else that is written to standard error meanwhile is passed on, by C++ as by Python. For
    the time after, it sets `TF_CPP_MIN_LOG_LEVEL` to 2, which leaves errors, unless it is set.
    """
    if os.environ.get(VARIABLE, "0") in ("", "0"):
        yield
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.getLogger("tensorflow").addFilter(_is_not_of_retracing)
    with _standard_error_without(HARMLESS):
        yield
        if "tensorflow" in sys.modules:
            # TensorFlow looks for a GPU, and tells of it, when it is first asked for devices.
            sys.modules["tensorflow"].config.list_physical_devices()


@contextlib.contextmanager
def _standard_error_without(harmless):
    try:
        standard_error = os.dup(2)
        command = [sys.executable, "-S", "-E", "-c", PASS_ON, harmless]
        reader = subprocess.Popen(command, stdin=subprocess.PIPE)
    except OSError:  # nowhere to write to, or no process to be had: as if unasked
        yield
        return
    os.dup2(reader.stdin.fileno(), 2)
    try:
        yield
    finally:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(standard_error, 2)
        os.close(standard_error)
        reader.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            reader.wait(LONGEST_WAIT)


def _is_not_of_retracing(record):
    """Every run of a table traces a model of its own, which TensorFlow takes for a mistake."""
    return "triggered tf.function retracing" not in record.getMessage()
