"""Everything behind and below the head: the wall, the clothes, the neck."""

import numpy as np

from keras_ranksim.data.portraits.drawing import colors
from keras_ranksim.data.portraits.drawing.shapes import (
    Shape,
    arc,
    bar,
    both_sides,
    ellipse,
    grown,
    line,
    ripple,
    turned,
    union,
)

SHADOW = (0.62, 0.52, 0.52)
EVERYWHERE = (-9.0, -9.0, 9.0, 9.0)


def draw_wall(canvas, sitter):
    """A wall of one color fading into another, with blurred lights or stripes on some."""
    dice, frame = sitter.dice, sitter.body
    hue = dice.uniform()
    one = colors.from_hue(hue, dice.uniform(0.05, 0.55), dice.uniform(0.35, 1.0))
    shade = colors.from_hue(hue + dice.normal(0.1), dice.uniform(0.1, 0.6), dice.uniform(0.3, 1.0))
    canvas.planes[:] = one.T[:, :, None, None]
    slope = dice.uniform(-1.0, 1.0)

    def fade(x, y, pick):
        return y + pick(slope) * x

    canvas.paint(Shape(fade, EVERYWHERE), frame, shade, softness=3.5)
    lights = 0.5 * dice.happens(0.35)
    for side in (-1, 1):
        x, y = side * dice.uniform(0.7, 1.5), dice.uniform(-1.2, 0.6)
        radius = dice.uniform(0.15, 0.5)
        light = colors.mixed(one, (1.0, 1.0, 0.95), dice.uniform(0.2, 0.9))
        canvas.paint(ellipse(x, y, radius, radius), frame, light, lights, softness=0.12)
    planks, breadth = 0.12 * dice.happens(0.25), dice.uniform(2.0, 4.0)

    def stripes(x, y, pick):
        return 0.15 - ripple((x + pick(slope) * y) * pick(breadth)) * 0.5

    canvas.shade(Shape(stripes, EVERYWHERE), frame, (0.3, 0.3, 0.3), planks, softness=0.3)


def draw_body(canvas, sitter):
    """Shoulders in a plain or striped garment, and the neck with its lines."""
    dice, cues, frame = sitter.dice, sitter.cues, sitter.body
    top = sitter.shoulder_y
    cloth = colors.from_hue(dice.uniform(), dice.uniform(0.05, 0.8), dice.uniform(0.15, 0.95))
    broad = cues.shoulders * (1 + 0.08 * sitter.manly - 0.08 * sitter.womanly + dice.normal(0.04))
    neck = cues.neck * (1 + 0.14 * sitter.manly - 0.12 * sitter.womanly)
    torso = union(
        bar(0.0, top + 1.4, broad, 1.3, 0.62),
        ellipse(0.0, top + 0.25, neck * 1.9, 0.4),
        0.4,
    )
    on_cloth = canvas.mask(torso, frame)
    canvas.fill(on_cloth, cloth)
    stripes = 0.8 * dice.happens(0.25)
    across = dice.happens(0.6).astype("float32")
    breadth, accent = dice.uniform(2.5, 5.0), colors.mixed(cloth, (1, 1, 1), 0.6)

    def pattern(x, y, pick):
        along = pick(across) * y + (1 - pick(across)) * x
        return 0.5 - ripple(along * pick(breadth))

    everywhere = Shape(pattern, (-9.0, 0.0, 9.0, 9.0))
    canvas.paint(everywhere, frame, accent, stripes, softness=0.1, within=on_cloth)
    canvas.shade(
        both_sides(ellipse(broad * 0.85, top + 1.6, 0.35, 1.0)),
        frame,
        SHADOW,
        0.5,
        softness=0.6,
        within=on_cloth,
    )
    draw_neck(canvas, sitter, cloth, neck, top)
    draw_collar(canvas, sitter, cloth, neck, top)


def draw_neck(canvas, sitter, cloth, neck, top):
    cues, frame = sitter.cues, sitter.body
    column = bar(0.0, top - 0.1, neck, 0.4, 0.12)
    opening = ellipse(0.0, top + 0.14, neck * 1.2, 0.26)
    canvas.paint(grown(opening, 0.055), frame, cloth * 0.75)
    canvas.paint(union(column, opening, 0.2), frame, sitter.skin)
    under_chin = ellipse(0.0, sitter.chin - 0.1, sitter.jaw * 0.95, 0.38)
    canvas.shade(under_chin, frame, SHADOW, 0.75, softness=0.25)
    for part, lower in ((1.0, 0.0), (0.8, 0.12)):
        y = (sitter.chin + top) / 2 + 0.1 + lower
        fold = arc(0.0, y, neck * 0.85, -0.05, 0.012)
        canvas.shade(fold, frame, (0.6, 0.46, 0.42), 0.55 * part * np.clip(cues.neck_lines, 0, 1))
    cords = both_sides(line(neck * 0.3, top - 0.2, neck * 0.16, top + 0.25, 0.02))
    loose = np.clip(cues.neck_lines * 1.6 - 0.9, 0, 0.4)
    canvas.shade(cords, frame, (0.6, 0.46, 0.42), loose)


def draw_collar(canvas, sitter, cloth, neck, top):
    """A shirt collar or a turtleneck for some; the others keep the round neck."""
    dice, frame = sitter.dice, sitter.body
    cut = dice.uniform()
    shirt = colors.mixed(cloth, (1, 1, 1), dice.uniform(0.2, 0.9))
    wing = turned(bar(neck * 0.72, top + 0.26, 0.14, 0.3, 0.04), neck * 0.72, top + 0.26, 0.65)
    canvas.paint(both_sides(wing), frame, shirt, cut < 0.25)
    roll = bar(0.0, top + 0.2, neck * 1.35, 0.32, 0.18)
    canvas.paint(roll, frame, cloth * 0.85, cut >= 0.88)
    fold = arc(0.0, top + 0.06, neck * 1.1, 0.06, 0.02)
    canvas.shade(fold, frame, SHADOW, 0.5 * (cut >= 0.88))
