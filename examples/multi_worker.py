"""Two workers, a process each, learn together what one learns alone.

    python examples/multi_worker.py

Starts two workers on this machine, each with half of every batch, under
`tf.distribute.MultiWorkerMirroredStrategy`; then trains the same model in one process, and prints
both losses side by side. RankSim, ConR and FDS act on the whole batch either way, so they agree
to rounding errors. Takes about a minute. Ended amid training, by Ctrl-C or because a worker died,
and started again with the same command, it goes on after the last finished epoch.

On several machines start this script once on each, with the same list of workers and the machine's
own index in it; `--backup` is a folder that all of them see:

    export TF_CONFIG='{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]},
                       "task": {"type": "worker", "index": 0}}'
    python examples/multi_worker.py --backup /shared/backup

Worker 0 is the chief: it writes the backup. A job scheduler that sets such variables of its own
(Slurm, Kubernetes) needs no TF_CONFIG if its resolver of `tf.distribute.cluster_resolver` is
passed to the strategy.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras_ranksim as kr

BATCH_SIZE = 64  # of all workers together


def data():
    """Ages from 0 to 99, few of them high, and twelve measurements that tell of them."""
    import numpy as np
    import tensorflow as tf

    random = np.random.default_rng(0)
    ages = np.minimum(random.exponential(20, size=1280), 99).round()
    measurements = np.outer(ages / 50, random.normal(size=12)) + random.normal(size=(1280, 12))
    x, y = measurements.astype("float32"), ages.astype("float32")[:, None]
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(BATCH_SIZE)


def regressor():
    """A small network with all regularisers; created and compiled in the strategy's scope."""
    import keras

    keras.utils.set_random_seed(0)
    inputs, embedding = kr.networks.mlp(12, widths=(32, 32))
    embedding = kr.layers.FeatureDistributionSmoothing(kr.LabelBins.uniform(0, 100, 1))(embedding)
    embedding = kr.layers.RankSimRegularizer(seed=0)(embedding)
    embedding = kr.layers.ConRRegularizer(beta=1.0)(embedding)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    model.compile(keras.optimizers.Adam(3e-3), loss="mae")
    return model


def train(strategy, backup, epochs):
    """What a worker does. Every worker takes its part of every batch by itself."""
    with strategy.scope():
        model = regressor()
    backup = kr.distribute.ChiefBackup(backup)
    history = model.fit(data(), epochs=epochs, verbose=0, callbacks=[backup])
    return dict(zip(history.epoch, history.history["loss"]))


def start_workers(count, command, **popen_options):
    """Starts `command` once for each worker, on free ports of this machine."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{opened.getsockname()[1]}" for opened in sockets]
    for opened in sockets:
        opened.close()
    processes = []
    for index in range(count):
        cluster = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, "TF_CONFIG": json.dumps(cluster)}
        processes.append(subprocess.Popen(command, env=environment, **popen_options))
    return processes


def wait_for(processes, seconds):
    """Exit codes of all; what runs on after `seconds`, or half a minute after one failed, ends."""
    end = time.monotonic() + seconds
    try:
        while any(process.poll() is None for process in processes):
            if any(process.poll() for process in processes):
                end = min(end, time.monotonic() + 30)
            if time.monotonic() > end:
                break
            time.sleep(0.2)
    finally:
        for process in processes:
            process.kill()
    return [process.wait() for process in processes]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    here = Path(tempfile.gettempdir()) / "keras_ranksim_multi_worker"
    parser.add_argument("--backup", type=Path, default=here, help="folder of the backup")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=5, help="longest time for the workers")
    arguments = parser.parse_args()

    if "TF_CONFIG" in os.environ:
        import tensorflow as tf

        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        losses = train(strategy, arguments.backup, arguments.epochs)
        if strategy.cluster_resolver.task_id == 0:
            print(json.dumps(losses))
        return

    command = [sys.executable, __file__, *sys.argv[1:], f"--backup={arguments.backup}"]
    print("Two workers train ...", flush=True)
    with tempfile.TemporaryFile("w+") as output:
        codes = wait_for(start_workers(2, command, stdout=output), 60 * arguments.minutes)
        output.seek(0)
        printed = output.read()
    if any(codes):
        sys.exit(f"The workers ended with the exit codes {codes}. Run again to go on.")
    together = json.loads(printed.splitlines()[-1])

    import tensorflow as tf

    print("One process trains ...", flush=True)
    with tempfile.TemporaryDirectory() as backup:
        alone = train(tf.distribute.get_strategy(), backup, arguments.epochs)
    print("epoch   two workers   one process")
    for epoch, loss in alone.items():
        print(f"{epoch + 1:5}   {together.get(str(epoch), float('nan')):11.6f}   {loss:11.6f}")


if __name__ == "__main__":
    main()
