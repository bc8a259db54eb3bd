"""How does the cost of RankSim, ConR and FDS grow, and what would 64 GPUs spend on them?

    python benchmarks/scaling.py

Three answers in one run. (1) One and two worker processes under MultiWorkerMirroredStrategy share
the batches of the small CNN, a core each, with and without regularizers. (2) Forward and backward
passes for growing numbers of distinct labels M, features D, label bins and samples, with a
picture. (3) On paper: what IMDB-WIKI on 64 GPUs would compute and send for them, from times
measured here and from assumptions that are stated. Takes about four minutes on two cores; results
go to benchmarks/results/scaling.md, scaling.csv and scaling.png.
"""

import argparse
import math

import two_workers
from measure import as_table, measurements, quartiles, ratio_spread, rounds, spread, write
from regularizer import GAMMA, LAMBDA, drawn, in_tensorflow

LABELS, FEATURES = (32, 128, 512, 2048), (64, 256, 1024, 4096)
BINS, SAMPLES = (16, 128, 1024, 4096), (64, 256, 1024, 4096)
USUAL_LABELS, USUAL_FEATURES, USUAL_BINS, USUAL_SAMPLES = 256, 512, 101, 256
TITLES = {
    "labels": f"Distinct labels M of a batch, {USUAL_FEATURES} features",
    "features": f"Features D, {USUAL_LABELS} distinct labels",
    "bins": f"Label bins of FDS, {USUAL_SAMPLES} samples, {USUAL_FEATURES} features",
    "samples": f"Samples of a batch, {USUAL_BINS} ages, {USUAL_FEATURES} features",
}


def ranksim(samples, features, ages=None):
    """Loss and gradient of a batch whose labels all differ, or of so many ages."""
    import numpy as np
    import tensorflow as tf

    import keras_ranksim as kr

    x, labels, _ = drawn(samples, features)
    if ages is not None:
        labels = np.random.default_rng(1).integers(0, ages, samples).astype("float32")
    labels = tf.constant(labels)
    return in_tensorflow(lambda x: kr.ops.ranksim_loss(x, labels, GAMMA, LAMBDA, seed=0), x)


def share_of_ranksim(batch, kept, features, rows):
    """What one of many replicas does: the draw among all labels, its rows of the ranking."""
    import numpy as np
    import tensorflow as tf

    import keras_ranksim as kr

    x, labels, _ = drawn(batch, features)
    labels = tf.constant(np.resize(labels[:kept], batch))
    return in_tensorflow(
        lambda x: kr.ops.ranksim_loss(x, labels, GAMMA, LAMBDA, seed=0, rows=(0, rows)), x
    )


def conr(samples, features, rows=None):
    import numpy as np
    import tensorflow as tf

    import keras_ranksim as kr

    x, *_ = drawn(samples, features)
    random = np.random.default_rng(1)
    labels = random.integers(0, USUAL_BINS, samples).astype("float32")
    predictions = tf.constant(labels + random.normal(0, 5, samples).astype("float32"))
    labels = tf.constant(labels)
    return in_tensorflow(lambda x: kr.ops.conr_loss(x, labels, predictions, rows=rows), x)


def smoothing(samples, features, bins):
    """What the layer does in a step once it calibrates: collect, calibrate, differentiate."""
    import numpy as np
    import tensorflow as tf

    import keras_ranksim as kr

    x, *_ = drawn(samples, features)
    labels = np.random.default_rng(1).uniform(0, 101, (samples, 1)).astype("float32")
    labels = tf.constant(labels)
    layer = kr.layers.FeatureDistributionSmoothing(kr.LabelBins(np.linspace(0, 101, bins + 1)))
    layer(x, labels, training=True)
    layer.finalize_state()
    return in_tensorflow(lambda x: tf.reduce_sum(layer(x, labels, training=True)), x)


def growth(repeats):
    """Times by panel, size and method."""
    cases = {
        "labels": {
            size: {
                "RankSim": ranksim(size, USUAL_FEATURES),
                "ConR": conr(size, USUAL_FEATURES),
            }
            for size in LABELS
        },
        "features": {
            size: {
                "RankSim": ranksim(USUAL_LABELS, size),
                "ConR": conr(USUAL_LABELS, size),
                "FDS": smoothing(USUAL_LABELS, size, USUAL_BINS),
            }
            for size in FEATURES
        },
        "bins": {size: {"FDS": smoothing(USUAL_SAMPLES, USUAL_FEATURES, size)} for size in BINS},
        "samples": {
            size: {
                "RankSim": ranksim(size, USUAL_FEATURES, ages=USUAL_BINS),
                "FDS": smoothing(size, USUAL_FEATURES, USUAL_BINS),
            }
            for size in SAMPLES
        },
    }
    return {
        panel: {size: rounds(sides, repeats) for size, sides in sizes.items()}
        for panel, sizes in cases.items()
    }


def exponent(sizes, name):
    """Of the power law between the two largest sizes."""
    (few, fast), (many, slow) = sorted((n, t[name]) for n, t in sizes.items() if name in t)[-2:]
    return math.log(quartiles(slow)[1] / quartiles(fast)[1]) / math.log(many / few)


def growth_tables(times):
    paragraphs = []
    for panel, sizes in times.items():
        names = list(next(iter(sizes.values())))
        lines = [
            [f"{size:,}", *(spread(of_size[name]) for name in names)]
            for size, of_size in sizes.items()
        ]
        powers = [f"size^{exponent(sizes, name):.1f}" for name in names]
        lines.append(["between the last two", *powers])
        paragraphs += [f"### {TITLES[panel]}", as_table(["", *(f"{n}, ms" for n in names)], lines)]
    return paragraphs


def picture(times):
    """Four panels of lines, a method each."""
    from matplotlib import ticker

    from keras_ranksim.plots import style

    with style.look("light") as theme:
        figure = style.new_figure(6.4)
        names = ("RankSim", "FDS", "ConR")
        for axes, (panel, sizes) in zip(figure.subplots(2, 2).flat, times.items()):
            for name, color, dashes in zip(names, theme.methods[1:], style.LINE_STYLES):
                known = [size for size in sizes if name in sizes[size]]
                if not known:
                    continue
                low, middle, high = zip(*(quartiles(sizes[size][name]) for size in known))
                axes.plot(known, middle, color=color, linestyle=dashes, marker="o", label=name)
                axes.fill_between(known, low, high, color=color, alpha=0.2, linewidth=0)
            title, _, rest = TITLES[panel].partition(", ")
            axes.set(xscale="log", yscale="log", xlabel=f"{title}\n{rest}")
            axes.set_ylabel("forward and backward, ms")
            axes.set_xticks(list(sizes), [f"{size:,}" for size in sizes])
            axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5), numticks=20))
            axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda time, _: f"{time:,g}"))
            axes.minorticks_off()
            style.legend_above(axes)
        style.finish(figure)
        return style.png(figure)


IMAGES, EPOCHS, AGES = 191_509, 90, 101
GPUS, LOCAL, DEPTH = 64, 64, 2048
PARAMETERS = 23.5e6
IMAGES_PER_SECOND = 1000
GIGABITS, HOP = 100, 20e-6
TIMES_AS_FAST, LAUNCHES, LAUNCH = 20, 300, 5e-6


def wire(size, passes):
    """Milliseconds of a collective: 2 passes for a sum over all, 1 for a gathering."""
    seconds = size / (GIGABITS * 1e9 / 8) * (GPUS - 1) / GPUS + math.log2(GPUS) * HOP
    return 1e3 * passes * seconds


def on_paper(repeats):
    """The estimate, and the measured times in it."""
    batch = GPUS * LOCAL
    times = rounds(
        {
            "RankSim": share_of_ranksim(batch, AGES, DEPTH, math.ceil(AGES / GPUS)),
            "RankSim, all distinct": share_of_ranksim(batch, batch, DEPTH, LOCAL),
            "ConR": conr(batch, DEPTH, rows=(0, LOCAL)),
            "FDS": smoothing(LOCAL, DEPTH, AGES),
        },
        repeats,
        warm_up=1,
    )
    here = {name: quartiles(of_side)[1] for name, of_side in times.items()}
    labels, kept, every = 4 * 3 * batch, 4 * AGES * DEPTH, 4 * batch * DEPTH
    # Bytes and passes of every collective of a step, those of the backward pass last.
    sent = {
        "RankSim": [(labels, 1), (kept, 2), (kept, 2)],
        "RankSim, all distinct": [(labels, 1), (every, 2), (every, 2)],
        "ConR": [(labels, 1), (every, 1), (every, 2)],
        "FDS": [],
    }
    step, gradients = 1e3 * LOCAL / IMAGES_PER_SECOND, wire(4 * PARAMETERS, 2)
    whole = step + gradients
    steps = math.ceil(IMAGES / batch)
    sums = 8 * (2 * AGES * DEPTH + AGES)
    lines = [["ResNet-50", "-", f"{step:.0f}", f"{4e-6 * PARAMETERS:.0f}", f"{gradients:.1f}", ""]]
    added = {}
    for name, collectives in sent.items():
        compute = here[name] / TIMES_AS_FAST + 1e3 * LAUNCHES * LAUNCH
        travel = sum(wire(*collective) for collective in collectives)
        added[name] = compute + travel
        size = sum(size for size, _ in collectives) / 1e6
        share = f"{100 * added[name] / whole:.1f} %"
        shown = [f"{here[name]:.1f}", f"{compute:.1f}", f"{size:.1f}", f"{travel:.1f}"]
        lines.append([name, *shown, share])
    header = [
        "a step of one GPU",
        "measured here, ms",
        "there, ms",
        "sent, MB",
        "wire, ms",
        "added",
    ]
    run = steps * EPOCHS / 6e4
    text = (
        f"IMDB-WIKI has {IMAGES:,} training images; {GPUS} GPUs of {LOCAL} each make a global "
        f"batch of {batch:,}, {steps} steps an epoch, {steps * EPOCHS:,} in {EPOCHS} epochs. "
        f"**Assumed**: ResNet-50 with {DEPTH:,} features, {IMAGES_PER_SECOND:,} images per second "
        f"and GPU; a link of {GIGABITS} Gbit/s a GPU, float32, {1e6 * HOP:.0f} microseconds a "
        f"hop, {math.log2(GPUS):.0f} hops; a GPU computes the regularizers {TIMES_AS_FAST} times "
        f"as fast as these cores, after {LAUNCHES} launches of {1e6 * LAUNCH:.0f} microseconds; "
        "nothing overlaps. **Measured** here: what one replica computes, its share of the rows. "
        "**Counted**: what travels. Ages are whole years, so that of "
        f"{batch:,} samples RankSim keeps at most {AGES}; after the labels only the features of "
        "these travel. `RankSim, all distinct` is the worst case, labels none of which occurs "
        "twice. ConR needs the features of all samples. FDS sends nothing in a step; its "
        f"sums, {sums / 1e6:.1f} MB, travel once an epoch ({wire(sums, 2):.1f} ms). With "
        "`across_replicas=False` nothing travels at all."
    )
    both = added["RankSim"] + added["FDS"]
    spent = (
        f"RankSim and FDS together add {both:.1f} ms to a step of {whole:.0f} ms, "
        f"{100 * both / whole:.0f} %, and {run * both * 60:.0f} seconds to a run of "
        f"{run * whole:.1f} minutes."
    )
    return ["## On paper: IMDB-WIKI on 64 GPUs", text, as_table(header, lines), spent], times


def of_workers(steps, minutes):
    """One and two processes."""
    alone, together = (two_workers.steps_of(count, steps, minutes) for count in (1, 2))
    lines = []
    for variant in alone:
        lines.append(
            [
                variant,
                spread(alone[variant]),
                spread(together[variant]),
                f"{quartiles(alone[variant])[1] / quartiles(together[variant])[1]:.2f}",
                *(
                    "" if variant == "vanilla" else ratio_spread(times[variant], times["vanilla"])
                    for times in (alone, together)
                ),
            ]
        )
    header = ["", "one worker, ms", "two workers, ms", "times as fast"]
    header += ["one: ratio to vanilla", "two: ratio to vanilla"]
    text = (
        f"Steps of the small CNN, {two_workers.PIXELS} px, a global batch of {two_workers.BATCH}, "
        "each worker on a core of its own, so that two have twice the processor and would be "
        "twice as fast if nothing had to be exchanged. RankSim, FDS and ConR act on the global "
        "batch. Steps of the variants take turns, four rounds of them."
    )
    rows = measurements(alone, panel="workers", size=1)
    rows += measurements(together, panel="workers", size=2)
    return ["## One and two workers", text, as_table(header, lines)], rows


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=9, help="timed calls of each size")
    parser.add_argument("--steps", type=int, default=8, help="timed steps a round of workers")
    parser.add_argument("--minutes", type=float, default=4, help="longest time for workers")
    parser.add_argument("--name", default="scaling", help="name of the results")
    arguments = parser.parse_args()
    spread_out, rows = of_workers(arguments.steps, arguments.minutes)
    times = growth(arguments.repeats)
    for panel, sizes in times.items():
        for size, of_size in sizes.items():
            rows += measurements(of_size, panel=panel, size=size)
    estimate, parts = on_paper(min(arguments.repeats, 5))
    rows += measurements(parts, panel="a replica of 64", size=GPUS * LOCAL)
    write(
        arguments.name,
        "# How cost grows",
        *spread_out,
        "## With the size of the problem",
        f"![Cost by size]({arguments.name}.png)",
        *growth_tables(times),
        *estimate,
        packages=["matplotlib"],
        note=f"Float32, seed 0; medians with quartiles of {arguments.repeats} calls after a "
        "warm-up, sides taking turns.",
        rows=rows,
        pictures={f"{arguments.name}.png": picture(times)},
    )


if __name__ == "__main__":
    main()
