"""How long does an epoch of a small network take in `run`, compared to a PyTorch loop?

    pip install torch
    python benchmarks/small_network.py

A table of 8 inputs, three layers of 128 units, batches of 128, Adam, validation after every epoch.
The PyTorch loop is written by hand: it shuffles, trains, keeps the mean loss, validates and copies
the weights of the best epoch. It has one thread, which is faster for layers this small. Whole
trainings take turns; the first epoch of each, in which TensorFlow traces, is left out. Takes about
a minute; the table goes to benchmarks/results/small_network.md.

    python benchmarks/small_network.py --rows 1000 4000 16000 --epochs 20
"""

import argparse
import copy
import itertools
import statistics

import measure
from measure import as_table, figure, ratio_spread, set_threads, spread, write

BATCH = 128
METHOD = "VANILLA"


def drawn(rows):
    """A benchmark with this many training rows."""
    import numpy as np
    import pandas

    import keras_ranksim as kr

    random = np.random.default_rng(0)
    count = rows + 2 * (rows // 5)
    x = random.normal(size=(count, 8))
    frame = pandas.DataFrame(x, columns=list("abcdefgh"))
    frame["price"] = np.abs(3 * x[:, 0] + random.gamma(2, 3, count))
    frame["split"] = ["train"] * rows + ["val"] * (rows // 5) + ["test"] * (rows // 5)
    return kr.data.load_table(frame, label="price", split="split", name="drawn", batch_size=BATCH)


def in_keras(benchmark, epochs):
    """Milliseconds of every epoch but the first: `fit` alone, and with what a run writes."""
    import keras

    import keras_ranksim as kr

    class Clock(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.begins, self.validated = [], []

        def on_epoch_begin(self, epoch, logs=None):
            self.begins.append(measure.clock())

        def on_test_end(self, logs=None):
            self.validated.append(measure.clock())

    clock = Clock()
    kr.experiments.run(benchmark, METHOD, epochs=epochs, verbose=0, callbacks=[clock])
    begins = clock.begins[1:]
    fit = [1e3 * (end - start) for start, end in zip(begins, clock.validated[1:])]
    return fit, [1e3 * (end - start) for start, end in itertools.pairwise(begins)]


def in_torch(arrays, epochs):
    """Milliseconds of every epoch but the first."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    x, y, val_x, val_y = (torch.tensor(array) for array in arrays)
    sizes = (x.shape[1], 128, 128, 128)
    layers = [
        layer
        for inputs, units in itertools.pairwise(sizes)
        for layer in (nn.Linear(inputs, units), nn.ReLU())
    ]
    network = nn.Sequential(*layers, nn.Linear(sizes[-1], 1))
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    error, times, best = nn.L1Loss(), [], float("inf")
    for _ in range(epochs):
        start = measure.clock()
        network.train()
        losses = torch.zeros(())
        order = torch.randperm(len(x))
        for index in order.split(BATCH):
            optimizer.zero_grad()
            loss = error(network(x[index]), y[index])
            loss.backward()
            optimizer.step()
            losses += loss.detach() * len(index)
        network.eval()
        with torch.no_grad():
            batches = zip(val_x.split(BATCH), val_y.split(BATCH))
            errors = sum((network(some) - labels).abs().sum() for some, labels in batches)
        history = float(losses) / len(x), float(errors) / len(val_x)
        if history[1] < best:
            best, kept = history[1], copy.deepcopy(network.state_dict())
        times.append(1e3 * (measure.clock() - start))
    network.load_state_dict(kept)
    return times[1:]


def compare(rows, epochs, repeats):
    """Median epochs of every round: ours, ours with what a run writes, and PyTorch's."""
    benchmark = drawn(rows)
    whole = benchmark.replace(batch_size=10**9)
    arrays = [
        part.numpy() for split in ("train", "val") for part in next(iter(getattr(whole, split)))[:2]
    ]
    sides = {"fit": [], "run": [], "torch": []}
    in_keras(benchmark, 2)  # the first training of a process starts TensorFlow
    for _ in range(repeats):
        fit, run = in_keras(benchmark, epochs)
        sides["fit"].append(statistics.median(fit))
        sides["run"].append(statistics.median(run))
        sides["torch"].append(statistics.median(in_torch(arrays, epochs)))
    return sides


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[2000, 8000], help="training rows")
    parser.add_argument("--epochs", type=int, default=12, help="epochs of a training")
    parser.add_argument("--repeats", type=int, default=5, help="trainings of each side")
    parser.add_argument("--threads", type=int, help="1 for a machine that others use")
    arguments = parser.parse_args()
    set_threads(arguments.threads)
    lines, rows = [], []
    for count in arguments.rows:
        sides = compare(count, arguments.epochs, arguments.repeats)
        steps = -(-count // BATCH)
        lines.append(
            [
                f"{count:,}",
                steps,
                spread(sides["fit"]),
                spread(sides["torch"]),
                ratio_spread(sides["fit"], sides["torch"]),
                ratio_spread(sides["run"], sides["torch"]),
                figure(statistics.median(sides["fit"]) / steps),
            ]
        )
        for number, values in enumerate(zip(*sides.values())):
            times = {f"{side}_ms": f"{value:.4g}" for side, value in zip(sides, values)}
            rows.append({"training_rows": count, "training": number, **times})
    header = ["rows", "steps", "`fit`, ms", "PyTorch, ms", "ratio", "with files", "ms per step"]
    write(
        "small_network",
        "# An epoch of a small network, compared to PyTorch",
        "Milliseconds per epoch, validation included. `fit` is training and validation in "
        '`kr.experiments.run`. "With files" is the ratio with all that a run does between two '
        "epochs: its log, its checkpoint and the best weights, from which it resumes. PyTorch "
        'keeps the best weights in memory. "ms per step" spreads an epoch over its steps.',
        as_table(header, lines),
        packages=["torch"],
        note=f"Medians of {arguments.repeats} trainings of {arguments.epochs} epochs, taking "
        "turns; in parentheses the quartiles."
        + " One thread, time of the processor."
        * (arguments.threads == 1),
        rows=rows,
    )


if __name__ == "__main__":
    main()
