"""FDS: golden arrays, loops, numerical safety, bins without samples, dense features."""

import ast

import keras
import numpy as np
import pytest
from gradients import numpy

import keras_ranksim as kr

KERNELS = {"gaussian": "gaussian", "triang": "triangular", "laplace": "laplacian"}
BINS = kr.LabelBins.uniform(0, 10, 1)


def smoothing(**arguments):
    layer = kr.layers.FeatureDistributionSmoothing(**{"bins": BINS, **arguments})
    layer.finalize_state()  # nothing came yet; it says that somebody folds
    return layer


@pytest.mark.parametrize("case", range(4))
def test_statistics_and_calibration_equal_the_published_ones(golden, case):
    arrays = golden("fds")
    options = ast.literal_eval(str(arrays[f"{case}_options"][0]))
    kernel, size, sigma, momentum, first, end = options
    layer = smoothing(
        bins=kr.LabelBins.uniform(first, end, 1),
        kernel=KERNELS[kernel],
        kernel_size=size,
        sigma=sigma,
        momentum=momentum,
        empty_bins="initial",
    )
    labels = arrays[f"{case}_labels"]
    layer.build(arrays[f"{case}_0_features"].shape)
    for epoch in range(3):
        features = arrays[f"{case}_{epoch}_features"]
        for batch in np.array_split(np.arange(len(labels)), 5):
            layer.update_state(features[batch], labels[batch])
        layer.finalize_state()
        for ours, theirs in (
            (layer.running_mean, "running_mean"),
            (layer.running_variance, "running_var"),
            (layer.smoothed_mean, "smoothed_mean"),
            (layer.smoothed_variance, "smoothed_var"),
        ):
            np.testing.assert_allclose(
                numpy(ours), arrays[f"{case}_{epoch}_{theirs}"], rtol=1e-4, atol=1e-5
            )
        query = keras.ops.convert_to_tensor(arrays[f"{case}_{epoch}_query"])
        calibrated = layer.calibrate(query, arrays[f"{case}_{epoch}_query_labels"])
        np.testing.assert_allclose(
            calibrated, arrays[f"{case}_{epoch}_calibrated"], rtol=1e-4, atol=1e-5
        )


def test_statistics_are_the_mean_and_unbiased_variance_of_each_bin(random):
    features = random.normal(size=(200, 3)).astype("float32")
    labels = random.uniform(0, 9, size=(200, 1))  # floats: several samples share a bin
    layer = smoothing()
    layer.build((None, 3))
    layer.update_state(features, labels)
    layer.finalize_state()
    for bin_ in range(9):
        members = features[labels[:, 0].astype(int) == bin_]
        np.testing.assert_allclose(numpy(layer.running_mean)[bin_], members.mean(0), atol=1e-6)
        np.testing.assert_allclose(
            numpy(layer.running_variance)[bin_], members.var(0, ddof=1), rtol=1e-5
        )


def test_variances_are_right_for_features_of_a_large_mean(random):
    features = random.normal(1000, 1, size=(50_000, 2)).astype("float32")
    labels = random.integers(0, 2, size=50_000)
    layer = smoothing()
    layer.build((None, 2))
    for batch in np.array_split(np.arange(50_000), 100):
        layer.update_state(features[batch], labels[batch])
    layer.finalize_state()
    for bin_ in range(2):
        expected = features[labels == bin_].astype("float64").var(0, ddof=1)
        np.testing.assert_allclose(numpy(layer.running_variance)[bin_], expected, rtol=1e-5)


def test_momentum_keeps_a_share_of_the_old_and_takes_first_statistics_whole():
    layer = smoothing(momentum=0.75)
    layer.build((None, 1))
    ones = np.ones((4, 1), dtype="float32")
    layer.update_state(8 * ones, [2, 2, 2, 2])
    layer.finalize_state()
    layer.update_state(4 * ones, [2, 2, 3, 3])
    layer.finalize_state()
    assert numpy(layer.running_mean)[2] == pytest.approx(0.75 * 8 + 0.25 * 4)
    assert numpy(layer.running_mean)[3] == pytest.approx(4)
    layer.finalize_state()  # nothing came since
    assert numpy(layer.running_mean)[2] == pytest.approx(7)
    assert int(layer.epochs_folded) == 2


def test_without_momentum_statistics_average_over_all_samples():
    layer = smoothing(momentum=None)
    layer.build((None, 1))
    layer.update_state([[1.0], [1.0], [1.0]], [5, 5, 5])
    layer.finalize_state()
    layer.update_state([[9.0]], [5])
    layer.finalize_state()
    assert numpy(layer.running_mean)[5] == pytest.approx(3)


def smoothed_mean(empty_bins):
    """Bins 2 and 4 hold the means 2 and 4; the kernel is (1, 2, 1) / 4."""
    layer = smoothing(kernel="triangular", kernel_size=3, empty_bins=empty_bins)
    layer.build((None, 1))
    layer.update_state([[2.0], [2.0], [4.0], [4.0]], [2, 2, 4, 4])
    layer.finalize_state()
    return numpy(layer.smoothed_mean)[:, 0]


def test_empty_bins_stay_out_of_the_smoothing():
    np.testing.assert_allclose(smoothed_mean("renormalize")[:6], [0, 0, 2, 0, 4, 0])


def test_empty_bins_may_count_with_their_initial_statistics():
    np.testing.assert_allclose(smoothed_mean("initial")[:6], [0, 0.5, 1, 1.5, 2, 1])


def test_empty_bins_may_be_filled_from_their_neighbors():
    np.testing.assert_allclose(smoothed_mean("neighbors")[:6], [2, 2, 2.25, 3, 3.75, 4])


def test_calibration_follows_the_formula_and_its_clip(random):
    layer = smoothing(variance_clip=(0.5, 2.0))
    layer.build((None, 2))
    for variable, value in (
        (layer.running_mean, 1.0),
        (layer.running_variance, 4.0),
        (layer.smoothed_mean, 3.0),
        (layer.smoothed_variance, 100.0),
    ):
        variable.assign(np.full((10, 2), value))
    features = random.normal(size=(5, 2)).astype("float32")
    expected = (features - 1) * np.sqrt(2) + 3
    np.testing.assert_allclose(layer.calibrate(features, [0, 1, 2, 3, 4]), expected, rtol=1e-5)


def test_flat_dimensions_and_flat_bins_pass_unchanged(random):
    layer = smoothing()
    layer.build((None, 2))
    layer.running_mean.assign(np.full((10, 2), 5.0))
    variance = np.ones((10, 2))
    variance[3] = 0
    variance[4, 1] = 0
    layer.running_variance.assign(variance)
    features = random.normal(size=(3, 2)).astype("float32")
    calibrated = numpy(layer.calibrate(features, [3, 4, 5]))
    np.testing.assert_array_equal(calibrated[0], features[0])
    assert calibrated[1, 1] == features[1, 1]
    assert calibrated[1, 0] != features[1, 0]


def test_features_of_a_bin_never_seen_pass_unchanged(random):
    layer = smoothing()
    layer.build((None, 2))
    layer.update_state(random.normal(size=(8, 2)), [1, 1, 2, 2, 3, 3, 4, 4])
    layer.finalize_state()
    features = random.normal(size=(2, 2)).astype("float32")
    np.testing.assert_array_equal(layer.calibrate(features, [9, 0]), features)


def test_calibration_starts_after_the_first_fold_and_only_in_training(random):
    layer = smoothing()
    features = random.normal(2, 3, size=(60, 4)).astype("float32")
    labels = random.integers(0, 10, size=(60, 1))
    np.testing.assert_array_equal(layer(features, labels, training=True), features)
    layer.finalize_state()
    assert np.abs(numpy(layer(features, labels, training=True)) - features).max() > 0.01
    np.testing.assert_array_equal(layer(features, labels, training=False), features)
    layer.trainable = False
    np.testing.assert_array_equal(layer(features, labels, training=True), features)


def test_statistics_come_from_the_features_before_calibration(random):
    layer = smoothing(momentum=0.0)
    features = random.normal(2, 3, size=(60, 4)).astype("float32")
    labels = random.integers(0, 10, size=(60, 1))
    for _ in range(3):
        layer(features, labels, training=True)
        layer.finalize_state()
    expected = [features[labels[:, 0] == bin_].mean(0) for bin_ in range(10)]
    np.testing.assert_allclose(numpy(layer.running_mean), expected, atol=1e-5)


def test_dense_features_are_the_same_as_their_pixels(random):
    features = random.normal(size=(2, 3, 5, 4)).astype("float32")
    labels = random.uniform(0, 10, size=(2, 3, 5, 1)).astype("float32")
    dense, flat = smoothing(), smoothing()
    for layer, x, y in (
        (dense, features, labels),
        (flat, features.reshape(30, 4), labels.reshape(30, 1)),
    ):
        layer(x, y, training=True)
        layer.finalize_state()
    np.testing.assert_array_equal(numpy(dense.smoothed_mean), numpy(flat.smoothed_mean))
    calibrated = dense(features, labels, training=True)
    assert calibrated.shape == features.shape
    np.testing.assert_allclose(
        numpy(calibrated).reshape(30, 4),
        flat(features.reshape(30, 4), labels.reshape(30, 1), training=True),
    )


def test_reset_state_forgets(random):
    layer = smoothing()
    layer(random.normal(size=(6, 2)).astype("float32"), np.arange(6), training=True)
    layer.finalize_state()
    layer.reset_state()
    fresh = smoothing()
    fresh.build((None, 2))
    for ours, theirs in zip(layer.variables, fresh.variables):
        np.testing.assert_array_equal(numpy(ours), numpy(theirs))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bins": [1, 2]}, r"`bins` must be a keras_ranksim.LabelBins"),
        ({"kernel": "box"}, r"`kernel` must be one of .*'box'"),
        ({"kernel_size": 2}, r"`kernel_size` must be odd"),
        ({"momentum": 1.0}, r"`momentum` must be None or a number from 0.*momentum=1.0"),
        (
            {"start_smooth": 0},
            r"`start_smooth` must be a whole number .*start_smooth=0",
        ),
        ({"momentum": "x"}, r"`momentum` must be None or a number from 0.*momentum=x"),
        ({"start_smooth": 1.5}, r"`start_smooth` must be a whole number.*start_smooth=1.5"),
        ({"variance_clip": 5}, r"`variance_clip` must be \(lowest, highest\).*variance_clip=5"),
        ({"variance_clip": (0, 1)}, r"`variance_clip` must be .* 0 < lowest"),
        ({"variance_clip": (2, 1)}, r"`variance_clip` must be \(lowest, highest\)"),
        ({"empty_bins": "skip"}, r"`empty_bins` must be one of 'renormalize', .*'skip'"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        smoothing(**arguments)


def test_labels_that_do_not_fit_the_features_are_told():
    with pytest.raises(
        ValueError, match=r"one scalar label per feature vector.*shape \(4, 2, 2, 3\)"
    ):
        smoothing()(np.ones((4, 2, 2, 3)), np.ones((4, 1)), training=True)
    with pytest.raises(ValueError, match=r"features of a known size in the last axis"):
        smoothing().build((None, None))


def test_one_infinite_feature_does_not_spoil_its_bin(random):
    layer = smoothing()
    features = random.normal(size=(40, 2)).astype("float32")
    labels = np.repeat(np.arange(10), 4)
    spoilt = features.copy()
    spoilt[3, 0] = np.inf
    layer(spoilt, labels, training=True)
    layer.finalize_state()
    np.testing.assert_allclose(numpy(layer.running_mean)[0], features[:3].mean(0), atol=1e-6)
    assert np.isfinite(numpy(layer(features, labels, training=True))).all()


def test_constant_features_have_no_variance(random):
    layer = smoothing()
    layer.build((None, 1))
    layer.update_state(np.full((900, 1), 1000.1, dtype="float32"), np.zeros(900))
    layer.finalize_state()
    assert numpy(layer.running_variance)[0] == 0


@pytest.mark.parametrize("start_smooth", [1, 3])
def test_calibration_starts_at_the_epoch_asked_for(random, start_smooth):
    layer = smoothing(start_smooth=start_smooth)
    features = random.normal(2, 3, size=(60, 4)).astype("float32")
    labels = random.integers(0, 10, size=(60, 1))
    calibrated = []
    for _ in range(4):
        outputs = numpy(layer(features, labels, training=True))
        calibrated.append(bool(np.abs(outputs - features).max() > 0.01))
        layer.finalize_state()
    assert calibrated == [epoch >= start_smooth for epoch in range(4)]


def test_bins_absent_from_an_epoch_keep_their_statistics_and_borders_are_reflected():
    """All by hand: bins 0 to 3, kernel (1, 2, 1) / 4, the cell beyond an end is the second one."""
    layer = smoothing(
        bins=kr.LabelBins.uniform(0, 4, 1), kernel="triangular", kernel_size=3, momentum=0.5
    )
    layer.build((None, 1))
    layer.update_state([[2.0], [4.0], [6.0], [8.0]], [0, 1, 2, 3])
    layer.finalize_state()
    layer.update_state([[10.0]], [0])
    layer.finalize_state()
    running = [0.5 * 2 + 0.5 * 10, 4, 6, 8]
    np.testing.assert_allclose(numpy(layer.running_mean)[:, 0], running)
    smoothed = [
        (2 * running[0] + 2 * running[1]) / 4,
        (running[0] + 2 * running[1] + running[2]) / 4,
        (running[1] + 2 * running[2] + running[3]) / 4,
        (2 * running[2] + 2 * running[3]) / 4,
    ]
    np.testing.assert_allclose(numpy(layer.smoothed_mean)[:, 0], smoothed)


def test_labels_of_other_samples_are_told():
    with pytest.raises(
        ValueError, match=r"`features` and `labels` must have the same number of samples"
    ):
        smoothing()(np.ones((8, 3)), np.ones((5, 1)), training=True)


MODES = ["eager", "compiled"] + ["xla"] * (keras.config.backend() == "tensorflow")


def compiled(function, mode):
    backend = keras.config.backend()
    if mode == "eager" or backend == "torch":
        return function
    if backend == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, jit_compile=mode == "xla")


@pytest.mark.parametrize("rows", [1, 6, 7, 12, 29])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_in_blocks_are_those_of_all_rows(random, monkeypatch, rows, mode, dtype):
    """Blocks of two rows of three features; the squares of float32 need an origin."""
    from keras_ranksim.ops import feature_statistics

    if dtype == "float64" and keras.config.backend() != "tensorflow":
        pytest.skip("only TensorFlow sums in float64")
    monkeypatch.setattr(feature_statistics, "ENTRIES_AT_ONCE", 6)
    features = random.normal(1000, 1, size=(rows, 3)).astype("float32")
    index = random.integers(0, 4, size=rows).astype("int32")
    origin = np.full((4, 3), 1000 if dtype == "float32" else 0, dtype)

    def sums(features, index):
        return feature_statistics.sums_by_bin(features, index, keras.ops.convert_to_tensor(origin))

    tensors = map(keras.ops.convert_to_tensor, (features, index))
    count, total, squares = map(numpy, compiled(sums, mode)(*tensors))
    np.testing.assert_array_equal(count, np.bincount(index, minlength=4))
    tolerance = {"float32": {"rtol": 1e-4, "atol": 1e-4}, "float64": {"rtol": 1e-12}}[dtype]
    for bin_ in range(4):
        members = features[index == bin_].astype("float64") - origin[0, 0]
        np.testing.assert_allclose(total[bin_], members.sum(0), **tolerance)
        np.testing.assert_allclose(squares[bin_], (members**2).sum(0), **tolerance)


def test_labels_outside_the_bins_are_counted_in_one_warning(random):
    layer = smoothing(name="fds")
    features = random.normal(size=(6, 2)).astype("float32")
    labels = np.array([-1.0, 0.0, 5.0, 10.0, 10.1, 99.0])
    layer(features, labels, training=True)
    layer(features, labels, training=True)
    with pytest.warns(UserWarning, match=r"'fds': 6 of 12 labels of the last epoch lie outside"):
        layer.finalize_state()
    layer(features, labels, training=True)
    layer.finalize_state()  # no second warning


def test_a_layer_that_nothing_folds_warns_once(random):
    layer = kr.layers.FeatureDistributionSmoothing(BINS, name="fds")
    features, labels = random.normal(size=(6, 2)), np.arange(6)
    with pytest.warns(UserWarning, match="'fds' trains, but nothing has folded its statistics"):
        layer(features, labels, training=True)
    layer(features, labels, training=True)
