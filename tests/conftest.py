"""Fixtures of all tests: quiet TensorFlow, seeds, and the data that lies beside the project."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import pytest
import tensorflow as tf

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_configure(config):
    """Two logical CPU devices, for the tests of replicas; set before TensorFlow starts."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)


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
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
