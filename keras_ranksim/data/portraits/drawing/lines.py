"""Folds, bags and spots of old skin; freckles."""

import numpy as np

from keras_ranksim.data.portraits.drawing.head import HOLLOW, LINE
from keras_ranksim.data.portraits.drawing.shapes import arc, both_sides, ellipse, line


def draw_lines(canvas, sitter, mask):
    """Folds of forehead, eyes, nose and mouth, each as deep as its own cue."""
    cues, dice, frame = sitter.cues, sitter.dice, sitter.face
    brow = sitter.eye_y - sitter.eye_height - 0.2
    for step, share in ((0.10, 1.0), (0.21, 0.95), (0.32, 0.75)):
        width, bend = 0.36 + dice.normal(0.04), dice.normal(0.02) - 0.02
        fold = arc(dice.normal(0.03), brow - step, width, bend, 0.014)
        canvas.shade(fold, frame, LINE, _depth(cues.brow_lines, share), within=mask)
    frown = both_sides(line(0.06, brow + 0.06, 0.07, brow - 0.06, 0.008))
    canvas.shade(frown, frame, LINE, _depth(cues.brow_lines, 0.7), within=mask)
    _draw_around_eyes(canvas, sitter, mask)
    _draw_around_mouth(canvas, sitter, mask)


def _draw_around_eyes(canvas, sitter, mask):
    cues, frame = sitter.cues, sitter.face
    x, y, width, height = sitter.eye_x, sitter.eye_y, sitter.eye_width, sitter.eye_height
    corner = x + width * 1.15
    for rise in (-0.09, 0.0, 0.09):
        foot = line(corner, y + 0.3 * rise, corner + 0.13, y + 1.1 * rise, 0.012, 0.004)
        canvas.shade(both_sides(foot), frame, LINE, _depth(cues.crows_feet, 0.9), within=mask)
    bag = both_sides(ellipse(x, y + height + 0.08, width * 0.85, 0.05))
    canvas.shade(bag, frame, HOLLOW, _depth(cues.eye_bags, 0.8), softness=0.1, within=mask)
    edge = both_sides(arc(x, y + height + 0.13, width * 0.95, 0.06, 0.013))
    canvas.shade(edge, frame, LINE, _depth(cues.eye_bags, 0.85), within=mask)


def _draw_around_mouth(canvas, sitter, mask):
    cues, frame = sitter.cues, sitter.face
    width, y = sitter.mouth_width, sitter.mouth_y
    wing, out = 0.17 * cues.nose, width + 0.1
    upper = line(wing, sitter.nose_y, out, y - 0.04, 0.012, 0.016)
    canvas.shade(both_sides(upper), frame, LINE, _depth(cues.smile_lines, 0.95), within=mask)
    corner = line(width + 0.03, y + 0.04, width + 0.06, y + 0.23, 0.014, 0.006)
    canvas.shade(both_sides(corner), frame, LINE, _depth(cues.mouth_lines, 0.9), within=mask)
    for x in (-0.6, -0.2, 0.2, 0.6):
        crease = line(x * width, y - 0.13, x * width * 0.9, y - 0.06, 0.006)
        depth = _depth(np.clip(cues.mouth_lines * 1.5 - 0.6, 0, 1), 0.6)
        canvas.shade(crease, frame, LINE, depth, within=mask)


def draw_skin(canvas, sitter, mask):
    """Age spots, and freckles on some fair skin."""
    cues, dice, frame = sitter.cues, sitter.dice, sitter.face
    for x, y in ((0.5, 0.32), (-0.52, 0.15), (-0.3, -0.62), (0.36, -0.5), (0.6, 0.0), (-0.45, 0.5)):
        x, y = x * sitter.width + dice.normal(0.08), y + dice.normal(0.08)
        radius = dice.uniform(0.03, 0.075)
        spot = ellipse(x, y, radius, radius * 0.8)
        canvas.shade(
            spot, frame, (0.68, 0.52, 0.42), _depth(cues.age_spots, 0.8), 0.03, within=mask
        )
    freckled = 0.55 * dice.happens(0.12 * (sitter.skin_depth < 0.5))
    for x, y in ((0.26, 0.02), (0.36, 0.08), (0.45, 0.0), (0.33, -0.06)):
        dot = both_sides(ellipse(x + dice.normal(0.01), sitter.nose_y - 0.05 + y, 0.018, 0.018))
        canvas.shade(dot, frame, (0.75, 0.55, 0.42), freckled, within=mask)


def _depth(cue, most):
    return most * np.clip(cue, 0, 1)
