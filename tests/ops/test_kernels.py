"""Smoothing windows and matrices, against written-out arithmetic."""

import numpy as np
import pytest
from scipy.ndimage import convolve1d, gaussian_filter1d

from keras_ranksim.ops.kernels import kernel_window, smoothing_matrix


@pytest.mark.parametrize(("size", "sigma"), [(5, 2.0), (9, 1.0), (3, 0.5), (1, 2.0)])
def test_the_gaussian_window_is_the_response_to_an_impulse(size, sigma):
    impulse = np.zeros(size)
    impulse[size // 2] = 1
    expected = gaussian_filter1d(impulse, sigma=sigma)
    np.testing.assert_allclose(kernel_window("gaussian", size, sigma), expected)


def test_the_laplacian_window_is_the_laplace_density():
    expected = [np.exp(-abs(x) / 1.5) / 3 for x in (-2, -1, 0, 1, 2)]
    np.testing.assert_allclose(kernel_window("laplacian", 5, 1.5), expected)


@pytest.mark.parametrize(
    ("padding", "mode"), [("zero", "constant"), ("reflect", "mirror"), ("symmetric", "reflect")]
)
def test_the_smoothing_matrix_convolves(random, padding, mode):
    values, window = random.uniform(size=12), np.array([1.0, 2.0, 4.0, 2.0, 1.0])
    smoothed = smoothing_matrix(window, 12, padding) @ values
    np.testing.assert_allclose(smoothed, convolve1d(values, window, mode=mode))


@pytest.mark.parametrize("padding", ["zero", "reflect", "symmetric"])
@pytest.mark.parametrize("bins", [1, 2, 3])
def test_windows_wider_than_the_bins_work(padding, bins):
    window = np.ones(9) / 9
    smoothed = smoothing_matrix(window, bins, padding) @ np.ones(bins)
    expected = bins / 9 if padding == "zero" else 1.0
    np.testing.assert_allclose(smoothed, expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("box",), r"`kernel` must be one of 'gaussian', 'triangular', 'laplacian'.*'box'"),
        (("gaussian", 4), r"`kernel_size` must be odd.*kernel_size=4"),
        (("gaussian", 5.0), "`kernel_size` must be a whole number.*kernel_size=5.0"),
        (("gaussian", np.nan), "`kernel_size` must be a whole number.*kernel_size=nan"),
        (("gaussian", 0), r"`kernel_size` must be a whole number of at least 1.*kernel_size=0"),
        (("gaussian", 5, 0), r"`sigma` must be a positive number.*sigma=0"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        kernel_window(*arguments)
