"""Shapes as signed distances: negative inside, zero on the edge, positive outside.

Every parameter of a shape is one number, or an array of one number per person.
"""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Shape:
    """A region of the plane.

    Args:
        distance: Function `(x, y, pick)` to distances; `pick` prepares a parameter for them.
        bounds: `(left, top, right, bottom)` of a box that holds the region.
    """

    distance: Callable
    bounds: tuple


def ellipse(x, y, width, height) -> Shape:
    """An ellipse around `(x, y)`; `width` and `height` are half of its axes."""

    def distance(across, down, pick):
        narrow, flat = 1 / pick(width) ** 2, 1 / pick(height) ** 2
        across_part, down_part = across * across * narrow, down * down * flat
        slope = np.sqrt((across_part * narrow + down_part * flat) * 4 + 1e-7)
        level = (across_part + down_part - 1) / slope
        return np.maximum(level, _outside_box(across, down, pick(width), pick(height)))

    return _around(x, y, width, height, distance)


def bent_ellipse(x, y, width, height, bend) -> Shape:
    """An ellipse whose axis is bent: its ends lie `bend` higher than its middle."""
    straight, tall = ellipse(0.0, 0.0, width, height), height + np.abs(bend)

    def distance(across, down, pick):
        part = across / pick(width)
        bent = straight.distance(across, down + pick(bend) * (part * part - 0.5), pick)
        return np.maximum(bent, _outside_box(across, down, pick(width), pick(tall)))

    return _around(x, y, width, tall, distance)


def bar(x, y, width, height, corner) -> Shape:
    """A rectangle with round corners; `width` and `height` are half of its sides."""

    def distance(across, down, pick):
        across = np.abs(across) - pick(width) + pick(corner)
        down = np.abs(down) - pick(height) + pick(corner)
        outside = np.sqrt(np.maximum(across, 0) ** 2 + np.maximum(down, 0) ** 2)
        return outside + np.minimum(np.maximum(across, down), 0) - pick(corner)

    return _around(x, y, width, height, distance)


def line(x, y, to_x, to_y, thickness, end_thickness=None) -> Shape:
    """A straight stroke from `(x, y)` to `(to_x, to_y)` with round ends, which may taper."""
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

    ends = (np.minimum(x, to_x), np.minimum(y, to_y), np.maximum(x, to_x), np.maximum(y, to_y))
    return Shape(distance, _grown(ends, np.maximum(thickness, end)))


def arc(x, y, width, bend, thickness) -> Shape:
    """A horizontal stroke, bent like a parabola and thinner toward its ends.

    Its ends lie `bend` higher than its middle `(x, y)`; `width` is half of its length.
    """
    height = np.abs(bend) + 1.2 * np.asarray(thickness)

    def distance(across, down, pick):
        part = across / pick(width)
        square = part * part
        slope = 2 * pick(bend) / pick(width) * part
        off = np.abs(down + pick(bend) * square) / np.sqrt(1 + slope * slope)
        off -= pick(thickness) * (1.2 - square)
        return np.maximum(off, _outside_box(across, down, pick(width), pick(height)))

    return _around(x, y, width, height, distance)


def turned(shape: Shape, x, y, angle) -> Shape:
    """A shape turned clockwise around `(x, y)` by `angle` radians."""
    cosine, sine = np.cos(angle), np.sin(angle)

    def distance(across, down, pick):
        back_x = pick(cosine) * across + pick(sine) * down + pick(x)
        return shape.distance(back_x, pick(cosine) * down - pick(sine) * across + pick(y), pick)

    left, top, right, bottom = shape.bounds
    reach_x = np.maximum(np.abs(left - x), np.abs(right - x))
    reach_y = np.maximum(np.abs(top - y), np.abs(bottom - y))
    reach = np.sqrt(reach_x**2 + reach_y**2)
    return _around(x, y, reach, reach, distance)


def both_sides(shape: Shape) -> Shape:
    """A shape at positive x and its mirror image to the left."""
    _, top, right, bottom = shape.bounds
    return Shape(
        lambda px, py, pick: shape.distance(np.abs(px), py, pick), (-right, top, right, bottom)
    )


def union(first: Shape, second: Shape, blend=None) -> Shape:
    """Both shapes, the seam smoothed over the width `blend`."""

    def distance(px, py, pick):
        one, other = first.distance(px, py, pick), second.distance(px, py, pick)
        if blend is None:
            return np.minimum(one, other)
        part = np.clip(1 - np.abs(one - other) / pick(blend), 0, 1)
        return np.minimum(one, other) - part * part * pick(blend) / 4

    corners = list(zip(first.bounds, second.bounds))
    smallest = [np.minimum(*pair) for pair in corners[:2]]
    largest = [np.maximum(*pair) for pair in corners[2:]]
    return Shape(
        distance, _grown((*smallest, *largest), 0 if blend is None else np.asarray(blend) / 4)
    )


def overlap(first: Shape, second: Shape) -> Shape:
    """The region in both shapes, within the bounds of the first."""

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

    return Shape(distance, _grown(shape.bounds, thickness))


def grown(shape: Shape, margin) -> Shape:
    """A shape made larger by `margin` all around."""

    def distance(px, py, pick):
        return shape.distance(px, py, pick) - pick(margin)

    return Shape(distance, _grown(shape.bounds, margin))


def ripple(values) -> np.ndarray:
    """A row of rounded humps between 0 and 1, one for each unit of `values`."""
    part = values - np.floor(values)
    return 4 * part * (1 - part)


def _around(x, y, width, height, distance):
    """A shape from its distances at coordinates relative to `(x, y)`, and half of its box."""
    return Shape(
        lambda px, py, pick: distance(px - pick(x), py - pick(y), pick),
        (x - width, y - height, x + width, y + height),
    )


def _grown(bounds, margin):
    left, top, right, bottom = bounds
    return left - margin, top - margin, right + margin, bottom + margin


def _outside_box(across, down, width, height):
    """How far points lie outside a box, a lower bound of the distance to its contents.

    The formulas of flat shapes underestimate the distance far beyond their tips.
    """
    return np.maximum(np.abs(across) - width, np.abs(down) - height)
