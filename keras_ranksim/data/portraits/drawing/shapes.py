"""Shapes as signed distances: negative inside, zero on the edge, positive outside.

Every parameter of a shape is one number, or an array of one number a person.
"""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Shape:
    """A region of the plane.

    Args:
        distance: Function `(x, y, pick)` to distances; `pick` readies a parameter for them.
        bounds: `(left, top, right, bottom)` of a box that holds the region.
    """

    distance: Callable
    bounds: tuple


def ellipse(x, y, width, height) -> Shape:
    """An ellipse around `(x, y)`; `width` and `height` are half of its axes."""

    def distance(px, py, pick):
        narrow, flat = 1 / pick(width) ** 2, 1 / pick(height) ** 2
        across, down = px - pick(x), py - pick(y)
        outside_box = _outside_box(across, down, pick(width), pick(height))
        across *= across
        across *= narrow
        down *= down
        down *= flat
        level = across + down
        level -= 1
        across *= narrow
        down *= flat
        across += down
        across *= 4
        across += 1e-7
        level /= np.sqrt(across, out=across)
        return np.maximum(level, outside_box, out=level)

    return Shape(distance, _box(x, y, width, height))


def bent_ellipse(x, y, width, height, bend) -> Shape:
    """An ellipse whose axis is bowed: its ends lie `bend` higher than its middle."""

    def distance(px, py, pick):
        across = (px - pick(x)) / pick(width)
        bowed = py - pick(y) + pick(bend) * (across * across - 0.5)
        off = straight.distance(px - pick(x), bowed, pick)
        return np.maximum(off, _outside_box(px - pick(x), py - pick(y), pick(width), pick(tall)))

    straight, tall = ellipse(0.0, 0.0, width, height), height + np.abs(bend)
    return Shape(distance, _box(x, y, width, tall))


def bar(x, y, width, height, corner) -> Shape:
    """A rectangle with round corners; `width` and `height` are half of its sides."""

    def distance(px, py, pick):
        across = np.abs(px - pick(x)) - pick(width) + pick(corner)
        down = np.abs(py - pick(y)) - pick(height) + pick(corner)
        outside = np.sqrt(np.maximum(across, 0) ** 2 + np.maximum(down, 0) ** 2)
        return outside + np.minimum(np.maximum(across, down), 0) - pick(corner)

    return Shape(distance, _box(x, y, width, height))


def line(x, y, to_x, to_y, thickness, end_thickness=None) -> Shape:
    """A straight stroke from `(x, y)` to `(to_x, to_y)` with round ends, tapering if asked."""
    end = thickness if end_thickness is None else end_thickness

    def distance(px, py, pick):
        across, down = px - pick(x), py - pick(y)
        along_x, along_y = pick(to_x) - pick(x), pick(to_y) - pick(y)
        length = np.maximum(along_x * along_x + along_y * along_y, 1e-8)
        part = np.clip((across * along_x + down * along_y) / length, 0, 1)
        across -= part * along_x
        down -= part * along_y
        radius = pick(thickness) + part * (pick(end) - pick(thickness))
        return np.sqrt(across * across + down * down) - radius

    widest = np.maximum(thickness, end)
    left, right = np.minimum(x, to_x), np.maximum(x, to_x)
    top, bottom = np.minimum(y, to_y), np.maximum(y, to_y)
    return Shape(distance, (left - widest, top - widest, right + widest, bottom + widest))


def arc(x, y, width, bend, thickness) -> Shape:
    """A lying stroke, bowed like a parabola and thinning towards its ends.

    Its ends lie `bend` higher than its middle `(x, y)`; `width` is half of its length.
    """

    def distance(px, py, pick):
        across = (px - pick(x)) / pick(width)
        square = across * across
        slope = 2 * pick(bend) / pick(width) * across
        off = np.abs(py - pick(y) + pick(bend) * square)
        off /= np.sqrt(1 + slope * slope)
        off -= pick(thickness) * (1.2 - square)
        box = _outside_box(px - pick(x), py - pick(y), pick(width), pick(height))
        return np.maximum(off, box, out=off)

    height = np.abs(bend) + 1.2 * np.asarray(thickness)
    return Shape(distance, _box(x, y, width, height))


def turned(shape: Shape, x, y, angle) -> Shape:
    """A shape turned clockwise around `(x, y)` by `angle` radians."""
    cosine, sine = np.cos(angle), np.sin(angle)

    def distance(px, py, pick):
        across, down = px - pick(x), py - pick(y)
        back_x = pick(cosine) * across + pick(sine) * down + pick(x)
        return shape.distance(back_x, pick(cosine) * down - pick(sine) * across + pick(y), pick)

    left, top, right, bottom = shape.bounds
    reach_x = np.maximum(np.abs(left - x), np.abs(right - x))
    reach_y = np.maximum(np.abs(top - y), np.abs(bottom - y))
    reach = np.sqrt(reach_x**2 + reach_y**2)
    return Shape(distance, _box(x, y, reach, reach))


def both_sides(shape: Shape) -> Shape:
    """A shape and its mirror image to the left; the shape itself lies at positive x."""

    def distance(px, py, pick):
        return shape.distance(np.abs(px), py, pick)

    _, top, right, bottom = shape.bounds
    return Shape(distance, (-right, top, right, bottom))


def union(first: Shape, second: Shape, blend=None) -> Shape:
    """Both shapes, the seam smoothed over the width `blend`."""

    def distance(px, py, pick):
        one, other = first.distance(px, py, pick), second.distance(px, py, pick)
        if blend is None:
            return np.minimum(one, other)
        part = np.clip(1 - np.abs(one - other) / pick(blend), 0, 1)
        return np.minimum(one, other) - part * part * pick(blend) / 4

    a, b = first.bounds, second.bounds
    extra = 0 if blend is None else np.asarray(blend) / 4
    return Shape(
        distance,
        (
            np.minimum(a[0], b[0]) - extra,
            np.minimum(a[1], b[1]) - extra,
            np.maximum(a[2], b[2]) + extra,
            np.maximum(a[3], b[3]) + extra,
        ),
    )


def overlap(first: Shape, second: Shape) -> Shape:
    """What lies in both shapes, within the bounds of the first."""

    def distance(px, py, pick):
        return np.maximum(first.distance(px, py, pick), second.distance(px, py, pick))

    return Shape(distance, first.bounds)


def without(first: Shape, second: Shape) -> Shape:
    """The first shape with the second cut out."""

    def distance(px, py, pick):
        return np.maximum(first.distance(px, py, pick), -second.distance(px, py, pick))

    return Shape(distance, first.bounds)


def outline(shape: Shape, thickness) -> Shape:
    """The edge of a shape, as a band of `thickness` to either side."""

    def distance(px, py, pick):
        return np.abs(shape.distance(px, py, pick)) - pick(thickness)

    return grown_bounds(distance, shape, thickness)


def grown(shape: Shape, margin) -> Shape:
    """A shape made larger by `margin` all around."""

    def distance(px, py, pick):
        return shape.distance(px, py, pick) - pick(margin)

    return grown_bounds(distance, shape, margin)


def grown_bounds(distance, shape, margin):
    left, top, right, bottom = shape.bounds
    return Shape(distance, (left - margin, top - margin, right + margin, bottom + margin))


def above(curve: Callable, bounds) -> Shape:
    """What lies above a curve: `curve(x, pick)` gives its y. `bounds` as in `Shape`."""
    return Shape(lambda px, py, pick: py - curve(px, pick), bounds)


def ripple(values) -> np.ndarray:
    """A row of rounded humps between 0 and 1, one for each unit of `values`."""
    part = values - np.floor(values)
    return 4 * part * (1 - part)


def _outside_box(across, down, width, height):
    """How far points lie beside or above a box, a lower bound of the distance to what it holds.

    The formulas of flat shapes give less than the distance far beyond their tips.
    """
    beside = np.abs(across)
    beside -= width
    above_or_below = np.abs(down)
    above_or_below -= height
    return np.maximum(beside, above_or_below, out=beside)


def _box(x, y, width, height):
    return x - width, y - height, x + width, y + height
