"""What do RankSim and ConR cost, forward and backward, compared to PyTorch and to their floor?

    pip install torch
    python benchmarks/regularizer.py
    python benchmarks/regularizer.py --baseline ../another-checkout

RankSim of M samples with M distinct labels and 2,048 features against (a) a loop over the rows
in PyTorch that sorts twice for a ranking, the form of the published algorithm, (b) all rows at once
in PyTorch, (c) the floor: what cannot be left out, two matrix products and two sorts of all rows,
in TensorFlow. ConR against PyTorch at once. Losses are compared first. All sides take turns in one
run. Takes about four minutes; the tables go to benchmarks/results/regularizer.md.

With `--baseline`, RankSim and ConR of this checkout against those of another one, each in a process
of its own, taking turns; the ratios are printed.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from measure import as_table, measurements, ratio_spread, rounds, set_threads, spread, write

FEATURES = 2048
SIZES = (64, 256, 1024, 4096)
GAMMA, LAMBDA = 0.01, 100.0


def drawn(size, features=FEATURES):
    """Features, labels that differ, and predictions near them."""
    import numpy as np

    random = np.random.default_rng(0)
    features = random.normal(size=(size, features)).astype("float32")
    labels = random.permutation(np.linspace(0, 100, size)).astype("float32")
    return features, labels, labels + random.normal(0, 5, size).astype("float32")


def in_tensorflow(loss, features, jit_compile=False):
    """A function that computes loss and gradient and returns the loss."""
    import tensorflow as tf

    @tf.function(jit_compile=jit_compile)
    def step(features):
        with tf.GradientTape() as tape:
            tape.watch(features)
            value = loss(features)
        # Returned, so that it is computed; reading the loss waits for both.
        return value, tf.convert_to_tensor(tape.gradient(value, features))

    features = tf.constant(features)

    def run():
        return float(step(features)[0])

    return run


def in_torch(loss, features):
    """The same for PyTorch."""
    import torch

    features = torch.tensor(features, requires_grad=True)

    def run():
        features.grad = None
        value = loss(features)
        value.backward()
        return value.item()

    return run


def floor(features):
    """The two matrix products and the two row sorts that RankSim cannot do without."""
    import tensorflow as tf

    @tf.function
    def step(features):
        similarity = tf.matmul(features, features, transpose_b=True)
        first = tf.sort(similarity, axis=-1)
        second = tf.sort(similarity + 1e-3 * tf.roll(similarity, 1, axis=-1), axis=-1)
        return tf.matmul(similarity, features), first, second

    features = tf.constant(features)

    def run():
        step(features)[0][0, 0].numpy()

    return run


def ranksim(size, xla, repeats):
    import tensorflow as tf
    import torch
    import torch_versions

    import keras_ranksim as kr

    features, labels, _ = drawn(size)
    label_tensor, torch_labels = tf.constant(labels), torch.tensor(labels)

    def ours(features):
        return kr.ops.ranksim_loss(features, label_tensor, GAMMA, LAMBDA, seed=0)

    sides = {
        "ours": in_tensorflow(ours, features),
        "a": in_torch(
            lambda x: torch_versions.ranksim_by_rows(x, torch_labels, GAMMA, LAMBDA), features
        ),
        "b": in_torch(
            lambda x: torch_versions.ranksim_at_once(x, torch_labels, GAMMA, LAMBDA), features
        ),
        "c": floor(features),
    }
    if size <= xla:
        sides["xla"] = in_tensorflow(ours, features, jit_compile=True)
    assert_close(sides["ours"](), sides["b"]())
    return rounds(sides, repeats, warm_up=1)


def conr(size, repeats):
    import tensorflow as tf
    import torch
    import torch_versions

    import keras_ranksim as kr

    features, *known = drawn(size)
    known = [values.round() // 2 for values in known]  # many samples of a label
    tensors, torch_tensors = map(tf.constant, known), map(torch.tensor, known)
    labels, predictions = tensors
    torch_labels, torch_predictions = torch_tensors
    sides = {
        "ours": in_tensorflow(lambda x: kr.ops.conr_loss(x, labels, predictions), features),
        "b": in_torch(
            lambda x: torch_versions.conr_at_once(x, torch_labels, torch_predictions), features
        ),
    }
    assert_close(sides["ours"](), sides["b"]())
    return rounds(sides, repeats, warm_up=1)


class Served:
    """One step of a loss in a process of its own, with the package of a checkout."""

    def __init__(self, checkout, loss, size):
        environment = {**os.environ, "PYTHONPATH": str(Path(checkout).resolve())}
        command = [sys.executable, __file__, "--serve", loss, "--sizes", str(size)]
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self):
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "done\n":
            raise RuntimeError("The process that was to run a step ended.")


def serve(loss, size):
    """Runs a step for every line of standard input."""
    import tensorflow as tf

    import keras_ranksim as kr

    features, *known = drawn(size)
    if loss == "conr":
        known = [values.round() // 2 for values in known]
    labels, predictions = map(tf.constant, known)
    losses = {
        "ranksim": lambda x: kr.ops.ranksim_loss(x, labels, GAMMA, LAMBDA, seed=0),
        "conr": lambda x: kr.ops.conr_loss(x, labels, predictions),
    }
    step = in_tensorflow(losses[loss], features)
    for _ in sys.stdin:
        step()
        print("done", flush=True)


def compare(baseline, sizes, repeats):
    """Prints how long a step takes here, in the other checkout, and the ratio."""
    here = Path(__file__).resolve().parents[1]
    for loss in ("ranksim", "conr"):
        for size in sizes:
            sides = {
                name: Served(path, loss, size)
                for name, path in (("here", here), ("baseline", baseline))
            }
            times = rounds(sides, repeats or 31, warm_up=3)
            for side in sides.values():
                side.process.stdin.close()
                side.process.wait()
            ratio = ratio_spread(times["here"], times["baseline"])
            print(
                f"{loss} M {size}: {spread(times['here'])} ms here, "
                f"{spread(times['baseline'])} ms there, ratio {ratio}",
                flush=True,
            )


def assert_close(ours, theirs):
    """Ties apart, which PyTorch's argsort breaks in any order, both compute the same."""
    assert abs(ours / theirs - 1) < 0.02, (ours, theirs)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="samples of a batch")
    parser.add_argument("--xla", type=int, default=256, help="largest size compiled by XLA")
    parser.add_argument("--repeats", type=int, help="calls of each, instead of 5 to 15")
    parser.add_argument("--name", default="regularizer", help="name of the results")
    parser.add_argument("--threads", type=int, help="1 for a machine that others use")
    parser.add_argument("--baseline", help="another checkout to compare this one with")
    parser.add_argument("--serve", choices=("ranksim", "conr"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve, *arguments.sizes)
        return
    if arguments.baseline:
        compare(arguments.baseline, arguments.sizes, arguments.repeats)
        return
    set_threads(arguments.threads)
    ranksim_lines, conr_lines, rows = [], [], []
    for size in arguments.sizes:
        repeats = arguments.repeats or (5 if size > 1024 else 15)
        times = ranksim(size, arguments.xla, repeats)
        rows += measurements(times, loss="RankSim", samples=size)
        shown = [spread(times[side]) for side in ("ours", "a", "b", "c")]
        ratios = [ratio_spread(times[side], times["ours"]) for side in "ab"]
        ratios.append(ratio_spread(times["ours"], times["c"]))
        of_xla = spread(times["xla"]) if "xla" in times else "-"
        ranksim_lines.append([f"{size:,}", *shown, *ratios, of_xla])
        times = conr(size, repeats)
        rows += measurements(times, loss="ConR", samples=size)
        shown = [spread(times[side]) for side in ("ours", "b")]
        conr_lines.append([f"{size:,}", *shown, ratio_spread(times["b"], times["ours"])])
    write(
        arguments.name,
        "# What RankSim and ConR cost",
        f"## RankSim, forward and backward, M distinct labels, {FEATURES:,} features; milliseconds",
        "(a) PyTorch, a loop over rows, the form of the published algorithm; (b) PyTorch, all rows "
        "at once; (c) the floor, two matrix products and two row sorts in TensorFlow. Above 1, "
        "(a) / ours and (b) / ours mean that ours is faster.",
        as_table(
            ["M", "ours", "(a)", "(b)", "(c)", "(a) / ours", "(b) / ours", "ours / (c)", "XLA"],
            ranksim_lines,
        ),
        "The last column is ours compiled by XLA (`jit_compile=True`), which sorts slowly on a "
        "CPU. The results are the same. By default Keras compiles on accelerators only.",
        f"## ConR, forward and backward, {FEATURES:,} features; milliseconds",
        as_table(["M", "ours", "PyTorch", "PyTorch / ours"], conr_lines),
        packages=["torch"],
        note="Medians with quartiles of "
        f"{arguments.repeats or 15} calls (5 above M = 1,024), seed 0, sides taking turns, after a "
        "warm-up; ratios are taken round by round."
        + " One thread, time of the processor."
        * (arguments.threads == 1),
        rows=rows,
    )


if __name__ == "__main__":
    main()
