"""Arrays of a user, checked before training."""

import numpy as np

from keras_ranksim.validation import numbers, same_length

COARSE = 1000  # a column narrower than so many steps of float32 is looked at closely
NOISE = 1e-10  # of the largest number: what float64 computes differently means nothing


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


def _checked(name, array):
    if np.ma.is_masked(array) or np.asarray(array).dtype.kind not in "fiub":
        array = numbers(name, array)  # for numbers stored as objects; raises for all others
    array = np.asarray(array)
    if array.ndim == 0 or 0 in array.shape:
        raise ValueError(
            f"`{name}` must have the samples along its first axis and at least one number per "
            f"sample. Received: {name} of shape {array.shape}"
        )
    rounded = array.astype("float32")
    if not np.isfinite(rounded).all():
        numbers(name, rounded)
    _check_rounding(name, array, rounded)
    return rounded[:, None] if rounded.ndim == 1 else rounded


def _check_rounding(name, array, rounded):
    """Raises for columns such as times in seconds, whose values float32 cannot tell apart."""
    lowest, highest = array.min(axis=0), array.max(axis=0)
    largest = np.maximum(np.abs(rounded.min(axis=0)), np.abs(rounded.max(axis=0)))
    width = highest.astype("float64") - lowest
    narrow = (width > NOISE * largest) & (width < COARSE * np.spacing(largest))
    for place in map(tuple, np.argwhere(narrow)):
        exact, kept = (len(np.unique(part[:, *place])) for part in (array, rounded))
        if kept < exact:
            index = f"[{', '.join([':', *map(str, place)])}]"
            raise ValueError(
                f"`{name}` must hold numbers that differ by more than the rounding of float32, in "
                f"which networks compute: subtract a number near the smallest from {name}{index}. "
                f"Received: {exact} different numbers there, {kept} in float32"
            )
