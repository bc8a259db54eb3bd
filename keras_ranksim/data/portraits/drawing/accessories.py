"""What people wear on their heads: glasses, hats, scarves, pacifiers."""

import numpy as np

from keras_ranksim.data.portraits.drawing import colors
from keras_ranksim.data.portraits.drawing.shapes import (
    Shape,
    arc,
    bar,
    both_sides,
    ellipse,
    line,
    outline,
    overlap,
    union,
    without,
)


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
