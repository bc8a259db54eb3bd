"""Checks of arguments; every message names the argument, the rule and the value."""

from collections.abc import Iterable

import numpy as np


def non_negative(name: str, value: float, meaning: str) -> float:
    """Returns `value` as a float, or raises when it is negative or not finite."""
    if not is_number(value) or not np.isfinite(value) or value < 0:
        raise ValueError(
            f"`{name}` must be a number of at least 0 ({meaning}). Received: {_given(name, value)}"
        )
    return float(value)


def positive(name: str, value: float, meaning: str) -> float:
    """Returns `value` as a float, or raises when it is not above 0 or not finite."""
    if not is_number(value) or not np.isfinite(value) or value <= 0:
        raise ValueError(
            f"`{name}` must be a positive number ({meaning}). Received: {_given(name, value)}"
        )
    return float(value)


def positive_integer(name: str, value: int, meaning: str) -> int:
    """Returns `value` as an int, or raises when it is not an integer above 0."""
    if not is_number(value) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(
            f"`{name}` must be a whole number of at least 1 ({meaning}). "
            f"Received: {_given(name, value)}"
        )
    return int(value)


def _given(name, value):
    """`name=value`, with quotes around text."""
    return f"{name}={value!r}" if isinstance(value, str) else f"{name}={value}"


def one_of(name: str, value, choices: Iterable, otherwise: str = ""):
    """Returns `value`, or raises with the list of what exists."""
    choices = list(choices)
    if not any(value is choice or value == choice for choice in choices):
        listed = ", ".join(repr(choice) for choice in choices)
        listed = f"{listed}, {otherwise}" if otherwise else listed
        raise ValueError(f"`{name}` must be one of {listed}. Received: {name}={value!r}")
    return value


def numbers(name: str, values, ndim: int | None = None) -> np.ndarray:
    """Returns `values` as a float64 array, or raises when they are not all finite numbers."""
    if np.ma.is_masked(values):
        raise ValueError(
            f"`{name}` must hold a number everywhere: replace masked entries, or leave them out. "
            f"Received: {np.ma.count_masked(values)} masked entries of {np.ma.size(values)}"
        )
    try:
        array = np.asarray(values)
        if array.dtype.kind in "USMmc":
            raise TypeError(f"values of type {array.dtype}")
        array = array.astype("float64")
    except (TypeError, ValueError) as error:
        shown = repr(values)
        shown = shown if len(shown) <= 200 else shown[:200] + "..."
        raise ValueError(f"`{name}` must hold numbers. Received: {name}={shown}") from error
    wrong = ~np.isfinite(array)
    if wrong.any():
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"`{name}` must hold finite numbers. Received: {int(wrong.sum())} NaN or infinite "
            f"of {array.size} values, the first at index {first[0] if len(first) == 1 else first}"
        )
    if ndim is not None and array.ndim != ndim:
        raise ValueError(
            f"`{name}` must have {ndim} dimension(s). Received: {name} of shape {array.shape}"
        )
    return array


def at_least_one(name: str, array: np.ndarray) -> np.ndarray:
    """Returns an array, or raises if it is empty."""
    if array.size == 0:
        raise ValueError(f"`{name}` must hold at least one label. Received: an empty array")
    return array


def one_per_sample(name: str, values) -> np.ndarray:
    """Returns numbers of shape `(samples,)` or `(samples, 1)` as a flat float64 array."""
    array = numbers(name, values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(
            f"`{name}` must hold one number per sample, shape (samples,) or (samples, 1). "
            f"Received: {name} of shape {array.shape}"
        )
    return array


def in_range_of_float32(name: str, array: np.ndarray) -> np.ndarray:
    """Returns an array of numbers, or raises if some are too large for float32."""
    if np.abs(array).max(initial=0) > np.finfo("float32").max:
        raise ValueError(
            f"`{name}` must lie in the range of float32, in which models compute: divide all of "
            f"them by a number. Received: {name} from {array.min():g} to {array.max():g}"
        )
    return array


def bounds(name: str, values) -> tuple[float, float]:
    """Returns `(lowest, highest)` as floats, or raises when it is not an ascending pair."""
    pair = values if isinstance(values, (tuple, list, np.ndarray)) else ()
    if len(pair) != 2 or not all(map(is_number, pair)) or not pair[0] <= pair[1]:
        raise ValueError(
            f"`{name}` must be (lowest, highest), two numbers in ascending order. "
            f"Received: {name}={values!r}"
        )
    return float(pair[0]), float(pair[1])


def same_lengths(**shapes) -> None:
    """Raises when the named shapes, as far as they are known, differ in any axis."""
    for axis in zip(*shapes.values()):
        known = {length for length in axis if isinstance(length, int)}
        if len(known) > 1:
            names = " and ".join(f"`{name}`" for name in shapes)
            given = ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items())
            raise ValueError(f"{names} must have the same number of samples. Received: {given}")


def same_length(**arrays) -> None:
    """Raises when the named arrays differ in length."""
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        names = ", ".join(f"`{name}`" for name in lengths)
        sizes = ", ".join(f"{name} of length {length}" for name, length in lengths.items())
        raise ValueError(f"{names} must have the same length. Received: {sizes}")


def optional_package(name: str, extra: str):
    """Imports and returns the package `name`, or raises with the `pip install` that brings it."""
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"This part of keras_ranksim needs the package `{name}`, which cannot be imported "
            f"({error}). Run: pip install 'keras_ranksim[{extra}]'"
        ) from error


def is_number(value) -> bool:
    """True for Python and NumPy ints and floats, but not for bools."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
