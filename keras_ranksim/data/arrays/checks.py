"""Arrays of a user, checked before training."""

import numpy as np

from keras_ranksim.validation import numbers, same_length


def checked_inputs(x):
    """Returns `x` with float32 arrays of at least two dimensions, or raises.

    Args:
        x: An array, or a tuple or dictionary of arrays, with the samples along the first axis.

    Example:

    >>> from keras_ranksim.data.arrays.checks import checked_inputs
    >>> checked_inputs({"a": [1, 2], "b": [[3], [4]]})["a"].shape
    (2, 1)
    """
    if isinstance(x, dict | tuple) and not x:
        raise ValueError("`x` must hold at least one array. Received: an empty " + type(x).__name__)
    if isinstance(x, dict):
        arrays = {name: _checked(f"x[{name!r}]", array) for name, array in x.items()}
        same_length(**{f"x[{name!r}]": array for name, array in arrays.items()})
        return arrays
    if isinstance(x, tuple):
        arrays = tuple(_checked(f"x[{place}]", array) for place, array in enumerate(x))
        same_length(**{f"x[{place}]": array for place, array in enumerate(arrays)})
        return arrays
    if isinstance(x, list) and all(isinstance(part, np.ndarray) and part.ndim > 1 for part in x):
        raise ValueError(
            "`x` must be an array, or a tuple or dictionary of arrays for several inputs. "
            f"Received: a list of {len(x)} arrays"
        )
    return _checked("x", x)


def checked_labels(y) -> np.ndarray:
    """Returns labels of shape `(samples,)` or `(samples, 1)` as a flat float64 array."""
    labels = numbers("y", y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ValueError(
            "`y` must hold one label per sample, shape (samples,) or (samples, 1). "
            f"Received: y of shape {labels.shape}"
        )
    return labels


def _checked(name, array):
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        array = numbers(name, array)  # for numbers stored as objects; raises for all others
    if array.ndim == 0 or 0 in array.shape:
        raise ValueError(
            f"`{name}` must have the samples along its first axis and at least one number per "
            f"sample. Received: {name} of shape {array.shape}"
        )
    array = array.astype("float32")
    if not np.isfinite(array).all():
        numbers(name, array)
    return array[:, None] if array.ndim == 1 else array
