"""Programs that ask for it start without TensorFlow's harmless lines, and lose no other line."""

import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from keras_ranksim import startup

ROOT = Path(__file__).resolve().parents[1]
HARMLESS = """\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795234233.414978    5871 port.cc:153] oneDNN custom operations are on.
I0000 00:00:1795234233.415346    5871 cudart_stub.cc:31] Could not find cuda drivers
I0000 00:00:1795234233.539329    5871 cpu_feature_guard.cc:227] This TensorFlow binary is optimized
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow with them.
E0000 00:00:1795234237.89196  5871 cuda_platform.cc:52] failed call to cuInit: UNKNOWN ERROR (303)
E0000 00:00:1795234237.89196  5871 cuda_fft.cc:467] Unable to register cuFFT factory: \
Attempting to register factory for plugin cuFFT when one has already been registered
W0000 00:00:1795234237.8  5871 computation_placer.cc:177] computation placer already registered.
"""
REAL = """\
E0000 00:00:1795234237.891966    5871 cuda_platform.cc:52] failed call to cuInit: NO_DEVICE (100)
E0000 00:00:1795234237.891966    5871 cuda_dnn.cc:77] Could not create cudnn handle
F0000 00:00:1795235089.323364   30389 parse_flags_from_env.cc:234] Unknown flag in XLA_FLAGS
Traceback (most recent call last):
ImportError: libcudart.so.12: cannot open shared object file
Illness is no information
"""
# The module alone, without the package, which would import TensorFlow.
START = f"""
import os, runpy, sys
quiet_start = runpy.run_path({startup.__file__!r})["quiet_start"]
said = sys.stdin.read().encode()
"""


def stderr_of(code, said="", quiet="1", **changes):
    environment = {**os.environ, "KERAS_RANKSIM_QUIET": quiet, **changes}
    environment = {name: value for name, value in environment.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", code],
        input=said,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
    )


def test_harmless_lines_are_left_out_and_all_others_arrive_in_order():
    lines = [line for pair in zip(HARMLESS.splitlines(), REAL.splitlines()) for line in pair]
    lines += HARMLESS.splitlines()[len(REAL.splitlines()) :]
    done = stderr_of(START + "with quiet_start(): os.write(2, said)", "\n".join(lines) + "\n")
    assert (done.returncode, done.stderr) == (0, REAL)


def test_nothing_is_left_out_unasked():
    done = stderr_of(START + "with quiet_start(): os.write(2, said)", HARMLESS + REAL, quiet="0")
    assert done.stderr == HARMLESS + REAL


def test_nothing_is_left_out_once_the_start_is_over():
    code = "with quiet_start(): pass\nos.write(2, said); print('told', file=sys.stderr)"
    assert stderr_of(START + code, HARMLESS).stderr == HARMLESS + "told\n"


def test_the_last_words_of_a_program_that_aborts_arrive():
    done = stderr_of(START + "with quiet_start():\n    os.write(2, said)\n    os.abort()", REAL)
    assert done.returncode < 0
    assert done.stderr.startswith(REAL)


def test_an_exception_at_the_start_is_told_with_its_traceback():
    done = stderr_of(START + "with quiet_start():\n    raise ImportError('no such library')")
    assert done.returncode == 1
    assert "ImportError: no such library" in done.stderr


def test_without_standard_error_it_starts_all_the_same():
    done = stderr_of(START + "os.close(2)\nwith quiet_start(): print('started')")
    assert (done.returncode, done.stdout) == (0, "started\n")


WITH_TENSORFLOW = """
import sys, keras_ranksim, keras, numpy
model = keras.Sequential([keras.layers.Dense(1)])
model.compile("adam", "mae")
model.fit(numpy.ones((4, 2)), numpy.ones((4, 1)), verbose=0)
print("trained", file=sys.stderr, flush=True)
import tensorflow as tf
tf.function(lambda x: x + 1, jit_compile=True)(tf.ones(2))
"""


def test_tensorflow_starts_without_a_word_and_its_own_errors_are_told():
    done = stderr_of(
        WITH_TENSORFLOW,
        TF_CPP_MIN_LOG_LEVEL=None,
        CUDA_VISIBLE_DEVICES=None,
        XLA_FLAGS="--no_such_flag=1",
    )
    before, _, after = done.stderr.partition("trained\n")
    assert before == ""
    assert done.returncode != 0
    assert "Unknown flag in XLA_FLAGS: --no_such_flag=1" in after


PROGRAMS = sorted(
    path
    for folder in ("examples", "docs")
    for path in (ROOT / folder).glob("*.py")
    if re.search(r"^(import|from) keras_ranksim", path.read_text(), flags=re.MULTILINE)
)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_every_example_asks_for_a_quiet_start_before_it_imports_tensorflow(path):
    text = path.read_text()
    asks = text.find('os.environ.setdefault("KERAS_RANKSIM_QUIET", "1")\n')
    first = re.search(
        r"^(import|from) (keras|keras_ranksim|tensorflow)\b", text, flags=re.MULTILINE
    )
    assert 0 < asks < first.start()
    assert "keras_ranksim" in first.group()


def test_a_table_of_many_models_is_not_taken_for_a_mistake_in_tracing(caplog, monkeypatch):
    monkeypatch.setenv("KERAS_RANKSIM_QUIET", "1")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    logger = logging.getLogger("tensorflow")
    try:
        with startup.quiet_start():
            pass
        logger.warning("5 out of the last 13 calls to f triggered tf.function retracing.")
        logger.warning("another")
    finally:
        logger.removeFilter(startup._is_not_of_retracing)
    assert caplog.messages == ["another"]
