"""What do RankSim, ConR, FDS and Rank-N-Contrast cost on an accelerator, on JAX or PyTorch?

    KERAS_BACKEND=jax python benchmarks/accelerator.py
    KERAS_BACKEND=torch python benchmarks/accelerator.py

Forward and backward of each on M samples with 2,048 features, M from 64 to 16,384, and on PyTorch
the loop over rows that is the form of the published RankSim. Then steps of ResNet-50 on 224 pixels
in `fit`, without and with the layers. Runs on TensorFlow and without an accelerator, too:

    python benchmarks/accelerator.py --sizes 64 256 --network-batch 0

The tables go to benchmarks/results/accelerator_<backend>.md.
"""

import argparse
import statistics
import time

from measure import as_table, measurements, ratio_spread, rounds, spread, write

FEATURES = 2048
MOST_ROWS_IN_A_LOOP = 1024
LAYERS = {
    "none": (),
    "RankSim": ("RankSim",),
    "ConR": ("ConR",),
    "RankSim + FDS": ("FDS", "RankSim"),
}


def losses(size):
    """Functions from features to a scalar, by name, on M distinct labels from 0 to 100."""
    import numpy as np
    from keras import ops

    import keras_ranksim as kr

    random = np.random.default_rng(0)
    labels = random.permutation(np.linspace(0, 100, size)).astype("float32")
    predictions = ops.convert_to_tensor(labels + random.normal(0, 5, size).astype("float32"))
    ages = ops.convert_to_tensor(labels.round())
    labels = ops.convert_to_tensor(labels)
    smoothing = kr.layers.FeatureDistributionSmoothing(kr.LabelBins.uniform(0, 101, 1))
    smoothing.build((None, FEATURES))
    smoothing.finalize_state()
    smoothing.epochs_folded.assign(1)
    state = [variable.value for variable in smoothing.non_trainable_variables]

    def fds(features):
        calibrated, _ = smoothing.stateless_call([], state, features, ages, training=True)
        return ops.sum(ops.square(calibrated))

    found = {
        "RankSim": lambda x: kr.ops.ranksim_loss(x, labels, gamma=0.01, lambda_=100.0, seed=0),
        "ConR": lambda x: kr.ops.conr_loss(x, ages, predictions),
        "FDS": fds,
    }
    if hasattr(kr.ops, "rank_n_contrast_loss"):
        found["Rank-N-Contrast"] = lambda x: kr.ops.rank_n_contrast_loss(x, labels)
    return found


def row_loop(size):
    """The form of the published RankSim, in PyTorch."""
    import keras
    import numpy as np
    import torch_versions

    labels = np.random.default_rng(0).permutation(np.linspace(0, 100, size)).astype("float32")
    labels = keras.ops.convert_to_tensor(labels)
    return lambda x: torch_versions.ranksim_by_rows(x, labels, 0.01, 100.0)


def step(loss, features, backend):
    """A function that computes loss and gradient, and returns when both are there."""
    from keras import ops

    features = ops.convert_to_tensor(features)
    if backend == "jax":
        import jax

        compiled = jax.jit(jax.value_and_grad(loss))
        return lambda: jax.block_until_ready(compiled(features))
    if backend == "torch":
        import torch

        features = features.detach().requires_grad_()

        def run():
            features.grad = None
            loss(features).backward()
            if features.is_cuda:
                torch.cuda.synchronize()

        return run
    import tensorflow as tf

    @tf.function
    def value_and_gradient(features):
        with tf.GradientTape() as tape:
            tape.watch(features)
            value = loss(features)
        return value, tape.gradient(value, features)

    return lambda: float(value_and_gradient(features)[0])


def regularizers(size, repeats, backend):
    import numpy as np

    features = np.random.default_rng(1).normal(size=(size, FEATURES)).astype("float32")
    sides = {name: step(loss, features, backend) for name, loss in losses(size).items()}
    if backend == "torch" and size <= MOST_ROWS_IN_A_LOOP:
        sides["row loop"] = step(row_loop(size), features, backend)
    return rounds(sides, repeats, warm_up=3)


def network_steps(batch, pixels, steps, repeats):
    """Milliseconds per step of an epoch in `fit`, by layers; the sides take turns."""
    import keras
    import numpy as np

    import keras_ranksim as kr

    random = np.random.default_rng(0)
    x = random.normal(size=(batch * steps, pixels, pixels, 3)).astype("float32")
    y = random.integers(0, 101, (batch * steps, 1)).astype("float32")
    makers = {
        "RankSim": kr.layers.RankSimRegularizer,
        "ConR": kr.layers.ConRRegularizer,
        "FDS": lambda: kr.layers.FeatureDistributionSmoothing(kr.LabelBins.uniform(0, 101, 1)),
    }
    models = {}
    for name, layers in LAYERS.items():
        backbone = keras.applications.ResNet50(
            include_top=False, weights=None, input_shape=(pixels, pixels, 3), pooling="avg"
        )
        embedding = backbone.output
        for layer in layers:
            embedding = makers[layer]()(embedding)
        outputs = keras.layers.Dense(1, dtype="float32")(embedding)
        models[name] = kr.ImbalancedRegressor(backbone.input, outputs)
        models[name].compile("adam", loss="mae")
        models[name].fit(x, y, batch_size=batch, epochs=2, verbose=0)  # traces and folds
    times = {name: [] for name in models}
    for _ in range(repeats):
        for name, model in models.items():
            start = time.perf_counter()
            model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
            times[name].append(1e3 * (time.perf_counter() - start) / steps)
    return times


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 256, 1024, 4096, 16384])
    parser.add_argument("--repeats", type=int, default=15, help="calls of each side")
    parser.add_argument("--network-batch", type=int, default=64, help="0 leaves ResNet-50 out")
    parser.add_argument("--network-steps", type=int, default=10, help="steps of a timed epoch")
    parser.add_argument("--pixels", type=int, default=224)
    parser.add_argument("--policy", default="float32", help="dtype policy of the network")
    arguments = parser.parse_args()
    import keras

    backend = keras.config.backend()
    names, lines, rows, medians = [], [], [], {}
    for size in arguments.sizes:
        times = regularizers(size, arguments.repeats, backend)
        rows += measurements(times, measured="forward and backward", samples=size)
        names = list(dict.fromkeys([*names, *times]))
        medians[size] = {name: spread(of_side) for name, of_side in times.items()}
    for size, of_size in medians.items():
        lines.append([f"{size:,}", *(of_size.get(name, "-") for name in names)])
    paragraphs = [
        f"## Forward and backward, {FEATURES:,} features; milliseconds",
        as_table(["M", *names], lines),
    ]
    if arguments.network_batch:
        keras.config.set_dtype_policy(arguments.policy)
        times = network_steps(arguments.network_batch, arguments.pixels, arguments.network_steps, 5)
        rows += measurements(times, measured="step", samples=arguments.network_batch)
        lines = [
            [name, spread(of_side), ratio_spread(of_side, times["none"])]
            for name, of_side in times.items()
        ]
        milliseconds = statistics.median(times["none"])
        paragraphs += [
            f"## Steps of ResNet-50, {arguments.pixels} px, batch {arguments.network_batch}, "
            f"{arguments.policy}",
            f"Epochs of {arguments.network_steps} steps in `fit`, arrays in main memory; "
            f"{1e3 * arguments.network_batch / milliseconds:,.0f} images per second without.",
            as_table(["layers", "ms per step", "ratio"], lines),
        ]
    write(
        f"accelerator_{backend}",
        f"# RankSim, ConR, FDS and Rank-N-Contrast on {backend}",
        *paragraphs,
        note=f"Medians of {arguments.repeats} calls, taking turns; in parentheses the quartiles.",
        rows=rows,
    )


if __name__ == "__main__":
    main()
