"""Glasses, hats, scarves, pacifiers, and objects between the camera and the face."""

from typing import NamedTuple

import numpy as np

from keras_ranksim.data.portraits.drawing import colors
from keras_ranksim.data.portraits.drawing.face import LINE
from keras_ranksim.data.portraits.drawing.shapes import (
    Shape,
    arc,
    bar,
    both_sides,
    ellipse,
    line,
    outline,
    overlap,
    turned,
    union,
    without,
)

SHARE_OF_EACH = 0.025


def draw_glasses(canvas, sitter):
    """Round or square glasses, clear or dark."""
    dice, frame = sitter.dice, sitter.face
    worn = dice.happens(sitter.cues.glasses)
    dark = worn & dice.happens(0.12)
    square = dice.happens(0.5)
    x, y = sitter.eye_x, sitter.eye_y + 0.03
    radius = np.minimum(sitter.eye_width * dice.uniform(1.25, 1.55), x - 0.04)
    rim = colors.from_hue(dice.uniform(), dice.uniform(0, 0.7), dice.uniform(0.05, 0.6))
    thick = dice.uniform(0.014, 0.04)
    for shape, has in (
        (ellipse(x, y, radius, radius * 0.95), worn & ~square),
        (bar(x, y, radius, radius * 0.75, radius * 0.3), worn & square),
    ):
        lens = both_sides(shape)
        canvas.paint(lens, frame, (0.10, 0.10, 0.13), 0.9 * (has & dark))
        canvas.paint(lens, frame, (0.85, 0.93, 1.0), 0.16 * (has & ~dark))
        canvas.paint(both_sides(outline(shape, thick)), frame, rim, has)
    canvas.paint(arc(0.0, y - 0.05, x - radius, -0.04, thick), frame, rim, worn)
    temple = both_sides(line(x + radius, y - 0.06, sitter.width, y - 0.09, thick))
    canvas.paint(temple, frame, rim, worn)


def draw_hat(canvas, sitter, cut):
    """A beanie, a cap or a hat with a brim on some heads."""
    dice, frame = sitter.dice, sitter.head
    kind = dice.uniform()
    cloth = colors.from_hue(dice.uniform(), dice.uniform(0.1, 0.85), dice.uniform(0.2, 0.95))
    trim = colors.mixed(cloth, (1, 1, 1), dice.uniform(0.1, 0.8))
    edge = -0.42 + dice.normal(0.05) + 0.3 * sitter.eye_y
    width = sitter.width + 0.07 + 0.6 * cut.volume
    dome = overlap(
        ellipse(0.0, -0.25, width, 0.86 + 0.5 * cut.volume),
        Shape(lambda x, y, pick: y - pick(edge) - 0.06, (-1.3, -1.5, 1.3, 1.0)),
    )
    beanie, cap, brimmed = kind < 0.05, (kind >= 0.05) & (kind < 0.09), kind > 0.965
    canvas.paint(dome, frame, cloth, beanie | cap | brimmed)
    canvas.shade(
        ellipse(width * 0.5, -0.7, 0.4, 0.5), frame, (0.75, 0.72, 0.75), 0.6 * (beanie | cap), 0.5
    )
    canvas.paint(bar(0.0, edge, width + 0.03, 0.12, 0.08), frame, trim, beanie)
    canvas.paint(ellipse(0.0, -1.16, 0.17, 0.17), frame, trim, beanie & dice.happens(0.5))
    peak = ellipse(dice.normal(0.2), edge + 0.06, width * 0.85, 0.13)
    canvas.paint(peak, frame, cloth * 0.7, cap)
    brim = ellipse(0.0, edge + 0.02, width * 1.55, 0.15)
    canvas.paint(brim, frame, cloth * 0.85, brimmed)
    band = bar(0.0, edge - 0.12, width * 0.97, 0.07, 0.02)
    canvas.paint(band, frame, trim * 0.8, brimmed)


def draw_headscarf(canvas, sitter, cut):
    """A scarf around the face that hides hair, ears and neck."""
    dice, frame = sitter.dice, sitter.head
    worn = dice.happens(0.05 * sitter.woman)
    cloth = colors.from_hue(dice.uniform(), dice.uniform(0.1, 0.7), dice.uniform(0.25, 0.95))
    around = union(
        ellipse(0.0, -0.12, sitter.width + 0.14 + cut.volume, 0.92 + 1.2 * cut.volume),
        ellipse(0.0, sitter.chin + 0.15, sitter.width + 0.3, 0.5),
        0.4,
    )
    face = ellipse(0.0, 0.22, sitter.width * 0.84, sitter.chin - 0.2)
    canvas.paint(without(around, face), frame, cloth, worn)
    canvas.shade(outline(face, 0.04), frame, (0.7, 0.66, 0.7), 0.6 * worn, softness=0.1)


def draw_pacifier(canvas, sitter):
    """A pacifier, for some of the youngest."""
    dice, frame = sitter.dice, sitter.face
    has = dice.happens(sitter.cues.pacifier)
    color = colors.from_hue(dice.uniform(), 0.5, 0.95)
    y = sitter.mouth_y
    canvas.paint(ellipse(0.0, y, 0.24, 0.15), frame, color, has)
    canvas.paint(outline(ellipse(0.0, y + 0.08, 0.1, 0.1), 0.025), frame, color * 0.75, has)


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
