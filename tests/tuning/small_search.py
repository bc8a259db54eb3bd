"""One small search, which the tests also run in several processes."""

import os
import subprocess
import sys

SETUP = """
import sys
import numpy as np, pandas as pd
import keras, keras_ranksim as kr

def make_benchmark():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=400)})
    frame["price"] = np.round(np.exp(1.5 + 0.8 * frame["a"] + 0.1 * random.normal(size=400)), 1)
    return kr.data.load_table(frame, label="price", name="prices")

def small_search(folder, **changes):
    arguments = {"max_trials": 2, "epochs": 2, "verbose": 0, **changes}
    return kr.tuning.search(make_benchmark(), "RANKSIM", output_dir=folder, **arguments)
"""
EAGER = "import tensorflow as tf; tf.config.run_functions_eagerly(True)"
exec(SETUP)  # other processes run the very same lines


def start(code, *arguments, **environment):
    """A process that runs `SETUP` and then the code."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    return subprocess.Popen(
        [sys.executable, "-c", EAGER + SETUP + code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **quiet, **environment},
    )
