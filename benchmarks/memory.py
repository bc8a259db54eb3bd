"""How much memory do RankSim and ConR take when a batch is very large?

    python benchmarks/memory.py

Loss and gradient of M samples with M distinct labels and 512 features, each in a process of its own
whose largest resident size is read at its end; the matrix of the similarities alone takes
4 M^2 bytes. Rows are ranked in blocks above 4,096 samples; for comparison, 8,192 with all rows at
once. Takes about three minutes on two cores; the table goes to benchmarks/results/memory.md.
"""

import argparse
import json
import resource
import subprocess
import sys
import time

from measure import as_table, write

SIZES = (4096, 8192, 16384)
FEATURES = 512
AT_ONCE = 8192
LIMIT = 8  # GiB
LOSSES = {"ranksim": "RankSim", "conr": "ConR"}


def peak():
    """Largest resident size of this process so far, in GiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def child(which, size, at_once):
    """What one process measures, as JSON."""
    import numpy as np
    import tensorflow as tf
    from regularizer import drawn

    import keras_ranksim as kr
    from keras_ranksim.ops import pairs

    if at_once:
        pairs.ENTRIES_AT_ONCE = size**2
    features, *known = drawn(size, FEATURES)
    labels, predictions = map(tf.constant, known)

    @tf.function(reduce_retracing=True)
    def step(features, labels, predictions):
        with tf.GradientTape() as tape:
            tape.watch(features)
            if which == "ranksim":
                loss = kr.ops.ranksim_loss(features, labels, gamma=0.01, lambda_=100.0, seed=0)
            else:
                loss = kr.ops.conr_loss(features, labels, predictions)
        return loss, tape.gradient(loss, features)

    features = tf.constant(features)
    step(features[:8], labels[:8], predictions[:8])
    before = peak()
    start = time.perf_counter()
    loss, gradient = step(features, labels, predictions)
    assert np.isfinite(loss.numpy())
    assert np.isfinite(gradient.numpy()).all()
    print(
        json.dumps({"peak": peak(), "before": before, "seconds": time.perf_counter() - start}),
        flush=True,
    )


def measured(which, size, at_once, minutes):
    command = [sys.executable, __file__, "--child", which, str(size), str(int(at_once))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60 * minutes)
    if done.returncode:
        sys.exit(f"{which} of {size} samples failed ({done.returncode}):\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="samples of a batch")
    parser.add_argument("--minutes", type=float, default=5, help="longest time of a process")
    parser.add_argument("--name", default="memory", help="name of the results")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        which, size, at_once = arguments.child
        child(which, int(size), at_once == "1")
        return

    cases = [(size, False) for size in arguments.sizes]
    cases += [(AT_ONCE, True)] if AT_ONCE in arguments.sizes else []
    lines, rows = [], []
    for which, loss in LOSSES.items():
        for size, at_once in cases:
            found = measured(which, size, at_once, arguments.minutes)
            lines.append(
                [
                    loss,
                    f"{size:,}",
                    "at once" if at_once or size <= 4096 else "in blocks",
                    f"{found['peak']:.2f}",
                    f"{found['peak'] - found['before']:.2f}",
                    f"{4 * size**2 / 2**30:.2f}",
                    f"{found['seconds']:.1f}",
                    "yes" if found["peak"] <= LIMIT else "no",
                ]
            )
            rounded = {name: f"{value:.3f}" for name, value in found.items()}
            rows.append({"loss": loss, "samples": size, "rows": lines[-1][2], **rounded})
    header = ["loss", "M", "rows", "peak, GiB", "of the step", "one matrix", "seconds"]
    write(
        arguments.name,
        "# Memory of large batches",
        as_table([*header, f"within {LIMIT} GiB"], lines),
        "Peak is the largest resident size of the whole process, TensorFlow included; of the "
        "step is what loss and gradient added to it; one matrix is what M x M numbers take. "
        "Seconds are those of the one call, memory still to be had from the system included.",
        note=f"Forward and backward, M distinct labels, {FEATURES} features, seed 0; a process "
        "each, one call.",
        rows=rows,
    )


if __name__ == "__main__":
    main()
