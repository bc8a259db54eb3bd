"""Two workers, a process each, learn together what one process learns. A minute on two cores.

Prints the loss of every epoch, for two workers with half of each batch and for one process. They
agree up to rounding: RankSim, ConR and FDS act on the whole batch either way. If a worker dies,
start the same command again: it resumes after the last finished epoch.

    python examples/multi_worker.py

On several machines start this script once on each, with the same list of workers and its own place
in it; the folder of the backup must be one that all of them see:

    export TF_CONFIG='{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]},
                       "task": {"type": "worker", "index": 0}}'
"""

import os
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

import keras_ranksim as kr


def train(strategy, backup):
    random = np.random.default_rng(0)
    ages = np.minimum(random.exponential(20, 1280), 99).round()
    x = np.outer(ages / 50, random.normal(size=12)) + random.normal(size=(1280, 12))
    data = tf.data.Dataset.from_tensor_slices((x, ages[:, None])).batch(64)  # of all workers
    with strategy.scope():
        keras.utils.set_random_seed(0)
        inputs = keras.Input((12,))
        embedding = keras.layers.Dense(32, activation="relu")(inputs)
        bins = kr.LabelBins.uniform(0, 100, 1)
        embedding = kr.layers.FeatureDistributionSmoothing(bins)(embedding)
        embedding = kr.layers.RankSimRegularizer(seed=0)(embedding)
        embedding = kr.layers.ConRRegularizer(beta=1.0)(embedding)
        model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
        model.compile(keras.optimizers.Adam(3e-3), loss="mae")
    callbacks = [kr.distribute.ChiefBackup(backup)]
    return model.fit(data, epochs=3, verbose=0, callbacks=callbacks).history["loss"]


if "TF_CONFIG" in os.environ:  # this process is one of the workers
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    losses = train(strategy, "runs/multi_worker")
    if kr.distribute.is_chief(strategy):
        print("two workers:", np.round(losses, 4))
else:
    if any(codes := kr.distribute.run_workers([sys.executable, __file__], seconds=300)):
        sys.exit(f"The workers ended with the exit codes {codes}. Start again to resume.")
    print("one process:", np.round(train(tf.distribute.get_strategy(), tempfile.mkdtemp()), 4))
