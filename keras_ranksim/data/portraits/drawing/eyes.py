"""Eyes, lids and brows."""

import numpy as np

from keras_ranksim.data.portraits.drawing import colors
from keras_ranksim.data.portraits.drawing.head import HOLLOW, LINE
from keras_ranksim.data.portraits.drawing.shapes import arc, both_sides, ellipse, overlap, turned


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
