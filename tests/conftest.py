"""Fixtures of all tests: quiet TensorFlow, seeds, and the data that lies beside the project.

On JAX and PyTorch (`KERAS_BACKEND`), the tests of the backend-neutral folders run, except those
of files named `*_tensorflow.py` and of what is in `TENSORFLOW_ONLY`.
"""

import contextlib
import gc
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
if os.environ.get("KERAS_BACKEND") == "jax":  # fast compilation matters here, not fast code
    os.environ.setdefault(
        "XLA_FLAGS",
        "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
    )
    # Tests compile the same small models again and again, each in a function of its own.
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(sys.prefix) / "jax-cache"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

# Keras imports scikit-learn for its wrappers of models, a fifth of all that it imports.
WITHOUT_SKLEARN = str(Path(__file__).with_name("without_sklearn"))
sys.path.append(WITHOUT_SKLEARN)  # which tests pass to the processes that they start
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [WITHOUT_SKLEARN, os.environ.get("PYTHONPATH")])
)
HIDDEN = sys.modules.setdefault("sklearn", None) is None

import dots
import keras
import numpy as np
import pytest

if HIDDEN:
    del sys.modules["sklearn"]

SHARED = Path(__file__).resolve().parents[2] / "shared"
ON_TENSORFLOW = keras.config.backend() == "tensorflow"
TENSORFLOW_ONLY = (
    "data",
    "distribute",
    "experiments",
    "methods",
    "networks",
    "plots",
    "tuning",
)
TENSORFLOW_ONLY_FILES = (
    "test_benchmarks.py",
    "test_docs.py",
    "test_examples.py",
    "test_files.py",
    "test_main.py",
    "test_packaging.py",
)
if not ON_TENSORFLOW:
    collect_ignore = [*TENSORFLOW_ONLY, *TENSORFLOW_ONLY_FILES]
    collect_ignore_glob = ["**/*_tensorflow.py"]


def pytest_configure(config):
    """Two logical CPU devices, for the tests of replicas; set before TensorFlow starts."""
    # Backends hold millions of objects: searching them all for cycles would take minutes, in
    # `keras.backend.clear_session` too, which every run calls.
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    if ON_TENSORFLOW:
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        devices = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, devices)
    config.pluginmanager.register(Faster())


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """What outlives the tests of a file is searched for cycles once, and never again."""
    if nextitem is not None and nextitem.path != item.path:
        gc.collect()
        gc.freeze()


# The tests of these train many small models, whose tracing takes longer than their few steps.
EAGER = (
    "experiments",
    "methods",
    "tuning",
    "test_benchmarks.py",
    "test_bilstm_pair.py",
    "test_docs.py",
    "test_examples.py",
    "test_images_of_a_table.py",
    "test_main.py",
    "test_nyud2_dir.py",
    "test_sts_b_dir.py",
)


def trains_many(node):
    """Whether a test or a file is among those of `EAGER`, or the example of a docstring."""
    parts = node.path.relative_to(node.config.rootpath).parts
    return parts[0] == "keras_ranksim" or bool(set(parts) & set(EAGER))


def pytest_collection_modifyitems(items):
    for item in filter(trains_many, items):
        item.add_marker(pytest.mark.filterwarnings("ignore:Even though the `tf.config"))


class Faster:
    """Wraps the tests of `EAGER` and their fixtures; a fixture would not reach doctests.

    Functions of TensorFlow are not traced. Pictures of reports, which take longer than the rest of
    a test, are dots; `test_report.py` draws them, and renders them small.
    """

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        # Replicas ask for traced functions.
        if not (ON_TENSORFLOW and trains_many(item)) or "two_replicas" in item.name:
            return (yield)
        with eagerly(), pytest.MonkeyPatch.context() as patch:
            from keras_ranksim.experiments.report import pictures
            from keras_ranksim.plots.style import png

            if item.path.name == "test_report.py":
                patch.setattr(pictures, "png", lambda figure: png(figure, dots_per_inch=40))
            else:
                patch.setattr(pictures, "drawn", dots.drawn)
            return (yield)


@contextlib.contextmanager
def eagerly():
    """Runs functions of TensorFlow without tracing them."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


@pytest.fixture(autouse=True)
def _seeded():
    keras.utils.set_random_seed(7)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture
def random():
    return np.random.default_rng(11)


def _beside_the_project(folder):
    path = SHARED / folder
    if not path.is_dir():
        pytest.skip(f"{folder} is not beside this checkout (looked for {path})")
    return path


@pytest.fixture
def golden():
    """Loads a file of golden arrays: outputs of the published reference implementations."""
    folder = _beside_the_project("golden")
    return lambda name: np.load(folder / f"{name}.npz")


@pytest.fixture
def shared_data():
    """The folder of real data sets."""
    return _beside_the_project("data")


@pytest.fixture(scope="session")
def two_replicas():
    """One strategy for all tests: collectives of a second one in a process clash in TensorFlow."""
    if not ON_TENSORFLOW:
        pytest.skip("only TensorFlow trains in replicas with tf.distribute")
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
