"""Known data for pictures, and a figure of every kind made of it."""

import numpy as np

import keras_ranksim as kr
from keras_ranksim.experiments.artifacts.bin_statistics import BinStatistics
from keras_ranksim.plots.bin_statistics import statistic_similarity
from keras_ranksim.plots.ranks import mean_rank_matrices
from keras_ranksim.plots.tuning import tuning_plane

BINS = kr.LabelBins.uniform(0, 60, 1)
LONG_NAME = "consumption <of> the car & trailer as its maker $told$ us in_the_year"


def counts():
    """Many below 10, medium to 20, few to 40, none to 46, few again, none at the end."""
    of_bin = np.zeros(60, dtype=int)
    of_bin[:10], of_bin[10:20], of_bin[20:40], of_bin[46:55] = 150, 60, 7, 2
    return of_bin


def samples(random, count=300):
    """Labels in some bins, predictions drawn to the crowd, features along a noisy arc."""
    labels = random.integers(0, 56, count).astype("float64")
    predictions = 15 + 0.6 * (labels - 15) + random.normal(0, 3, count)
    angle = labels / 60 * np.pi / 2
    features = np.stack([np.cos(angle), np.sin(angle), random.normal(0, 0.2, count)], axis=1)
    return labels, predictions, features


def figure_makers(theme="light", label_name="age", label_unit="years"):
    """For each kind of figure a function that makes one, by name."""
    random = np.random.default_rng(3)
    labels, predictions, features = samples(random)
    named = {"label_name": label_name, "label_unit": label_unit, "theme": theme}
    statistics = BinStatistics(BINS)
    statistics.update(features, labels)
    found = mean_rank_matrices(features, labels, BINS, draws=3)
    methods = {"VANILLA": predictions, "FOCAL-R + LDS + FDS + RANKSIM": labels + 2}
    many_methods = [*methods, "RRT", "VANILLA | SQINV + LDS", label_name[:60]]
    found_differences = {
        name: dict.fromkeys(("all", "many", "medium", "few"), (-2.0 + i, -3.0 + i, -1.0 + i))
        for i, name in enumerate(many_methods)
    }
    shot = np.repeat(["many", "medium", "few", "zero"], [150, 100, 40, 10])
    held = kr.labels.interval_report(labels, predictions - 3, predictions + 3, shot)
    points = {0: (9.2, 25.3, 0.1, 0.3), 0.5: (9.6, 16.5, 0.1, 0.4), 1: (11.0, 15.1)}
    gamma = 10.0 ** random.uniform(-3, 0, 9)
    objective = [*random.uniform(5, 9, 8), np.nan]
    return {
        "label_histogram": lambda: kr.plots.label_histogram(
            counts(), BINS, counts() + 1.0, **named
        ),
        "error_by_label": lambda: kr.plots.error_by_label(
            labels, methods, counts(), BINS, window=3, **named
        ),
        "true_against_predicted": lambda: kr.plots.true_against_predicted(
            labels, predictions, counts(), BINS, **named
        ),
        "rank_matrices": lambda: kr.plots.rank_matrices(
            found.centers,
            {"label space": found.label_space, **dict.fromkeys(methods, found.feature_space)},
            **named,
        ),
        "two_rank_matrices": lambda: kr.plots.rank_matrices(
            found.centers, {"label space": found.label_space, "x": found.feature_space}, **named
        ),
        "statistic_similarity": lambda: statistic_similarity(
            dict.fromkeys(methods, (statistics.mean, statistics.variance)),
            counts(),
            BINS,
            anchor=12,
            **named,
        ),
        "embedding_map": lambda: kr.plots.embedding_map(
            dict.fromkeys(methods, features), labels, **named
        ),
        "tuning_plane": lambda: tuning_plane(gamma, np.ones(len(gamma)), objective, theme=theme),
        "differences": lambda: kr.plots.differences(
            found_differences, "VANILLA", "MAE", label_unit, theme=theme
        ),
        "price_curve": lambda: kr.plots.price_curve(points, "MAE", label_unit, theme=theme),
        "interval_coverage": lambda: kr.plots.interval_coverage(
            {"one width for all": held, "by region of the prediction": held},
            label_unit=label_unit,
            theme=theme,
        ),
        "training_curves": lambda: kr.plots.training_curves(
            {"mae": [9, 8, 7, 6], "val_mae": [9, 7, 7.5, 8]}, second_stage=2, theme=theme
        ),
    }
