"""Hair: behind the head, on top of it, and in the face."""

import numpy as np

from keras_ranksim.data.portraits.drawing.face import LINE
from keras_ranksim.data.portraits.drawing.shapes import (
    Shape,
    bar,
    both_sides,
    ellipse,
    line,
    overlap,
    ripple,
    union,
    without,
)

STYLES = ("cropped", "short", "bob", "long", "bun", "tails")
OF_WOMEN = (0.04, 0.16, 0.26, 0.30, 0.12, 0.12)
OF_MEN = (0.30, 0.58, 0.07, 0.05, 0.00, 0.00)


class Haircut:
    """The haircuts of a batch of people."""

    def __init__(self, sitter):
        dice, cues = sitter.dice, sitter.cues
        shares = np.where(sitter.woman[:, None] > 0, np.cumsum(OF_WOMEN), np.cumsum(OF_MEN))
        style = (dice.uniform()[:, None] * 0.999 > shares).sum(axis=1)
        self.thick = np.clip(cues.hair, 0, 1)
        infant = cues.hair < 0.4 + dice.normal(0.04)
        self.style = np.where(infant, STYLES.index("cropped"), style)
        self.curly = np.where(dice.happens(0.15 + 0.35 * sitter.skin_depth), dice.uniform(), 0)
        prone = np.clip(1.5 * dice.uniform() - 0.3, 0, 1) * np.where(sitter.woman > 0, 0.3, 1)
        self.bald = np.clip(prone * cues.hair_loss * 1.15, 0, 1)
        volume = 0.05 + 0.07 * dice.uniform() + 0.12 * self.curly + 0.04 * sitter.woman
        cropped = self.style == STYLES.index("cropped")
        self.volume = np.where(cropped, 0.035, volume) * (0.4 + 0.6 * self.thick)
        fringe = dice.happens(0.2 + 0.15 * sitter.woman) & ~cropped
        line_y = np.where(fringe, -0.36, -0.56) + dice.normal(0.05) + 0.7 * sitter.eye_y * fringe
        self.line_y = line_y - 0.62 * self.bald - 0.14 * (1 - self.thick)
        self.side_y = sitter.eye_y + np.where(cropped, -0.08, 0.06) + dice.normal(0.04)
        self.parting = dice.normal(0.22) * ~fringe
        self.teeth = dice.uniform(0.0, 0.07)
        self.opacity = 0.97 - 0.75 * np.clip(0.6 - self.thick, 0, 1)

    def has(self, *names):
        """1 for people with one of these styles, 0 for others."""
        return np.isin(self.style, [STYLES.index(name) for name in names]).astype("float32")


def draw_hair_behind(canvas, sitter, cut):
    """Hair behind the head: a bob, long hair, a bun on top or two tails."""
    dice, frame = sitter.dice, sitter.head
    dark = sitter.hair * 0.72
    reach = np.where(cut.has("long") > 0, dice.uniform(1.15, 1.7), dice.uniform(0.65, 0.95))
    width = sitter.width + cut.volume + 0.07
    fall = union(ellipse(0.0, -0.2, width, 0.95), bar(0.0, reach / 2, width, reach / 2, 0.2), 0.3)
    canvas.paint(fall, frame, dark, cut.has("bob", "long") * cut.opacity)
    x = dice.normal(0.25)
    canvas.paint(ellipse(x, -1.12, 0.3, 0.26), frame, sitter.hair * 0.85, cut.has("bun"))
    tail = both_sides(ellipse(sitter.width + 0.24, 0.1, 0.2, 0.5))
    canvas.paint(tail, frame, sitter.hair * 0.9, cut.has("tails"))


def draw_hair(canvas, sitter, cut):
    """The hair on the head, from the hairline up, with curls, a shine and strands."""
    frame = sitter.head
    hair = _cap(sitter, cut)
    mask = canvas.mask(hair, frame) * cut.opacity[:, None, None].astype("float32")
    canvas.fill(mask, sitter.hair)
    _draw_locks(canvas, sitter, cut)
    coarse = sitter.dice.uniform(3.0, 6.0)

    def strands(x, y, pick):
        return 0.55 - ripple((x + pick(cut.parting)) * (1.3 + 0.8 * y) * pick(coarse))

    canvas.shade(
        Shape(strands, hair.bounds), frame, (0.8, 0.78, 0.76), 0.5, softness=0.5, within=mask
    )
    shine = ellipse(-0.2 + cut.parting, -0.85, 0.42, 0.1)
    canvas.shade(shine, frame, (1.35, 1.33, 1.3), 0.8, softness=0.3, within=mask)
    return mask


def _cap(sitter, cut):
    width = sitter.width + cut.volume
    skull = ellipse(0.0, -0.2, width, 0.8 + cut.volume * 1.3)

    def curls(x, y, pick):
        edge = skull.distance(x, y, pick)
        return edge - pick(cut.curly) * 0.07 * ripple(x * 2.7 + 0.3) * ripple(y * 2.9)

    left, top, right, bottom = skull.bounds
    outer = Shape(curls, (left - 0.1, top - 0.1, right + 0.1, bottom))

    def below_line(x, y, pick):
        square = (x / pick(width)) ** 2
        bald = pick(cut.bald)
        steep = (1 - bald) * square * (0.5 + 0.5 * square) + bald * square * square * square
        start = pick(cut.line_y)
        edge = start + (pick(cut.side_y) - start) * steep
        edge += pick(cut.parting) * x * (1 - square)
        edge += pick(cut.teeth) * (ripple(x * 3.5) - 0.5) * (1 - square)
        return y - edge

    return overlap(outer, Shape(below_line, outer.bounds))


def _draw_locks(canvas, sitter, cut):
    """Strands in front of the ears, for long hair."""
    dice, frame = sitter.dice, sitter.head
    x = sitter.width * 0.99
    reach = np.where(cut.has("long") > 0, dice.uniform(0.6, 1.3), dice.uniform(0.4, 0.75))
    lock = both_sides(line(x, -0.3, x + 0.05, reach, 0.13, 0.1))
    canvas.paint(lock, frame, sitter.hair * 0.93, cut.has("bob", "long") * dice.happens(0.75))


def draw_beard(canvas, sitter, mask):
    """Stubble, mustache or full beard, on some grown men."""
    cues, dice, frame = sitter.cues, sitter.dice, sitter.face
    wish = dice.uniform()
    can = np.clip(cues.beard, 0, 1) * (1 - sitter.woman)
    full = can * (wish < 0.22)
    stubble = 0.3 * can * ((wish >= 0.22) & (wish < 0.45))
    mustache = can * ((wish < 0.20) | (wish >= 0.92))
    long = dice.uniform(0.0, 0.16)
    mouth = sitter.mouth_y
    chin = ellipse(0.0, sitter.chin - 0.42 + long / 2, sitter.jaw + 0.04, 0.44 + long)
    free = union(
        ellipse(0.0, mouth - 0.42, sitter.jaw * 0.86, 0.48),
        ellipse(0.0, mouth, sitter.mouth_width * 1.02, 0.075),
    )
    beard = without(chin, free)
    canvas.paint(beard, frame, sitter.beard * 0.9, 0.94 * full)
    canvas.paint(beard, frame, sitter.beard * 0.7, stubble, softness=0.08, within=mask)
    lip = both_sides(line(0.03, mouth - 0.13, sitter.mouth_width * 1.0, mouth - 0.06, 0.05, 0.025))
    canvas.paint(lip, frame, sitter.beard * 0.85, 0.94 * mustache)
    canvas.shade(lip, frame, LINE, 0.4 * stubble)
