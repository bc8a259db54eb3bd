"""What do RankSim, FDS and ConR add to a training step?

    python benchmarks/train_step.py

Steps of `ImbalancedRegressor` as `fit` takes them, without a regularizer and with each, take turns
in one run: the small CNN on pictures of 64 pixels and ResNet-50 on 224, batch 64. On a CPU a
step of ResNet-50 takes so long that the layers are lost in its noise, so they are also timed
alone: forward and backward on features of the same shape, minus a model without them. Data are
random, 101 ages; FDS is past its first epoch. ConR sees the batch as one view; every further view
costs a forward and backward pass of its own. Takes about five minutes on two cores, most of it
ResNet-50, and 10 GiB; the table goes to benchmarks/results/train_step.md.

    python benchmarks/train_step.py --networks small_cnn --repeats 40
    python benchmarks/train_step.py --networks resnet50 --batch 16 --policy mixed_bfloat16
"""

import argparse

from measure import as_table, measurements, quartiles, ratio_spread, rounds, spread, write

SIDES = {
    "vanilla": (),
    "RankSim": ("RankSim",),
    "FDS": ("FDS",),
    "RankSim + FDS": ("FDS", "RankSim"),
    "ConR": ("ConR",),
}
PIXELS = {"small_cnn": 64, "resnet50": 224}
TITLES = {"small_cnn": "The small CNN", "resnet50": "ResNet-50"}
REPEATS = {"small_cnn": 40, "resnet50": 5}
# A step of ResNet-50 is long: whole ones of the sides that the aim is about.
WHOLE = {"small_cnn": list(SIDES), "resnet50": ["vanilla", "RankSim + FDS"]}


def layer(name):
    import keras_ranksim as kr

    if name == "FDS":
        return kr.layers.FeatureDistributionSmoothing(kr.LabelBins.uniform(0, 101, 1))
    return {"RankSim": kr.layers.RankSimRegularizer, "ConR": kr.layers.ConRRegularizer}[name]()


def regressor(inputs, embedding, names):
    import keras

    import keras_ranksim as kr

    for name in names:
        embedding = layer(name)(embedding)
    outputs = keras.layers.Dense(1, dtype="float32")(embedding)
    model = kr.ImbalancedRegressor(inputs, outputs)
    model.compile("adam", loss="mae")
    return model


def steps(model, x, y):
    """A function that takes one step, once what `fit` does before the first is done."""
    import tensorflow as tf

    data = tf.data.Dataset.from_tensors((x, y))
    # The first epoch traces, the second begins with folded statistics.
    model.fit(data, epochs=2, verbose=0)
    batches = iter(data.repeat())

    def step():
        model.train_function(batches)["loss"].numpy()

    return step


def ages(batch):
    import numpy as np

    return np.random.default_rng(0).integers(0, 101, (batch, 1)).astype("float32")


def whole_steps(network, batch, size, repeats):
    """Times of whole steps, by side, and the length of the embedding."""
    import numpy as np

    import keras_ranksim as kr

    x = np.random.default_rng(1).normal(size=(batch, size, size, 3)).astype("float32")
    taken = {}
    for side in WHOLE[network]:
        inputs, embedding = getattr(kr.networks, network)((size, size, 3))
        taken[side] = steps(regressor(inputs, embedding, SIDES[side]), x, ages(batch))
    return rounds(taken, repeats, warm_up=1), embedding.shape[-1]


def layers_alone(batch, features, repeats):
    """Times of steps of a model that is nothing but the layers and a head."""
    import keras
    import numpy as np

    x = np.random.default_rng(1).normal(size=(batch, features)).astype("float32")
    taken = {}
    for side, names in SIDES.items():
        inputs = keras.Input((features,))
        # Without weights below, nothing would ask for the gradient of the features.
        embedding = keras.layers.BatchNormalization()(inputs)
        taken[side] = steps(regressor(inputs, embedding, names), x, ages(batch))
    return rounds(taken, max(repeats, 40), warm_up=5)


def report(network, size, batch, repeats):
    """Lines of Markdown and rows of the CSV file."""
    times, features = whole_steps(network, batch, size, repeats)
    alone = layers_alone(batch, features, repeats)
    vanilla = quartiles(times["vanilla"])[1]
    lines = []
    for side in SIDES:
        whole = spread(times[side]) if side in times else "-"
        if side == "vanilla":
            lines.append([side, whole, "", "", ""])
            continue
        ratio = ratio_spread(times[side], times["vanilla"]) if side in times else "-"
        added = [max(mine - bare, 0.0) for mine, bare in zip(alone[side], alone["vanilla"])]
        share = 100 * quartiles(added)[1] / vanilla
        lines.append([side, whole, ratio, spread(added), f"{share:.2f} %"])
    header = ["side", "step, ms", "ratio to vanilla", "layers alone, ms", "of a step"]
    title = f"## {TITLES[network]}, {size} px, batch {batch}, {features} features, {repeats} rounds"
    case = {"network": network, "pixels": size, "batch": batch}
    rows = measurements(times, measured="step", **case)
    rows += measurements(alone, measured="layers alone", **case)
    return [title, as_table(header, lines)], rows


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networks", nargs="+", choices=PIXELS, default=list(PIXELS))
    parser.add_argument("--batch", type=int, default=64, help="samples of a step")
    parser.add_argument("--size", type=int, help="pixels, instead of 64 and 224")
    parser.add_argument("--repeats", type=int, help="timed rounds, instead of 40 and 5")
    parser.add_argument("--policy", default="float32", help="dtype policy of Keras")
    parser.add_argument("--name", default="train_step", help="name of the results")
    arguments = parser.parse_args()

    import keras
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # it warns of one retracing for each side
    keras.config.set_dtype_policy(arguments.policy)
    keras.utils.set_random_seed(0)
    paragraphs, rows = [], []
    for network in arguments.networks:
        size = arguments.size or PIXELS[network]
        repeats = arguments.repeats or REPEATS[network]
        lines, measured = report(network, size, arguments.batch, repeats)
        paragraphs += lines
        rows += measured
    write(
        arguments.name,
        "# What RankSim, FDS and ConR add to a training step",
        "Medians with quartiles. Ratios are taken round by round, steps taking turns. The last "
        "columns time the layers alone, forward and backward on features of the same shape, less "
        "a step without them, and relate that to a whole step without them.",
        *paragraphs,
        note=f"{arguments.policy}, seed 0, after a warm-up of three steps.",
        rows=rows,
    )


if __name__ == "__main__":
    main()
