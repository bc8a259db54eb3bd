"""The face: skin, light, ears, eyes, nose, mouth, and the lines that age adds."""

import numpy as np

from keras_ranksim.data.portraits.drawing import colors
from keras_ranksim.data.portraits.drawing.shapes import (
    Shape,
    arc,
    bent_ellipse,
    both_sides,
    ellipse,
    line,
    overlap,
    turned,
)

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


def draw_eyes(canvas, sitter, mask):
    """Sockets, whites, irises, and lids that droop with age."""
    cues, dice, frame = sitter.cues, sitter.dice, sitter.face
    x, width = sitter.eye_x, sitter.eye_width
    droop = np.clip(cues.lid_droop, 0, 1)
    height = sitter.eye_height
    y = sitter.eye_y + 0.2 * height * droop
    asleep = dice.happens(0.03)
    socket = both_sides(ellipse(x, y - 0.02, width * 1.35, height + 0.1))
    canvas.shade(socket, frame, HOLLOW, 0.3 + 0.45 * cues.gaunt, softness=0.12, within=mask)
    white = colors.mixed((0.99, 0.99, 0.98), (0.88, 0.84, 0.74), 0.8 * cues.rough_skin)
    canvas.paint(both_sides(ellipse(x, y, width, height)), frame, white, ~asleep)
    _draw_irises(canvas, sitter, y, height, ~asleep)
    _draw_lids(canvas, sitter, y, height, droop, asleep)


def _draw_irises(canvas, sitter, y, height, awake):
    dice, frame, width = sitter.dice, sitter.face, sitter.eye_width
    look_x, look_y = dice.normal(0.22) * width, dice.normal(0.1) * height
    iris = width * (0.50 + 0.16 * sitter.cues.eye_round)
    for side in (-1, 1):
        x = side * sitter.eye_x
        opening = ellipse(x, y, width, height)
        x, iris_y = x + look_x, y + look_y
        canvas.paint(overlap(ellipse(x, iris_y, iris, iris), opening), frame, sitter.eyes, awake)
        pupil = overlap(ellipse(x, iris_y, iris * 0.55, iris * 0.55), opening)
        canvas.paint(pupil, frame, (0.05, 0.04, 0.05), awake)
        glint = ellipse(x + 0.4 * iris, iris_y - 0.4 * iris, iris * 0.3, iris * 0.3)
        canvas.paint(glint, frame, (1.0, 1.0, 1.0), 0.9 * awake)


def _draw_lids(canvas, sitter, y, height, droop, asleep):
    dice, frame = sitter.dice, sitter.face
    x, width = sitter.eye_x, sitter.eye_width
    lashes = 0.02 + 0.02 * sitter.womanly * dice.happens(0.8)
    lid = arc(x, y - height * 0.95, width * 1.12, -height * 0.9, lashes)
    canvas.paint(both_sides(lid), frame, sitter.natural_hair * 0.4, 0.85 * ~asleep)
    shut = arc(x, y + height * 0.4, width, height * 0.5, 0.025)
    canvas.paint(both_sides(shut), frame, sitter.natural_hair * 0.4, asleep)
    fold = arc(x, y - height * 1.1 - 0.05, width * 1.25, -height * 0.8 - 0.03, 0.014)
    canvas.shade(both_sides(fold), frame, LINE, 0.25 + 0.55 * droop)
    under = arc(x, y + height * 1.02, width * 0.95, height * 0.8, 0.01)
    canvas.shade(both_sides(under), frame, LINE, 0.5 * ~asleep)
    painted = sitter.womanly * dice.happens(0.35)
    color = colors.from_hue(dice.uniform(), 0.5, 0.55)
    shadow = ellipse(x, y - height * 1.05, width, 0.03 + height * 0.35)
    canvas.paint(both_sides(shadow), frame, color, 0.45 * painted, softness=0.06)


def draw_brows(canvas, sitter):
    """Brows, thin in children, thick in men, drooping at the outer end in old age."""
    cues, dice, frame = sitter.cues, sitter.dice, sitter.face
    thick = cues.brow_weight * (0.034 + 0.016 * sitter.manly - 0.008 * sitter.womanly)
    thick = thick * (1 + dice.normal(0.15))
    lift = 0.13 + dice.normal(0.025) + 0.02 * sitter.womanly - 0.03 * np.clip(cues.brow_droop, 0, 1)
    x, y = sitter.eye_x * 1.02, sitter.eye_y - sitter.eye_height - lift
    brow = arc(x, y, sitter.eye_width * 1.3, -0.045 + dice.normal(0.015), thick)
    brow = turned(brow, x, y, 0.32 * cues.brow_droop + dice.normal(0.08))
    color = colors.mixed(sitter.natural_hair * 0.75, sitter.beard, 0.7 * cues.gray)
    canvas.paint(both_sides(brow), frame, color, 0.35 + 0.6 * np.clip(cues.brow_weight, 0, 1))


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
