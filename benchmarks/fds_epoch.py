"""What does FDS cost per epoch, compared to none and to the published second pass?

    python benchmarks/fds_epoch.py

Epochs of `fit` take turns in one run: without FDS; with the layer, which collects statistics in the
step; and with the published scheme, written for the benchmark: the layer calibrates, and after the
epoch the training data pass through the network once more, in training mode, for features of
which the statistics are then computed. The small CNN learns portraits of 64 pixels with their
augmentation; ResNet-50, of 2,048 features, learns some of the same portraits. Takes about
seven minutes on two cores; the table goes to benchmarks/results/fds_epoch.md.
"""

import argparse

from measure import as_table, measurements, ratio_spread, rounds, spread, write

SAMPLES = {"small_cnn": 2048, "resnet50": 128}
TITLES = {"small_cnn": "small CNN", "resnet50": "ResNet-50"}
SIDES = ("without FDS", "FDS", "two passes")


def smoothing(side, bins):
    """The layer of a side; that of the two passes does not look at the batch of the step."""
    import keras_ranksim as kr

    layer = kr.layers.FeatureDistributionSmoothing(bins)
    if side == "two passes":
        layer.update_state, layer.update_afterwards = lambda *batch: None, layer.update_state
    return layer


def epoch_of(side, network, benchmark):
    """A function that trains for one epoch."""
    import keras
    import numpy as np
    import tensorflow as tf

    import keras_ranksim as kr

    keras.utils.set_random_seed(0)
    inputs, embedding = getattr(kr.networks, network)((64, 64, 3))
    outputs, layer = embedding, None
    if side != "without FDS":
        layer = smoothing(side, benchmark.bins)
        outputs = layer(embedding)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(outputs))
    model.compile("adam", loss="mae")
    data = benchmark.replace().train
    network_alone = keras.Model(inputs, embedding)
    features_of = tf.function(
        lambda x: network_alone(x, training=True), input_signature=[data.element_spec[0]]
    )

    def one_pass():
        model.fit(data, epochs=1, verbose=0)

    def two_passes():
        one_pass()
        batches = [(features_of(x).numpy(), y.numpy()) for x, y, _ in data]
        features, labels = map(np.concatenate, zip(*batches))
        layer.update_afterwards(features, labels)
        layer.finalize_state()

    return two_passes if side == "two passes" else one_pass


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", nargs="+", choices=SAMPLES, default=list(SAMPLES))
    parser.add_argument("--samples", type=int, help="of an epoch, instead of 2,048 and 128")
    parser.add_argument("--repeats", type=int, default=15, help="timed epochs of each side")
    parser.add_argument("--name", default="fds_epoch", help="name of the results")
    arguments = parser.parse_args()

    import tensorflow as tf

    import keras_ranksim as kr

    tf.get_logger().setLevel("ERROR")
    lines, rows = [], []
    for network in arguments.networks:
        samples = arguments.samples or SAMPLES[network]
        benchmark = kr.data.load_portraits(train_samples=samples, evaluation_per_age=1)
        sides = {side: epoch_of(side, network, benchmark) for side in SIDES}
        times = rounds(sides, arguments.repeats)
        rows += measurements(times, network=network, samples=samples)
        lines.append(
            [
                f"{TITLES[network]}, {samples:,} samples",
                *(spread(times[side]) for side in SIDES),
                ratio_spread(times["FDS"], times["without FDS"]),
                ratio_spread(times["FDS"], times["two passes"]),
            ]
        )
    header = ["", *(f"{side}, ms" for side in SIDES), "FDS / without", "FDS / two passes"]
    write(
        arguments.name,
        "# What FDS costs in an epoch",
        as_table(header, lines),
        "The two passes are counted kindly: their statistics come from one call of the layer "
        "for all features, and the data wait in memory, decoded.",
        note=f"Portraits of 64 pixels, batch 64, seed 0, {arguments.repeats} epochs of each side "
        "in turns after two of warm-up; medians with quartiles, ratios epoch by epoch.",
        rows=rows,
    )


if __name__ == "__main__":
    main()
