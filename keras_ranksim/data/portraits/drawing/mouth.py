"""Nose and mouth."""

import numpy as np

from keras_ranksim.data.portraits.drawing import colors
from keras_ranksim.data.portraits.drawing.head import HOLLOW, LINE
from keras_ranksim.data.portraits.drawing.shapes import (
    Shape,
    arc,
    bent_ellipse,
    both_sides,
    ellipse,
    line,
    overlap,
)


def draw_nose(canvas, sitter):
    """A bridge in shadow, a tip in the light, two nostrils."""
    cues, dice, frame = sitter.cues, sitter.dice, sitter.face
    y, side = sitter.nose_y, np.where(sitter.turn > 0, 1.0, -1.0)
    width = 0.125 * cues.nose * (1 + dice.normal(0.12) + 0.08 * sitter.manly)
    bridge = line(
        side * width * 0.5,
        sitter.eye_y - 0.02,
        side * width * 0.85,
        y - 0.05,
        0.02,
        0.03 + 0.02 * cues.nose,
    )
    canvas.shade(bridge, frame, HOLLOW, 0.5 * np.clip(cues.nose - 0.35, 0, 1), softness=0.05)
    tip = ellipse(0.0, y - 0.05, width * 0.7, width * 0.6)
    canvas.shade(tip, frame, (1.16, 1.14, 1.12), 0.8, softness=0.12)
    base = arc(0.0, y + 0.05, width, 0.06 * cues.nose, 0.02)
    canvas.shade(base, frame, LINE, 0.85)
    nostrils = both_sides(ellipse(width * 0.5, y + 0.03, 0.028, 0.02))
    canvas.shade(nostrils, frame, (0.4, 0.26, 0.24), 0.8)


def draw_mouth(canvas, sitter, mask):
    """Lips that thin and sag with age, closed or open, some with lipstick."""
    cues, dice, frame = sitter.cues, sitter.dice, sitter.face
    width, y = sitter.mouth_width, sitter.mouth_y
    bend = 0.07 * sitter.smile - 0.06 * cues.mouth_sag
    full = 0.032 + 0.04 * np.clip(cues.lips, 0, 1.2) * (1 + 0.25 * sitter.womanly)
    full = full * (1 + dice.normal(0.12))
    lipstick = dice.happens(0.4 * sitter.womanly)
    natural = sitter.skin * np.float32((0.86, 0.62, 0.60))
    red = colors.from_hue(0.95 + dice.uniform(0, 0.06), 0.75, dice.uniform(0.55, 0.85))
    color = np.where(lipstick[:, None], red, natural)
    gape = np.where(dice.happens(0.3), np.clip(0.055 + dice.normal(0.035), 0.02, 0.16), 0)
    lips = bent_ellipse(0.0, y, width, full + gape, bend)
    canvas.paint(lips, frame, color, 0.85)
    inside = bent_ellipse(0.0, y, width * 0.84, np.maximum(gape, 0.02), bend)
    canvas.paint(inside, frame, (0.35, 0.10, 0.10), gape > 0)
    teeth = overlap(
        bent_ellipse(0.0, y - 0.02, width * 0.75, np.maximum(gape, 0.02), bend),
        Shape(lambda px, py, pick: py - pick(y) - pick(gape) * 0.1, inside.bounds),
    )
    canvas.paint(teeth, frame, (0.97, 0.95, 0.90), (gape > 0.03) & dice.happens(0.9))
    seam = arc(0.0, y + bend * 0.5, width * 1.06, bend, 0.016)
    canvas.shade(seam, frame, (0.5, 0.3, 0.3), 0.85 * (gape == 0))
    below = ellipse(0.0, y + full + 0.08, width * 0.6, 0.03)
    canvas.shade(below, frame, HOLLOW, 0.5, softness=0.08, within=mask)
