"""Re-weighting and LDS, against golden arrays and loops."""

import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.labels.weights import weights_of_counts

SCHEMES = {"sqrt_inv": "sqrt_inverse", "inverse": "inverse"}
KERNELS = {
    "none": None,
    "gaussian": "gaussian",
    "triang": "triangular",
    "laplace": "laplacian",
}
CASES = [
    f"{scheme}-{case}"
    for scheme in SCHEMES
    for case in ("none-0-0", "gaussian-5-2", "gaussian-9-1", "triang-5-2", "laplace-7-1.5")
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore:1 of 2500 labels lie outside the bins")
def test_weights_equal_the_published_ones(golden, case):
    arrays = golden("lds")
    scheme, kernel, size, sigma = case.split("-")
    weights = kr.label_weights(
        arrays["labels"],
        kr.LabelBins.uniform(0, 121, 1),
        scheme=SCHEMES[scheme],
        kernel=KERNELS[kernel],
        kernel_size=int(size) or 5,
        sigma=float(sigma) or 2.0,
        count_clip=(5, 1000) if scheme == "inverse" else None,
    )
    np.testing.assert_allclose(weights, arrays[case], rtol=1e-4)


def test_every_golden_case_is_tested(golden):
    assert set(golden("lds")) == {"labels", *CASES}


def test_smoothing_written_out():
    bins = kr.LabelBins.uniform(0, 4, 1)
    labels = [0] * 9 + [1] * 4 + [3]
    density = kr.labels.label_density(labels, bins, "inverse", "triangular", kernel_size=3)
    expected = [9 + 4 / 2, 4 + 9 / 2 + 0, 0 + 4 / 2 + 1 / 2, 1]
    np.testing.assert_allclose(density, expected)


@pytest.mark.parametrize(("scheme", "power"), [("inverse", 1), ("sqrt_inverse", 0.5)])
@pytest.mark.parametrize("kernel", [None, "gaussian"])
def test_the_two_schemes_are_powers_of_the_count(random, scheme, power, kernel):
    labels, bins = random.exponential(5, 500), kr.LabelBins.uniform(0, 60, 1)
    np.testing.assert_array_equal(
        kr.label_weights(labels, bins, scheme=scheme, kernel=kernel),
        kr.label_weights(labels, bins, scheme=power, kernel=kernel),
    )


def test_a_power_of_the_count_written_out():
    labels, bins = [0] * 9 + [1] * 4 + [3], kr.LabelBins.uniform(0, 4, 1)
    weights = kr.label_weights(labels, bins, scheme=0.75)
    np.testing.assert_allclose(weights[[0, 9]] / weights[13], [9**-0.75, 4**-0.75], rtol=1e-6)
    density = kr.labels.label_density(labels, bins, 0.75, "triangular", kernel_size=3)
    expected = [9**0.75 + 4**0.75 / 2, 4**0.75 + 9**0.75 / 2, (4**0.75 + 1) / 2, 1]
    np.testing.assert_allclose(density, expected)
    np.testing.assert_array_equal(kr.label_weights(labels, bins, scheme=0), np.ones(14))
    held = kr.labels.label_density(labels, bins, 0, "triangular", kernel_size=3)
    np.testing.assert_allclose(held, [1.5, 1.5, 1, 1])  # an empty bin stays empty


def test_padding_symmetric_mirrors_the_ends():
    bins = kr.LabelBins.uniform(0, 3, 1)
    density = kr.labels.label_density(
        [0, 0, 1, 2], bins, "inverse", "triangular", kernel_size=3, padding="symmetric"
    )
    np.testing.assert_allclose(density, [2 + 1 + 0.5, 1 + 1 + 0.5, 1 + 0.5 + 0.5])


def test_rare_labels_weigh_more_and_the_mean_is_one(random):
    labels = np.concatenate([np.full(900, 30), np.full(90, 50), np.full(10, 80)])
    weights = kr.label_weights(labels, kr.LabelBins.uniform(0, 101, 1))
    assert weights[0] < weights[900] < weights[-1]
    np.testing.assert_allclose(weights.mean(), 1, rtol=1e-6)
    np.testing.assert_allclose(weights[-1] / weights[0], np.sqrt(90), rtol=1e-5)


def test_weights_of_dense_labels_have_the_shape_of_the_pixels(random):
    labels = random.uniform(0, 10, size=(3, 4, 5, 1))
    bins = kr.LabelBins.uniform(0, 10, 1)
    assert kr.label_weights(labels, bins).shape == (3, 4, 5)
    assert kr.label_weights(labels.reshape(-1, 1), bins).shape == (60,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scheme": "cube"}, r"`scheme` must be one of 'inverse', 'sqrt_inverse'.*'cube'"),
        ({"scheme": "cube"}, r"'sqrt_inverse', or a number of at least 0. Received"),
        ({"scheme": -0.5}, r"`scheme` must be a number of at least 0 \(the power.*scheme=-0.5"),
        ({"scheme": True}, r"`scheme` must be one of .*scheme=True"),
        ({"kernel": "box"}, r"`kernel` must be one of .*'laplacian'.*'box'"),
        ({"count_clip": (9, 1)}, r"`count_clip` must be \(lowest, highest\), two numbers in asc"),
        ({"count_clip": (1, 2, 3)}, r"`count_clip` must be \(lowest, highest\), two numbers"),
        ({"count_clip": (-1, 3)}, "`count_clip` must be .* with lowest 0 or more"),
        ({"kernel": "gaussian", "padding": "wrap"}, r"`padding` must be one of .*'wrap'"),
        ({"labels": []}, r"`labels` must hold at least one label"),
        ({"labels": [1, np.nan]}, r"`labels` must hold finite numbers.*1 NaN.*index 1"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    arguments = {"labels": [1, 2], "bins": kr.LabelBins.uniform(0, 3, 1), **arguments}
    with pytest.raises(ValueError, match=message):
        kr.label_weights(**arguments)


def test_an_empty_bin_takes_the_weight_of_the_nearest_filled_one_of_a_hundred_thousand():
    counts = np.zeros(100_000)
    counts[[10, 14, 90_000]] = [4, 1, 16]
    weights = weights_of_counts(counts, kernel="gaussian", kernel_size=1)
    nearest = [10, 10, 14, 14, 90_000, 90_000]
    np.testing.assert_array_equal(weights[[0, 12, 13, 20, 60_000, 99_999]], weights[nearest])
    assert weights[14] > weights[10] > weights[90_000]
