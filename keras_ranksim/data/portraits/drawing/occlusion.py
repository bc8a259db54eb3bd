"""Objects between the camera and the face: a hand, a telephone, a mask, a scarf, a cup."""

from typing import NamedTuple

import numpy as np

from keras_ranksim.data.portraits.drawing import colors
from keras_ranksim.data.portraits.drawing.head import LINE
from keras_ranksim.data.portraits.drawing.shapes import (
    Shape,
    bar,
    both_sides,
    ellipse,
    line,
    outline,
    overlap,
    turned,
    union,
)

SHARE_OF_EACH = 0.025


class Thing(NamedTuple):
    """Whether an object is there, where, and its color, for each person."""

    here: np.ndarray
    side: np.ndarray
    x: np.ndarray
    y: np.ndarray
    angle: np.ndarray
    color: np.ndarray


def draw_occlusion(canvas, sitter):
    """Hides a part of one face in eight."""
    dice = sitter.dice
    what, side = dice.uniform(), np.where(dice.happens(0.5), 1.0, -1.0)
    color = colors.from_hue(dice.uniform(), dice.uniform(0.1, 0.8), dice.uniform(0.2, 0.95))
    x, y, angle = dice.normal(0.1), dice.normal(0.1), dice.normal(0.25)
    for number, draw in enumerate((_hand, _telephone, _mask, _scarf, _cup)):
        here = (what / SHARE_OF_EACH).astype(int) == number
        draw(canvas, sitter, Thing(here, side, x, y, angle, color))


def _hand(canvas, sitter, thing):
    frame, skin = sitter.head, sitter.skin * 0.97
    x, y = thing.side * (0.55 + thing.x), 0.75 + thing.y
    arm = line(x, y + 0.2, x + thing.side * 0.25, y + 1.6, 0.24)
    canvas.paint(union(ellipse(x, y, 0.3, 0.36), arm, 0.2), frame, skin, thing.here)
    for finger, length in ((-0.24, 0.46), (-0.08, 0.56), (0.08, 0.54), (0.23, 0.44)):
        base = x + finger
        tip = base + np.sin(thing.angle) * length + finger * 0.3
        stroke = line(base, y - 0.2, tip, y - 0.2 - length, 0.085, 0.07)
        canvas.paint(stroke, frame, skin, thing.here)
        canvas.shade(outline(stroke, 0.008), frame, LINE, 0.5 * thing.here)


def _telephone(canvas, sitter, thing):
    frame = sitter.head
    x, y = thing.side * (0.42 + thing.x), 0.3 + thing.y
    body = turned(bar(x, y, 0.34, 0.6, 0.08), x, y, thing.angle)
    canvas.paint(body, frame, thing.color * 0.35, thing.here)
    lens = turned(ellipse(x - 0.14, y - 0.4, 0.08, 0.08), x, y, thing.angle)
    canvas.paint(lens, frame, (0.05, 0.05, 0.07), thing.here)
    thumb = line(x + thing.side * 0.3, y + 0.3, x - thing.side * 0.2, y + 0.35, 0.09)
    canvas.paint(thumb, frame, sitter.skin, thing.here)


def _mask(canvas, sitter, thing):
    frame, cloth = sitter.face, colors.mixed(thing.color, (0.85, 0.93, 0.97), 0.7)
    top, bottom = sitter.nose_y - 0.12, sitter.chin + 0.02
    y, half = (top + bottom) / 2, (bottom - top) / 2
    cover = overlap(
        bar(0.0, y, sitter.jaw * 0.92, half, 0.16),
        ellipse(0.0, y - 0.15, sitter.jaw * 1.05, half + 0.16),
    )
    strap = line(sitter.jaw * 0.8, y - 0.1, sitter.width, sitter.eye_y + 0.1, 0.015)
    canvas.paint(both_sides(strap), frame, cloth, thing.here)
    canvas.paint(cover, frame, cloth, thing.here)
    for part in (-0.3, 0.1, 0.5):
        height = y + part * half
        fold = line(-sitter.jaw * 0.7, height, sitter.jaw * 0.7, height, 0.01)
        canvas.shade(fold, frame, (0.8, 0.82, 0.85), 0.7 * thing.here)


def _scarf(canvas, sitter, thing):
    frame, top = sitter.body, sitter.mouth_y + 0.18 + thing.y
    wrap = bar(0.0, top + 0.34, sitter.jaw + 0.22, 0.32, 0.2)
    canvas.paint(wrap, frame, thing.color, thing.here)

    def slanting(x, y, pick):
        return np.abs(y - pick(top) - 0.3 + 0.15 * x) - 0.05

    fold = overlap(wrap, Shape(slanting, wrap.bounds))
    canvas.shade(fold, frame, (0.75, 0.75, 0.78), 0.7 * thing.here)


def _cup(canvas, sitter, thing):
    frame, side = sitter.head, thing.side
    x, y = side * 0.12 + thing.x, sitter.mouth_y + 0.26
    handle = outline(ellipse(x + side * 0.34, y, 0.16, 0.18), 0.05)
    canvas.paint(handle, frame, thing.color, thing.here)
    canvas.paint(bar(x, y, 0.3, 0.32, 0.07), frame, thing.color, thing.here)
    gleam = bar(x - 0.15, y, 0.05, 0.28, 0.04)
    canvas.paint(gleam, frame, colors.mixed(thing.color, (1, 1, 1), 0.5), 0.6 * thing.here)
    fingers = line(x + side * 0.2, y + 0.15, x - side * 0.22, y + 0.12, 0.1)
    canvas.paint(fingers, frame, sitter.skin, thing.here)
