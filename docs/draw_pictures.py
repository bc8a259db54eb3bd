"""Draws the pictures of these pages from the library's own functions.

    python docs/draw_pictures.py
    python docs/draw_pictures.py rank_matrices

Writes PNG files of 800 pixels' width to `docs/images`, the same on every call on one machine. Takes
about a minute on one core and needs matplotlib (`pip install 'keras_ranksim[plots]'`).
"""

import contextlib
import io
import os
import re
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras_ranksim as kr  # before Keras and TensorFlow, so that they start quietly
from keras_ranksim.experiments.artifacts.embeddings import embedding_model
from keras_ranksim.labels.quantiles import label_quantiles
from keras_ranksim.labels.weights import weights_of_counts
from keras_ranksim.ops.kernels import kernel_window
from keras_ranksim.ops.similarity import cosine_similarity, negative_distance
from keras_ranksim.plots.bin_statistics import statistic_similarity
from keras_ranksim.plots.ranks import mean_rank_matrices
from keras_ranksim.plots.style import png

# isort: split
import keras
import numpy as np
import tensorflow as tf
from matplotlib.ticker import NullLocator

from keras_ranksim.data.portraits.age_density import age_density
from keras_ranksim.ops.rank_n_contrast import rank_n_contrast_terms
from keras_ranksim.plots.label_axis import draw_histogram
from keras_ranksim.plots.style import LINE_STYLES, finish, legend_above, look, new_figure

HERE = Path(__file__).parent
DOTS_PER_INCH = 100
BINS = kr.LabelBins.uniform(0, 101, 1)
# Pairs of gamma and lambda that were published, and the default, as their product.
NAMED_PERTURBATIONS = {"text, published": 6e-4, "default": 1.0, "ages, published": 200.0}


def drawn_ages(count=4000):
    """Ages as rare as those of the portraits."""
    random = np.random.default_rng(0)
    return random.choice(101, count, p=age_density("long_tail", [(61, 66)])).astype("float32")


def label_density():
    """Counts, what LDS makes of them, and the weights of both."""
    ages = drawn_ages()
    counts = BINS.count(ages)
    with look("light") as colors:
        figure = new_figure(5.0)
        top, bottom = figure.subplots(2, sharex=True, height_ratios=[1.3, 1])
        draw_histogram(top, counts, BINS, (100, 20), colors)
        smoothed = kr.labels.label_density(ages, BINS, scheme="inverse", kernel="gaussian")
        top.plot(
            BINS.centers,
            smoothed * counts.sum() / smoothed.sum(),
            color=colors.methods[1],
            label="smoothed by LDS",
        )
        top.set_ylabel("training labels per bin")
        legend_above(top)
        kernels = {"re-weighting (SQINV)": None, "with LDS": "gaussian"}
        for (name, kernel), color, style in zip(kernels.items(), colors.methods, LINE_STYLES):
            weights = weights_of_counts(counts, kernel=kernel)
            weights = np.where(counts > 0, weights, np.nan)
            bottom.plot(BINS.centers, weights, color=color, linestyle=style, label=name)
        bottom.set_yscale("log")
        bottom.set_yticks([0.5, 1, 2, 4, 8])
        bottom.yaxis.set_major_formatter("{x:g}")
        bottom.yaxis.set_minor_locator(NullLocator())
        bottom.set_ylabel("weight of a sample")
        bottom.set_xlabel("age (years)")
        legend_above(bottom)
        figure.align_ylabels()
        finish(figure)
    return figure


def weights_without_smoothing():
    """Weights by age: powers of the count, and DenseWeight."""
    ages = drawn_ages()
    held = np.flatnonzero(BINS.count(ages))
    middle = BINS.centers[held]
    schemes = {"power 0.5 (SQINV)": 0.5, "power 1 (INV)": 1.0}
    weights = {
        name: weights_of_counts(BINS.count(ages), scheme=power)[held]
        for name, power in schemes.items()
    }
    of_sample = dict(zip(BINS.index(ages).tolist(), kr.dense_weights(ages)))
    weights["DenseWeight"] = np.array([of_sample[place] for place in held.tolist()])
    with look("light") as colors:
        figure = new_figure(3.1)
        axes = figure.add_subplot()
        for (name, weight), color, style in zip(weights.items(), colors.methods, LINE_STYLES):
            axes.plot(middle, weight, color=color, linestyle=style, label=name)
        axes.set_yscale("log")
        axes.set_ylim(bottom=0.02)
        axes.set_yticks([0.03, 0.1, 0.3, 1, 3, 10, 30])
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_ylabel("weight of a sample")
        axes.set_xlabel("age (years)")
        legend_above(axes)
        finish(figure)
    return figure


def partners():
    """The ages of partners that a sample of age 60 is mixed with."""
    ages = drawn_ages()
    close = np.exp(-((ages - 60) ** 2) / (2 * 5.0**2))
    drawn = {"plain mixup": np.ones(len(ages)), "C-Mixup, bandwidth 5 years": close}
    with look("light") as colors:
        figure = new_figure(2.9)
        axes = figure.add_subplot()
        for (name, chance), color, style in zip(drawn.items(), colors.methods, LINE_STYLES):
            share = np.bincount(BINS.index(ages), chance, len(BINS)) / chance.sum()
            axes.plot(BINS.centers, share, color=color, linestyle=style, label=name)
        axes.axvline(60, color=colors.muted, linewidth=1)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("age of the partner (years)")
        axes.set_ylabel("probability")
        legend_above(axes)
        finish(figure)
    return figure


def relevant_ages():
    """The relevance of ages over their histogram."""
    ages = drawn_ages()
    with look("light") as colors:
        figure = new_figure(4.0)
        top, bottom = figure.subplots(2, sharex=True, height_ratios=[1, 1.1])
        line = np.linspace(0, 100, 500)
        top.plot(line, kr.labels.relevance(line, ages), color=colors.methods[2])
        top.set_ylabel("relevance")
        draw_histogram(bottom, BINS.count(ages), BINS, (100, 20), colors)
        legend_above(bottom)
        bottom.set_ylabel("training labels per bin")
        bottom.set_xlabel("age (years)")
        figure.align_ylabels()
        finish(figure)
    return figure


def intervals():
    """Intervals of one half-width and by region, around predictions that err more on the old."""
    random = np.random.default_rng(2)
    ages = drawn_ages(3000)
    guesses = ages + random.normal(0, 1.5 + 0.12 * ages)
    found = {
        "one half-width": kr.conformal_intervals(ages[:1500], guesses[:1500]),
        "by region": kr.conformal_intervals(ages[:1500], guesses[:1500], bins=BINS),
    }
    line = np.linspace(0, 100, 1000)
    with look("light") as colors:
        figure = new_figure(3.9)
        axes = figure.add_subplot()
        error = (ages - guesses)[1500:]
        axes.plot(guesses[1500:], error, ".", color=colors.muted, alpha=0.5, markersize=3)
        for (name, one), color, style in zip(found.items(), colors.methods, LINE_STYLES):
            half = one.half_width(line)
            axes.plot(line, half, color=color, linestyle=style, label=name)
            axes.plot(line, -half, color=color, linestyle=style)
        axes.set_xlim(0, 100)
        axes.set_ylim(-32, 32)
        axes.set_xlabel("predicted age (years)")
        axes.set_ylabel("true minus predicted (years)")
        legend_above(axes)
        finish(figure)
    return figure


def kernels():
    """The three windows, divided by their sums."""
    with look("light") as colors:
        figure = new_figure(2.9)
        axes = figure.add_subplot()
        names = ("gaussian", "triangular", "laplacian")
        for name, color, style in zip(names, colors.methods, LINE_STYLES):
            window = kernel_window(name, kernel_size=9, sigma=2.0)
            cells = np.arange(-4, 5)
            axes.plot(
                cells, window / window.sum(), color=color, linestyle=style, marker="o", label=name
            )
        axes.set_ylim(bottom=0)
        axes.set_xlabel("distance from the bin, in bins")
        axes.set_ylabel("share of the smoothed value")
        legend_above(axes)
        finish(figure)
    return figure


def measured():
    """Twelve noisy measurements that tell of an age, and the ages."""
    ages = drawn_ages(3000)
    random = np.random.default_rng(1)
    angles = ages[:, None] / 100 * np.linspace(0.5, 3.0, 12)
    return np.sin(angles) + 0.25 * random.normal(size=angles.shape), ages


def trained(*layers):
    """A small network that learned the ages, and the measurements it learned from."""
    measurements, ages = measured()
    keras.utils.set_random_seed(0)
    inputs, embedding = kr.networks.mlp(12, widths=(64, 32))
    for layer in layers:
        embedding = layer(embedding)
    outputs = keras.layers.Rescaling(25.0, 35.0)(keras.layers.Dense(1)(embedding))
    model = kr.ImbalancedRegressor(inputs, outputs)
    model.compile(keras.optimizers.Adam(1e-3), loss="mae")
    model.fit(measurements, ages, batch_size=64, epochs=15, verbose=0)
    return model, measurements, ages


def feature_statistics():
    """Running and smoothed statistics of the bins, compared with those of an anchor bin."""
    fds = kr.layers.FeatureDistributionSmoothing(BINS)
    _, _, ages = trained(fds)
    fds.finalize_state()
    seen = (BINS.count(ages) > 0)[:, None]
    pairs = {
        "statistics of each bin": (fds.running_mean, fds.running_variance),
        "smoothed by FDS": (fds.smoothed_mean, fds.smoothed_variance),
    }
    statistics = {
        name: tuple(np.where(seen, keras.ops.convert_to_numpy(one), np.nan) for one in pair)
        for name, pair in pairs.items()
    }
    return statistic_similarity(
        statistics, BINS.count(ages), BINS, anchor=30, label_name="age", label_unit="years"
    )


def rank_matrices():
    """Ranks in label space, and in feature space without and with RankSim."""
    bins = kr.LabelBins.uniform(0, 101, 5)
    matrices = {}
    for name, layers in {
        "VANILLA": [],
        "RANKSIM": [kr.layers.RankSimRegularizer(gamma=1.0, perturbation=0.01, seed=0)],
    }.items():
        model, measurements, ages = trained(*layers)
        features = embedding_model(model).predict(measurements, verbose=0)
        found = mean_rank_matrices(features, ages, bins)
        matrices.setdefault("label space", found.label_space)
        matrices[f"{name}, agreement {found.agreement:.2f}"] = found.feature_space
    return kr.plots.rank_matrices(found.centers, matrices, "age", "years")


def term_learned_alone(delta, steps=300):
    """RankSim's term over the last steps of a network that learns nothing else."""
    measurements, ages = measured()
    keras.utils.set_random_seed(0)
    embed = keras.Model(*kr.networks.mlp(12, widths=(64, 32)))
    optimizer = keras.optimizers.Adam(1e-3)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = kr.ops.ranksim_loss(embed(x), y, gamma=1.0, lambda_=delta, seed=0)
        optimizer.apply(tape.gradient(loss, embed.trainable_variables), embed.trainable_variables)
        return loss

    random = np.random.default_rng(2)
    batches = [random.integers(0, len(ages), 64) for _ in range(steps)]
    terms = [float(step(measurements[rows].astype("float32"), ages[rows])) for rows in batches]
    return np.mean(terms[:20]), np.mean(terms[-20:])


def perturbation():
    """How many ranks of a batch the perturbation changes, and what is learned with it."""
    random = np.random.default_rng(0)
    measurements, ages = measured()
    keras.utils.set_random_seed(0)
    embed = keras.Model(*kr.networks.mlp(12, widths=(64, 32)))
    rows = random.permutation(np.unique(ages, return_index=True)[1])[:48]
    features = embed(measurements[rows].astype("float32"))
    label_ranks = kr.ops.rank(negative_distance(ages[rows, None]))
    target = keras.ops.convert_to_numpy(label_ranks) / len(rows)
    similarity = cosine_similarity(features)
    ranks = kr.ops.rank(similarity)
    gradient = 2 * (ranks / len(rows) - target) / len(rows)
    deltas = np.logspace(-5, 3, 60)
    changed = [
        float(np.mean(kr.ops.rank(similarity + delta * gradient) != ranks)) for delta in deltas
    ]
    tried = np.logspace(-5, 2, 8)
    learned = [term_learned_alone(delta) for delta in tried]
    with look("light") as colors:
        figure = new_figure(4.8)
        top, bottom = figure.subplots(2, sharex=True)
        top.plot(deltas, changed, color=colors.methods[1])
        top.set_ylabel("share of ranks\nthat change")
        bottom.plot(tried, [last for _, last in learned], color=colors.methods[2], marker="o")
        bottom.axhline(learned[0][0], color=colors.ink, linewidth=0.9, linestyle=LINE_STYLES[2])
        bottom.annotate(
            "before learning",
            (deltas[-1], learned[0][0]),
            xytext=(0, -12),
            textcoords="offset points",
            ha="right",
            fontsize=8.5,
        )
        bottom.set_ylabel("RankSim's term\nafter 300 steps")
        for name, delta in NAMED_PERTURBATIONS.items():
            for axes in (top, bottom):
                axes.axvline(delta, color=colors.muted, linewidth=0.9)
                axes.set_ylim(bottom=0)
            top.annotate(
                name,
                (delta, 0.03),
                xycoords=("data", "axes fraction"),
                xytext=(-4, 0),
                textcoords="offset points",
                rotation=90,
                ha="right",
                fontsize=8.5,
                color=colors.muted,
            )
        bottom.set_xscale("log")
        bottom.set_xticks(np.logspace(-5, 3, 5))
        bottom.xaxis.set_major_formatter("{x:g}")
        bottom.set_xlabel("delta = gamma * lambda")
        figure.align_ylabels()
        finish(figure)
    return figure


def contrasted():
    """The positives and negatives of one anchor among the samples of a batch."""
    random = np.random.default_rng(3)
    labels = random.choice(drawn_ages(), 90) + random.uniform(-0.4, 0.4, 90)
    predictions = 0.45 * labels + 19 + random.normal(0, 7, 90)
    window = 4.0
    anchor = int(np.argmin(np.abs(labels - 52)))
    alike = np.abs(labels - labels[anchor]) <= window
    confused = np.abs(predictions - predictions[anchor]) <= window
    groups = {
        "positives: pulled": (alike, "gain", "o"),
        "negatives: pushed": (confused & ~alike, "loss", "X"),
        "neither": (~alike & ~confused, "muted", "."),
    }
    with look("light") as colors:
        figure = new_figure(4.2)
        axes = figure.add_subplot()
        for name, (chosen, color, marker) in groups.items():
            chosen = chosen & (np.arange(90) != anchor)
            axes.scatter(
                labels[chosen],
                predictions[chosen],
                color=getattr(colors, color),
                marker=marker,
                s=45,
                label=name,
            )
        axes.scatter(
            labels[anchor],
            predictions[anchor],
            color=colors.ink,
            marker="*",
            s=170,
            label="anchor",
        )
        for span, middle in ((axes.axvspan, labels[anchor]), (axes.axhspan, predictions[anchor])):
            span(middle - window, middle + window, color=colors.muted, alpha=0.12, linewidth=0)
        axes.set_xlabel("label: age (years)")
        axes.set_ylabel("prediction (years)")
        legend_above(axes)
        finish(figure)
    return figure


def focal():
    """The loss of an error, with and without the focus on large ones."""
    error = np.linspace(0, 30, 121)[:, None]
    with look("light") as colors:
        figure = new_figure(3.0)
        axes = figure.add_subplot()
        axes.plot(error, error, color=colors.methods[0], label="absolute error")
        for beta, color, style in zip((0.2, 0.05), colors.methods[1:], LINE_STYLES[1:]):
            loss = kr.losses.FocalR(beta=beta, reduction="none")(np.zeros_like(error), error)
            axes.plot(error, loss, color=color, linestyle=style, label=f"Focal-R, beta {beta}")
        axes.set_xlabel("error (years)")
        axes.set_ylabel("loss")
        axes.set_ylim(bottom=0)
        legend_above(axes)
        finish(figure)
    return figure


def balanced_mse():
    """What Balanced MSE charges a prediction for lying where training labels are dense."""
    ages = drawn_ages()
    predictions = np.linspace(0, 100, 201)[:, None]
    with look("light") as colors:
        figure = new_figure(4.6)
        top, bottom = figure.subplots(2, sharex=True)
        for noise, color, style in zip((3.0, 8.0), colors.methods[1:], LINE_STYLES):
            balanced = kr.losses.BalancedMSE(
                "bins", noise=noise, train_labels=ages, bins=BINS, reduction="none"
            )
            # Where label and prediction agree, the squared error is 0 and the rest is the charge.
            charge = keras.ops.convert_to_numpy(balanced(predictions, predictions))
            top.plot(
                predictions,
                charge - charge.max(),
                color=color,
                linestyle=style,
                label=f"noise {noise:g} years",
            )
        top.set_ylabel("added to the squared\nerror (years squared)")
        legend_above(top)
        draw_histogram(bottom, BINS.count(ages), BINS, (100, 20), colors)
        bottom.set_ylabel("training labels")
        bottom.set_xlabel("prediction (years)")
        legend_above(bottom)
        figure.align_ylabels()
        finish(figure)
    return figure


def pulls():
    """How an anchor of Rank-N-Contrast moves the others of a batch before anything is learned."""
    ages, anchor = np.sort(drawn_ages(256))[:, None], 30.0
    index = np.flatnonzero(ages[:, 0] == anchor)[:1].astype("int32")
    alike = np.zeros((1, len(ages)), "float32")
    slopes = rank_n_contrast_terms(alike, index, np.abs(ages - anchor).T, temperature=1.0)[1]
    pull = -keras.ops.convert_to_numpy(slopes)[0]
    with look("light") as colors:
        figure = new_figure(2.9)
        axes = figure.add_subplot()
        axes.axhline(0, color=colors.muted, linewidth=1)
        others = np.arange(len(ages)) != index
        axes.plot(ages[others], pull[others], "o", color=colors.methods[0], markersize=4)
        axes.axvline(anchor, color=colors.methods[1], linestyle="--", label="the anchor's age")
        axes.set_xlabel("age of the other sample (years)")
        axes.set_ylabel("pulled (above 0)\nor pushed (below)")
        legend_above(axes)
        finish(figure)
    return figure


def spread():
    """Sorted predictions of a model that is unsure, and the quantiles they are compared with."""
    ages = drawn_ages()
    batch = np.random.default_rng(2).choice(ages, 128)
    unsure = np.sort(ages.mean() + 0.45 * (batch - ages.mean()))
    levels = (np.arange(128) + 0.5) / 128
    quantiles = label_quantiles(ages, levels)
    with look("light") as colors:
        figure = new_figure(3.2)
        axes = figure.add_subplot()
        axes.plot(levels, quantiles, color=colors.methods[1], label="quantiles of the labels")
        axes.plot(levels, unsure, "o", markersize=3, color=colors.methods[0], label="predictions")
        axes.vlines(levels, unsure, quantiles, color=colors.muted, linewidth=0.6)
        axes.set_xlabel("place in the batch, from the lowest prediction to the highest")
        axes.set_ylabel("age (years)")
        legend_above(axes)
        finish(figure)
    return figure


def experts():
    """What samples weigh for the experts of a voting head."""
    ages = drawn_ages()
    counts = BINS.count(ages)
    with look("light") as colors:
        figure = new_figure(4.6)
        top, bottom = figure.subplots(2, sharex=True)
        head = kr.layers.VotingHead(ages, BINS, experts=3)
        for expert, color, style in zip(range(3), colors.methods, LINE_STYLES):
            weights = np.where(counts > 0, head.expert_weights[:, expert], np.nan)
            name = f"expert {expert}"
            top.plot(BINS.centers, weights, color=color, linestyle=style, label=name)
        top.set_yscale("log")
        top.set_yticks([0.3, 1, 3, 10])
        top.yaxis.set_major_formatter("{x:g}")
        top.yaxis.set_minor_locator(NullLocator())
        top.set_ylabel("weight of a sample")
        legend_above(top)
        draw_histogram(bottom, counts, BINS, (100, 20), colors)
        bottom.set_ylabel("training labels")
        bottom.set_xlabel("age (years)")
        legend_above(bottom)
        figure.align_ylabels()
        finish(figure)
    return figure


def tutorial_labels():
    """The picture that the tutorial's own code draws."""
    text = (HERE / "tutorial.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    names = {}
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                for block in blocks[:3]:
                    exec(block, names)
        finally:
            os.chdir(here)
    return names["figure"]


PICTURES = (
    label_density,
    weights_without_smoothing,
    partners,
    relevant_ages,
    intervals,
    kernels,
    feature_statistics,
    rank_matrices,
    perturbation,
    contrasted,
    focal,
    balanced_mse,
    pulls,
    spread,
    experts,
    tutorial_labels,
)


if __name__ == "__main__":
    (HERE / "images").mkdir(exist_ok=True)
    wanted = sys.argv[1:] or [draw.__name__ for draw in PICTURES]
    for draw in PICTURES:
        if draw.__name__ not in wanted:
            continue
        path = HERE / "images" / f"{draw.__name__}.png"
        path.write_bytes(png(draw(), DOTS_PER_INCH))
        print(f"{path.name}: {path.stat().st_size / 1024:.0f} KiB")
