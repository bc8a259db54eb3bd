"""Steps of training spread over worker processes on this machine; `scaling.py` asks for them.

Started with TF_CONFIG in the environment this is one worker: it takes a core for itself, trains
the small CNN in each variant, and the chief writes the times of the steps to a file.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import measure

PIXELS, BATCH = 64, 64
ROUNDS = 4
FIRST_STEPS = 2  # of a fit, in which it starts reading
VARIANTS = {
    "vanilla": (),
    "RankSim + FDS": ("FDS", "RankSim"),
    "RankSim + FDS + ConR": ("FDS", "RankSim", "ConR"),
}


def steps_of(workers, steps, minutes):
    """Milliseconds of the steps, by variant, of a training spread over `workers`.

    Args:
        workers: Processes, each on a core of its own while there are enough.
        steps: Timed steps of each variant in each of `ROUNDS` rounds.
        minutes: Longest time for all of it.
    """
    from keras_ranksim.distribute import run_workers

    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "times.json"
        command = [sys.executable, __file__, str(result), str(steps)]
        codes = run_workers(command, workers, seconds=60 * minutes)
        if any(codes):
            sys.exit(f"The {workers} workers ended with the exit codes {codes}.")
        return json.loads(result.read_text())


def main():
    result, steps = Path(sys.argv[1]), int(sys.argv[2])
    task = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[task % len(cores)]})
    times = worker(steps)
    if task == 0:
        result.write_text(json.dumps(times))


def worker(steps):
    import keras
    import numpy as np
    import tensorflow as tf
    from train_step import ages, regressor

    import keras_ranksim as kr

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    random = np.random.default_rng(1)
    x = random.normal(size=(BATCH, PIXELS, PIXELS, 3)).astype("float32")
    data = tf.data.Dataset.from_tensors((x, ages(BATCH))).unbatch().batch(BATCH).cache()
    models = {}
    for variant, names in VARIANTS.items():
        with strategy.scope():
            keras.utils.set_random_seed(0)
            inputs, embedding = kr.networks.small_cnn((PIXELS, PIXELS, 3))
            models[variant] = regressor(inputs, embedding, names)
    times = {variant: [] for variant in models}
    # Variants take turns. The first round traces; from the second on FDS calibrates.
    for number in range(1 + ROUNDS):
        for variant, model in models.items():
            clock = _Clock()
            several = data.repeat(FIRST_STEPS + steps)
            model.fit(several, verbose=0, callbacks=[clock.callback()])
            if number > 0:
                times[variant] += clock.milliseconds()[FIRST_STEPS:]
    return times


class _Clock:
    """When the steps of a `fit` end."""

    def __init__(self):
        self._ends = []

    def callback(self):
        import keras

        return keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: self._ends.append(time.perf_counter()),
            on_train_begin=lambda logs: self._ends.append(time.perf_counter()),
        )

    def milliseconds(self):
        return [1e3 * (end - start) for start, end in zip(self._ends, self._ends[1:])]


if __name__ == "__main__":
    assert measure.RESULTS  # imported first, since it quiets TensorFlow
    main()
