"""What the pictures show, on known data: positions, colors, arrays behind images, ticks."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_hex
from pictured import BINS, counts, samples

import keras_ranksim as kr
from keras_ranksim.experiments.artifacts.bin_statistics import BinStatistics
from keras_ranksim.labels.shots import shots_of_counts
from keras_ranksim.plots import projection
from keras_ranksim.plots.bin_statistics import statistic_similarity
from keras_ranksim.plots.errors import mark_alone
from keras_ranksim.plots.label_axis import shot_ranges
from keras_ranksim.plots.projection import principal_components
from keras_ranksim.plots.ranks import mean_rank_matrices
from keras_ranksim.plots.style import THEMES
from keras_ranksim.plots.tuning import tuning_plane

LIGHT = THEMES["light"]
LIMITS = (100, 20)


def bars_of(axes):
    """Left edge, height and color of every bar."""
    return {
        bar.get_x(): (bar.get_height(), to_hex(bar.get_facecolor()))
        for container in axes.containers
        for bar in container
    }


def texts_of(axes):
    return [text.get_text() for text in axes.texts]


def legend_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_histogram_has_a_bar_a_bin_in_the_color_of_its_shot():
    axes = kr.plots.label_histogram(counts(), BINS, label_name="age", label_unit="years").axes[0]
    bars = bars_of(axes)
    assert set(bars) == set(np.flatnonzero(counts()).astype(float))
    for place, shot in ((3, "many"), (12, "medium"), (30, "few"), (50, "few")):
        assert bars[float(place)] == (counts()[place], LIGHT.shots[shot])
    assert legend_of(axes) == ["many-shot", "medium-shot", "few-shot"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("age (years)", "training labels per bin")


def test_the_histogram_marks_the_ranges_that_training_never_saw():
    axes = kr.plots.label_histogram(counts(), BINS).axes[0]
    named = {text.get_position()[0] for text in axes.texts if text.get_text() == "zero-shot"}
    assert named == {43.0, 57.5}
    hatched = [patch for patch in axes.patches if patch.get_hatch()]
    assert [(patch.get_x(), patch.get_width()) for patch in hatched] == [(40.0, 6.0), (55.0, 5.0)]


def test_the_density_is_scaled_to_the_total_of_the_counts():
    density = kr.labels.label_density(np.repeat(BINS.centers, counts()), BINS, kernel="gaussian")
    line = kr.plots.label_histogram(counts(), BINS, density).axes[0].lines[0]
    np.testing.assert_allclose(line.get_ydata().sum(), counts().sum())
    np.testing.assert_allclose(line.get_ydata() * density.sum(), density * counts().sum())


def test_the_histogram_is_logarithmic_where_few_shot_bars_would_vanish():
    assert kr.plots.label_histogram(counts(), BINS).axes[0].get_yscale() == "linear"
    assert kr.plots.label_histogram(100 * counts(), BINS).axes[0].get_yscale() == "log"


def test_the_logarithmic_axis_is_labelled_with_plain_numbers():
    axes = kr.plots.label_histogram([50_000, 900, 20, 3], kr.LabelBins.uniform(0, 4, 1)).axes[0]
    written = [text.get_text() for text in axes.get_yticklabels()]
    assert "1,000" in written
    assert "$" not in "".join(written)


def test_bins_of_unequal_width_are_drawn_as_wide_as_they_are():
    bins = kr.LabelBins([0, 1, 5, 6])
    axes = kr.plots.label_histogram([30, 2, 5], bins).axes[0]
    widths = {bar.get_x(): bar.get_width() for group in axes.containers for bar in group}
    assert widths == {0.0: 1.0, 1.0: 4.0, 5.0: 1.0}


def test_shot_ranges_join_neighbors_of_one_shot(random):
    many = random.choice([0, 5, 50, 500], 40)
    bins = kr.LabelBins.uniform(0, 40, 1)
    ranges = shot_ranges(many, bins, LIMITS)
    shot = shots_of_counts(many)
    for place in range(40):
        inside = [name for name, start, stop in ranges if start <= place < stop]
        assert inside == [shot[place]]
    for (one, _, stop), (other, start, _) in itertools.pairwise(ranges):
        assert one != other
        assert stop == start


def error_by_loops(labels, predictions, window):
    mean = []
    for place in range(60):
        near = range(max(place - window // 2, 0), place + window // 2 + 1)
        errors = [
            abs(guess - truth) for truth, guess in zip(labels, predictions) if int(truth) in near
        ]
        here = any(int(truth) == place for truth in labels)
        mean.append(np.mean(errors) if here else np.nan)
    return np.array(mean)


@pytest.mark.parametrize("window", [1, 5])
def test_errors_are_means_over_neighboring_bins_weighing_by_samples(random, window):
    labels, predictions, _ = samples(random, count=150)
    figure = kr.plots.error_by_label(labels, {"A": predictions}, counts(), BINS, window)
    drawn = figure.axes[0].lines[0]
    np.testing.assert_array_equal(drawn.get_xdata(), BINS.centers)
    np.testing.assert_allclose(drawn.get_ydata(), error_by_loops(labels, predictions, window))
    averaged = "" if window == 1 else ",\nmean of 5 bins"
    assert figure.axes[0].get_ylabel() == "MAE" + averaged


def test_errors_of_several_runs_are_averaged(random):
    labels, predictions, _ = samples(random, count=100)
    runs = np.stack([predictions, predictions + 4])
    drawn = kr.plots.error_by_label(labels, {"A": runs}, counts(), BINS).axes[0].lines[0]
    one, other = (error_by_loops(labels, run, 1) for run in runs)
    np.testing.assert_allclose(drawn.get_ydata(), (one + other) / 2)


def test_gains_are_baseline_minus_method_above_zero_in_one_color_below_in_another(random):
    labels, predictions, _ = samples(random)
    methods = {"VANILLA": predictions, "GOOD": labels, "BAD": 2 * predictions - labels}
    figure = kr.plots.error_by_label(labels, methods, counts(), BINS, label_unit="years")
    assert len(figure.axes) == 4
    assert legend_of(figure.axes[0]) == ["VANILLA", "GOOD", "BAD"]
    for axes, name in zip(figure.axes[1:3], ("GOOD", "BAD")):
        expected = error_by_loops(labels, predictions, 1) - error_by_loops(labels, methods[name], 1)
        np.testing.assert_allclose(axes.lines[0].get_ydata(), expected)
        assert axes.get_title("left") == f"what {name} gains over VANILLA"
        gain, loss = axes.collections
        assert (to_hex(gain.get_facecolor()[0]), to_hex(loss.get_facecolor()[0])) == (
            LIGHT.gain,
            LIGHT.loss,
        )
        above = np.concatenate([path.vertices[:, 1] for path in gain.get_paths()] or [[0]])
        below = np.concatenate([path.vertices[:, 1] for path in loss.get_paths()] or [[0]])
        assert above.min() > -1e-9
        assert below.max() < 1e-9
        assert (above.max() > 1e-9, below.min() < -1e-9) == (name == "GOOD", name == "BAD")
    limits = {axes.get_ylim() for axes in figure.axes[1:3]}
    assert len(limits) == 1, "gains of all methods have one scale"


def test_the_errors_stand_over_the_histogram_on_shades_of_the_shots(random):
    labels, predictions, _ = samples(random)
    figure = kr.plots.error_by_label(labels, {"A": predictions}, counts(), BINS, label_name="age")
    top, bottom = figure.axes
    assert bars_of(bottom)[3.0] == (150, LIGHT.shots["many"])
    assert top.get_xlim() == bottom.get_xlim() == (0, 60)
    shades = {
        (patch.get_x(), patch.get_x() + patch.get_width()): to_hex(patch.get_facecolor())
        for patch in top.patches
        if not patch.get_hatch()
    }
    expected = {
        (start, stop): LIGHT.shots[shot]
        for shot, start, stop in shot_ranges(counts(), BINS, LIMITS)
        if shot != "zero"
    }
    assert shades == expected
    assert bottom.get_xlabel() == "age"


def test_a_bin_between_empty_ones_is_marked_since_no_line_meets_it():
    nothing = np.nan
    values = [1.0, nothing, 2.0, nothing, nothing, 3.0, 4.0]
    assert mark_alone(values) == {"marker": ".", "markevery": [0, 2]}
    assert mark_alone([1.0, 2.0]) == {}
    figure = kr.plots.error_by_label([5, 30, 31], {"A": [6, 30, 30]}, counts(), BINS)
    assert figure.axes[0].lines[0].get_markevery() == [5]


def test_points_are_predictions_over_labels_apart_by_shot(random):
    labels, predictions, _ = samples(random)
    axes = kr.plots.true_against_predicted(
        labels, predictions, counts(), BINS, label_name="age", label_unit="years"
    ).axes[0]
    shot = shots_of_counts(counts())[labels.astype(int)]
    assert legend_of(axes) == ["many-shot", "medium-shot", "few-shot", "zero-shot", "perfect"]
    for drawn, name in zip(axes.collections, ("many", "medium", "few", "zero")):
        expected = np.column_stack([labels, predictions])[shot == name]
        np.testing.assert_array_equal(drawn.get_offsets(), expected)
        assert to_hex(drawn.get_facecolor()[0]) == LIGHT.shots[name]
    assert axes.lines[0].get_slope() == 1
    assert axes.get_xlabel() == "true age (years)"
    assert axes.get_ylabel() == "predicted age (years)"


def ranks_by_loops(similarity):
    return [[1 + sum(other > one for other in row) for one in row] for row in similarity]


def test_rank_matrices_are_those_of_one_sample_a_bin(random):
    labels = np.array([2, 7, 11, 30, 52], dtype="float64")
    features = random.normal(size=(5, 4))
    found = mean_rank_matrices(features, labels, BINS)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    distance = -np.abs(labels[:, None] - labels)
    np.testing.assert_array_equal(found.label_space, ranks_by_loops(distance))
    np.testing.assert_array_equal(found.feature_space, ranks_by_loops(unit @ unit.T))
    np.testing.assert_array_equal(found.centers, labels + 0.5)


def test_rank_matrices_are_means_over_draws(random):
    labels = np.array([1.0, 1, 2, 3])
    features = np.array([[1, 0.0], [0, 1], [0.6, 0.8], [0.9, 0.1]])
    found = mean_rank_matrices(features, labels, BINS, draws=60)
    either = []
    for first in (0, 1):
        rows = features[[first, 2, 3]] / np.linalg.norm(features[[first, 2, 3]], axis=1)[:, None]
        either.append(ranks_by_loops(rows @ rows.T))
    np.testing.assert_allclose(found.feature_space, np.mean(either, axis=0), atol=0.3)
    again = mean_rank_matrices(features, labels, BINS, draws=60)
    np.testing.assert_array_equal(found.feature_space, again.feature_space)


def test_agreement_is_one_for_features_in_label_order_and_about_zero_by_chance(random):
    labels = np.arange(60.0)
    angle = labels / 60 * np.pi / 2
    arc = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert mean_rank_matrices(arc, labels, BINS).agreement > 0.999
    noise = random.normal(size=(60, 50))
    assert abs(mean_rank_matrices(noise, labels, BINS).agreement) < 0.2
    few = kr.LabelBins.uniform(0, 5, 1)
    found = [
        mean_rank_matrices(random.normal(size=(500, 8)), random.uniform(0, 5, 500), few, 10)
        for _ in range(30)
    ]
    assert abs(np.mean([one.agreement for one in found])) < 0.2, "few bins, too"


def test_neighboring_bins_are_joined_where_there_are_too_many(random):
    bins = kr.LabelBins.uniform(0, 300, 1)
    labels = np.arange(300.0)
    found = mean_rank_matrices(random.normal(size=(300, 3)), labels, bins, draws=1)
    np.testing.assert_array_equal(found.centers, np.arange(1.5, 300, 3))
    assert found.label_space.shape == (100, 100)


def test_the_image_of_a_rank_matrix_is_the_matrix_and_its_ticks_are_labels():
    labels = np.r_[0.0:20, 40:60]  # twenty bins are missing between
    found = mean_rank_matrices(np.eye(40), labels, BINS, draws=1)
    figure = kr.plots.rank_matrices(
        found.centers,
        {"label space": found.label_space, "VANILLA": found.feature_space},
        label_name="age",
        label_unit="years",
    )
    first, second, bar = figure.axes
    np.testing.assert_array_equal(first.images[0].get_array(), found.label_space)
    np.testing.assert_array_equal(second.images[0].get_array(), found.feature_space)
    assert first.images[0].get_clim() == second.images[0].get_clim() == (1, 40)
    assert (first.get_title("left"), second.get_title("left")) == ("label space", "VANILLA")
    ticks = {
        text.get_text(): place for text, place in zip(first.get_xticklabels(), first.get_xticks())
    }
    assert 19 <= ticks["20"] <= ticks["40"] <= 20, "between the bins before and after the gap"
    np.testing.assert_allclose(ticks["60"], 39)
    assert first.get_ylabel() == "ranked from age (years)"
    assert [text.get_text() for text in bar.get_xticklabels()] == [
        "1, most alike",
        "40, least alike",
    ]


def test_bin_statistics_are_those_of_all_batches_together(random):
    features, labels = random.normal(1000, 1, (50, 3)), random.integers(0, 4, 50)
    labels[labels == 2] = 1
    labels[:1] = 2
    labels[1:] = np.where(labels[1:] == 2, 1, labels[1:])
    statistics = BinStatistics(kr.LabelBins.uniform(0, 6, 1))
    for part in (slice(0, 20), slice(20, 50)):
        statistics.update(features[part], labels[part, None])
    for place in (0, 1, 3):
        rows = features[labels == place]
        assert statistics.count[place] == len(rows)
        np.testing.assert_allclose(statistics.mean[place], rows.mean(axis=0))
        np.testing.assert_allclose(statistics.variance[place], rows.var(axis=0, ddof=1), rtol=1e-6)
    np.testing.assert_allclose(statistics.mean[2], features[0])
    assert np.isnan(statistics.variance[2]).all(), "one sample has no variance"
    assert np.isnan(statistics.mean[5]).all(), "no sample has no mean"
    with pytest.raises(ValueError, match=r"call update\(\) first"):
        BinStatistics(BINS).mean  # noqa: B018


def test_similarity_to_the_anchor_is_the_cosine_of_means_and_of_variances(random):
    mean, variance = random.normal(size=(60, 5)), random.uniform(0.1, 1, (60, 5))
    mean[7] = variance[7] = np.nan
    figure = statistic_similarity({"VANILLA": (mean, variance)}, counts(), BINS, anchor=12.3)
    for axes, statistic in zip(figure.axes, (mean, variance)):
        drawn = axes.lines[0].get_ydata()
        for place in (0, 12, 33):
            a, b = statistic[place], statistic[12]
            expected = a @ b / np.sqrt((a @ a) * (b @ b))
            np.testing.assert_allclose(drawn[place], expected)
        assert np.isnan(drawn[7])
        assert axes.lines[1].get_xdata() == [12.5, 12.5]
    assert "anchor: 12 to 13" in texts_of(figure.axes[0])


def test_the_anchor_is_the_fullest_bin_unless_named(random):
    of_bin = counts()
    of_bin[17] = 999
    mean = random.normal(size=(60, 2))
    figure = statistic_similarity({"A": (mean, mean)}, of_bin, BINS)
    assert "anchor: 17 to 18" in texts_of(figure.axes[0])
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata()[17], 1)


@pytest.mark.parametrize("largest_exact", [256, 10])
@pytest.mark.parametrize("shape", [(80, 6), (30, 60), (60, 60)])
def test_principal_components_are_those_of_the_covariance(
    random, shape, largest_exact, monkeypatch
):
    monkeypatch.setattr(projection, "LARGEST_EXACT", largest_exact)
    features = random.normal(size=shape) * 0.8 ** np.arange(shape[1]) + 3
    points, share = principal_components(features)
    centered = features - features.mean(axis=0)
    values, vectors = np.linalg.eigh(centered.T @ centered)
    np.testing.assert_allclose(share, values[::-1][:2] / values.sum())
    for axis in range(2):
        expected = centered @ vectors[:, -1 - axis]
        sign = np.sign(expected @ points[:, axis])
        np.testing.assert_allclose(points[:, axis], sign * expected, atol=1e-8)


def test_features_of_one_direction_or_none_have_a_projection_too():
    points, share = principal_components([[1.0], [3.0]])
    np.testing.assert_array_equal(points, [[-1, 0], [1, 0]])
    np.testing.assert_array_equal(share, [1, 0])
    points, share = principal_components(np.ones((5, 4)))
    assert not points.any()
    assert not share.any()


def test_the_map_of_embeddings_colors_projections_by_label(random):
    labels, _, features = samples(random)
    figure = kr.plots.embedding_map(
        {"VANILLA": features, "RANKSIM": features[:, :2]}, labels, "age", "years"
    )
    first, second, bar = figure.axes
    for axes, one in ((first, features), (second, features[:, :2])):
        points, share = principal_components(one)
        np.testing.assert_allclose(axes.collections[0].get_offsets(), points)
        np.testing.assert_array_equal(axes.collections[0].get_array(), labels)
        assert axes.get_xlabel() == f"component 1 ({share[0]:.0%} of variance)"
    assert (first.get_title("left"), second.get_title("left")) == ("VANILLA", "RANKSIM")
    assert bar.get_ylabel() == "age (years)"


def test_the_tuning_plane_has_weight_across_and_perturbation_upwards():
    gamma, perturbation = [0.001, 0.01, 0.1, 0.01], [1, 1, 10, 0.01]
    objective = [9, 7.5, 14, np.nan]
    axes = tuning_plane(gamma, perturbation, objective, "validation MSE").axes[0]
    places = next(one for one in axes.collections if one.get_offsets().shape == (3, 2))
    np.testing.assert_allclose(places.get_offsets(), [[-3, 0], [-2, 0], [-1, 1]], atol=1e-12)
    np.testing.assert_array_equal(places.get_array(), [9, 7.5, 14])
    assert texts_of(axes) == ["best: gamma 0.01, perturbation 1, 7.5"]
    assert legend_of(axes) == ["failed"]
    assert axes.figure.axes[1].get_ylabel() == "validation MSE"


def test_the_tuning_plane_fills_the_hull_of_trials_unless_they_lie_on_one_line():
    def hulls(perturbation):
        axes = tuning_plane([0.001, 0.01, 0.1], perturbation, [9, 7.5, 14]).axes[0]
        return [one for one in axes.collections if type(one).__name__ == "TriContourSet"]

    assert len(hulls([1, 1, 10])) == 1
    assert hulls([1, 1, 1]) == []


def test_the_best_trial_may_be_the_largest():
    figure = tuning_plane([1, 2], [3, 4], [0.7, 0.8], "Pearson", lower_is_better=False)
    assert texts_of(figure.axes[0]) == ["best: gamma 2, perturbation 4, 0.8"]
    everything_failed = tuning_plane([1, 2], [3, 4], [np.nan, np.nan])
    assert legend_of(everything_failed.axes[0]) == ["failed"]


def test_training_curves_mark_the_best_validation_epoch_and_the_second_stage():
    history = {"mae": [9, 8, 7.0, 6], "val_mae": [9, float("nan"), 7.25, 8]}
    axes = kr.plots.training_curves(history, label_unit="years", second_stage=2).axes[0]
    for line, name in zip(axes.lines, ("mae", "val_mae")):
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3, 4])
        np.testing.assert_array_equal(line.get_ydata(), history[name])
    assert texts_of(axes) == ["best: 7.25 in epoch 3", " second stage"]
    assert axes.lines[-1].get_xdata() == [2.5, 2.5]
    second = kr.plots.training_curves(history, second_stage=3).axes[0]
    assert texts_of(second)[0] == "best: 8 in epoch 4", "the first stage is not what was kept"
    assert axes.get_ylabel() == "MAE (years)"
    one_epoch = kr.plots.training_curves({"val_loss": [3.0]}, "loss").axes[0]
    assert [tick for tick in one_epoch.get_xticks() if 0.5 <= tick <= 1.5] == [1]


SOME = [5.0, 30.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: kr.plots.label_histogram([1, 2], BINS),
            r"`counts`, `bins` must have the same length.*length 2.*length 60",
        ),
        (
            lambda: kr.plots.label_histogram(np.zeros(60), BINS),
            r"`counts` must hold the training labels of every bin.*from 0 to 0",
        ),
        (
            lambda: kr.plots.label_histogram(counts(), BINS, density=[1.0]),
            r"`density`, `bins` must have the same length",
        ),
        (
            lambda: kr.plots.error_by_label(SOME, SOME, counts(), BINS),
            r"`predictions` must be a dictionary of 1 to 4 methods.*a list",
        ),
        (
            lambda: kr.plots.error_by_label(SOME, dict.fromkeys("abcde", SOME), counts(), BINS),
            r"1 to 4 methods by name; more are hard to distinguish. Received: 5",
        ),
        (
            lambda: kr.plots.error_by_label(SOME, {"A": [1.0]}, counts(), BINS),
            r"`predictions` must hold one prediction per label.*\(1, 1\) for labels of shape",
        ),
        (
            lambda: kr.plots.error_by_label(SOME, {"A": SOME}, counts(), BINS, window=4),
            r"`window` must be odd.*window=4",
        ),
        (
            lambda: kr.plots.true_against_predicted(SOME, [1.0], counts(), BINS),
            r"`labels`, `predictions` must have the same length",
        ),
        (
            lambda: mean_rank_matrices([[1.0], [2.0]], [5, 5.5], BINS),
            r"`labels` must lie in at least two label bins.*2 labels in 1",
        ),
        (
            lambda: kr.plots.rank_matrices([1, 2, 3], {"A": np.eye(2)}),
            r"`matrices` must have one row and one column per label bin.*'A' of shape \(2, 2\)",
        ),
        (lambda: kr.plots.rank_matrices([1, 2], {}), r"`matrices` must hold at least one"),
        (
            lambda: statistic_similarity({}, counts(), BINS),
            r"`statistics` must hold 1 to 4 pairs.*0 of them",
        ),
        (
            lambda: statistic_similarity({"A": ([1.0], [1.0])}, counts(), BINS),
            r"`statistics` must hold arrays of shape \(bins, features\).*'A' of shape \(1,\)",
        ),
        (
            lambda: statistic_similarity({"A": (np.full((60, 2), np.nan),) * 2}, counts(), BINS),
            r"the anchor's statistics in 'A'` must hold finite numbers",
        ),
        (lambda: kr.plots.embedding_map({}, SOME), r"`embeddings` must hold at least one entry"),
        (
            lambda: kr.plots.embedding_map({"A": [[1.0]]}, SOME),
            r"`embeddings\['A'\]`, `labels` must have the same length",
        ),
        (
            lambda: tuning_plane([0.0], [1.0], [1.0]),
            r"`gamma` and `perturbation` must hold the positive settings.*gamma=\[0.0\]",
        ),
        (
            lambda: kr.plots.training_curves({"loss": [1.0]}, "mae"),
            r"`metric` must be one of 'loss'. Received: metric='mae'",
        ),
    ],
)
def test_mistakes_raise(call, message):
    with pytest.raises(ValueError, match=message):
        call()
