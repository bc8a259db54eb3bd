"""Symmetric smoothing windows over label bins, used by LDS (on counts) and FDS (on statistics)."""

import numpy as np

from keras_ranksim.validation import one_of, positive, positive_integer

KERNELS = ("gaussian", "triangular", "laplacian")


def kernel_window(kernel: str = "gaussian", kernel_size: int = 5, sigma: float = 2.0) -> np.ndarray:
    """A symmetric window of `kernel_size` cells, largest in the middle, not normalized.

    Args:
        kernel: `"gaussian"`, the response of a Gaussian filter with reflected borders to a
            unit impulse in the middle of the window; `"triangular"`, the symmetric triangle
            without zero end points; or `"laplacian"`, `exp(-|x| / sigma) / (2 sigma)`.
        kernel_size: Number of cells, an odd number.
        sigma: Width of the Gaussian or Laplacian, in cells.

    Returns:
        A float64 array of shape `(kernel_size,)`.

    Example:

    >>> from keras_ranksim.ops.kernels import kernel_window
    >>> kernel_window("triangular", kernel_size=5)
    array([0.33333333, 0.66666667, 1.        , 0.66666667, 0.33333333])
    """
    one_of("kernel", kernel, KERNELS)
    positive_integer("kernel_size", kernel_size, "cells of the smoothing window")
    positive("sigma", sigma, "the width of the smoothing window, in bins")
    if kernel_size % 2 == 0:
        raise ValueError(
            "`kernel_size` must be odd, so that the window has a middle. "
            f"Received: kernel_size={kernel_size}"
        )
    half = kernel_size // 2
    distance = np.abs(np.arange(-half, half + 1))
    if kernel == "gaussian":
        return _gaussian_impulse_response(kernel_size, sigma)
    if kernel == "triangular":
        return 1 - distance / (half + 1)
    return np.exp(-distance / sigma) / (2 * sigma)


def smooth(values: np.ndarray, window: np.ndarray, padding: str = "zero") -> np.ndarray:
    """Convolves values with a window, as many as there are.

    Args:
        values: Array of shape `(size,)`.
        window: A symmetric window of odd length.
        padding: What lies beyond the ends: `"zero"` nothing; `"reflect"` the mirror image
            without the end cell; `"symmetric"` the mirror image with it.

    Example:

    >>> from keras_ranksim.ops.kernels import smooth
    >>> smooth([0.0, 0.0, 4.0], [0.25, 0.5, 0.25])
    array([0., 1., 2.])
    """
    one_of("padding", padding, ("zero", "reflect", "symmetric"))
    mode = "constant" if padding == "zero" else padding
    return np.convolve(np.pad(values, len(window) // 2, mode=mode), window, mode="valid")


def smoothing_matrix(window: np.ndarray, size: int, padding: str = "zero") -> np.ndarray:
    """The `(size, size)` matrix that convolves a column of `size` cells with `window`.

    Args:
        window: A symmetric window of odd length.
        size: Number of label bins.
        padding: As in `smooth`.

    Returns:
        A float64 array; `matrix @ values` are the smoothed values.

    Example:

    >>> from keras_ranksim.ops.kernels import smoothing_matrix
    >>> import numpy as np
    >>> smoothing_matrix(np.array([1.0, 2.0, 1.0]), size=3)
    array([[2., 1., 0.],
           [1., 2., 1.],
           [0., 1., 2.]])
    """
    return np.stack([smooth(cell, window, padding) for cell in np.eye(size)], axis=1)


def _gaussian_impulse_response(size, sigma):
    radius = int(4 * sigma + 0.5)
    offsets = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    weights /= weights.sum()
    impulse = np.zeros(size)
    impulse[size // 2] = 1
    return smooth(impulse, weights, "symmetric")
