"""The head without its features: ears, skin, cheeks, hollows, light and shade."""

import numpy as np

from keras_ranksim.data.portraits.drawing.shapes import Shape, both_sides, ellipse

LINE = (0.62, 0.46, 0.42)
HOLLOW = (0.72, 0.60, 0.57)


def draw_ears(canvas, sitter):
    """Ears, which keep growing with age."""
    cues, dice, frame = sitter.cues, sitter.dice, sitter.head
    height = 0.2 * cues.ears * (1 + dice.normal(0.06))
    y = sitter.eye_y + 0.18 + (cues.ears - 1) * 0.12
    out = sitter.width + 0.01 + dice.normal(0.02)
    canvas.paint(both_sides(ellipse(out, y, height * 0.55, height)), frame, sitter.skin * 0.95)
    canvas.shade(both_sides(ellipse(out + 0.02, y, height * 0.3, height * 0.6)), frame, LINE, 0.6)


def draw_head(canvas, sitter):
    """The head in its skin; returns the mask of the pixels it covers."""
    cues, frame = sitter.cues, sitter.head
    mask = canvas.mask(sitter.head_shape(), frame)
    canvas.fill(mask, sitter.skin)
    cheek = both_sides(ellipse(sitter.eye_x * 1.15, sitter.nose_y + 0.06, 0.2, 0.15))
    rosy = np.stack([np.ones(canvas.count), 0.74 + 0 * sitter.jaw, 0.72 + 0 * sitter.jaw], axis=-1)
    canvas.shade(cheek, sitter.face, rosy, 0.25 + 0.6 * cues.blush, softness=0.28, within=mask)
    hollow = both_sides(ellipse(sitter.jaw * 0.8, 0.42, 0.1, 0.26))
    canvas.shade(hollow, sitter.face, HOLLOW, 0.75 * cues.gaunt, softness=0.2, within=mask)
    temple = both_sides(ellipse(sitter.width * 0.92, -0.18, 0.1, 0.2))
    canvas.shade(temple, sitter.face, HOLLOW, 0.6 * cues.gaunt, softness=0.2, within=mask)
    sag = both_sides(ellipse(sitter.jaw * 0.66, 0.82, 0.2, 0.06))
    canvas.shade(sag, sitter.face, HOLLOW, 0.8 * cues.jowls, softness=0.1, within=mask)
    return mask


def light_head(canvas, sitter, mask):
    """A shadow on the side away from the light, a shine on the other."""
    dice, frame = sitter.dice, sitter.head
    angle, strength = dice.uniform(-1.3, 1.3), dice.uniform(0.15, 0.85)
    right, up = np.sin(angle), np.cos(angle)

    def away(x, y, pick):
        return 0.55 + pick(right) * x - 0.6 * pick(up) * y

    dark = Shape(away, (-1.3, -1.4, 1.3, 1.3))
    canvas.shade(dark, frame, (0.55, 0.44, 0.46), strength, softness=1.5, within=mask)
    shine = ellipse(right * 0.35, -0.15 - 0.4 * up, 0.24, 0.2)
    light = np.minimum(1.35, 1 + 0.35 * strength)[:, None] * np.ones(3)
    canvas.shade(shine, frame, light, 0.8, softness=0.5, within=mask)
