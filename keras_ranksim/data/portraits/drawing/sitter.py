"""The people who sit for a portrait: looks that are independent of age, and their pose."""

import numpy as np

from keras_ranksim.data.portraits.drawing import colors
from keras_ranksim.data.portraits.drawing.aging import Cues
from keras_ranksim.data.portraits.drawing.canvas import Frame
from keras_ranksim.data.portraits.drawing.shapes import both_sides, ellipse, union


class Sitter:
    """A batch of people: their cues of age, their own looks, their pose.

    Args:
        ages: Ages in years, one per person.
        dice: The people's `Dice`; the sitter's numbers are drawn first.
        size: Pixels per side of the picture.
    """

    def __init__(self, ages, dice, size: int):
        self.dice = dice
        self.cues = Cues(ages, dice)
        self.woman = dice.happens(0.5).astype("float32")
        self.manly = (1 - self.woman) * self.cues.maturity
        self.womanly = self.woman * self.cues.maturity
        self._choose_colors()
        self._choose_build()
        self._pose(size)

    def _choose_colors(self):
        dice = self.dice
        depth = np.clip(dice.uniform() ** 1.3, 0, 1)
        self.skin = colors.along(colors.SKIN, depth)
        self.skin *= 1 + np.stack([dice.normal(0.015) for _ in range(3)], axis=-1)
        self.skin_depth = depth.astype("float32")
        dark = dice.happens(0.25 + 1.4 * depth)
        natural = np.where(
            dark[:, None],
            colors.along(colors.DARK_HAIR, dice.uniform()),
            colors.along(colors.LIGHT_HAIR, dice.uniform()),
        )
        gray = colors.along(colors.GRAY_HAIR, dice.uniform())
        self.natural_hair = natural
        dyed = dice.happens(0.25 * self.womanly)
        self.hair = colors.mixed(natural, gray, np.where(dyed, 0, self.cues.gray))
        self.beard = colors.mixed(natural * 0.9, gray, self.cues.gray)
        bright = colors.from_hue(dice.uniform(), 0.6, 0.75)
        self.hair = np.where(dice.happens(0.03)[:, None], bright, self.hair)
        self.eyes = np.where(
            dark[:, None],
            colors.along(colors.EYES[:3], dice.uniform()),
            colors.along(colors.EYES, dice.uniform()),
        )

    def _choose_build(self):
        dice, cues = self.dice, self.cues
        self.width = cues.head_width * (1 + dice.normal(0.04))
        jaw = cues.jaw_width * (1 + dice.normal(0.05) + 0.05 * self.manly - 0.05 * self.womanly)
        self.jaw = np.minimum(jaw, self.width - 0.04)
        self.chin = cues.chin + dice.normal(0.025)
        self.eye_y = cues.eye_height + dice.normal(0.02)
        below_eyes = self.chin - self.eye_y
        self.eye_x = 0.46 * self.width * (1 + dice.normal(0.05))
        self.eye_width = 0.2 * cues.eye_size * (1 + dice.normal(0.06) + 0.05 * self.womanly)
        opened = 0.46 + 0.34 * cues.eye_round + dice.normal(0.03)
        self.eye_height = self.eye_width * opened * (1 - 0.42 * np.clip(cues.lid_droop, 0, 1))
        self.nose_y = self.eye_y + (0.30 + 0.08 * cues.nose + dice.normal(0.02)) * below_eyes
        self.mouth_y = self.eye_y + (0.655 + dice.normal(0.02)) * below_eyes
        self.mouth_width = 0.25 * cues.mouth_width * (1 + dice.normal(0.1))
        self.smile = np.clip(0.75 + dice.normal(0.5), -0.5, 1.6)

    def _pose(self, size):
        dice, cues = self.dice, self.cues
        zoom = cues.head_size * np.exp(dice.normal(0.06))
        x, y = dice.normal(0.07), -0.06 + dice.normal(0.05) + 0.06 * cues.stoop
        tilt, turn = dice.normal(0.11), dice.normal(0.06)
        self.turn = turn
        self.head = Frame(size, x, y, zoom, tilt)
        self.face = Frame(size, x, y, zoom, tilt, turn)
        self.body = Frame(size, x - turn * 0.5, y, zoom, 0.25 * tilt)

    def head_shape(self):
        """The outline of the bald head, in the frame `head`."""
        cues = self.cues
        skull = ellipse(0.0, -0.2, self.width, 0.8)
        middle = 0.24
        jaw = ellipse(0.0, middle, self.jaw, self.chin - middle)
        cheeks = both_sides(
            ellipse(self.jaw * 0.6, 0.45, 0.16 + 0.16 * cues.cheeks, 0.16 + 0.16 * cues.cheeks)
        )
        jowls = both_sides(
            ellipse(self.jaw * 0.62, 0.64, 0.1 + 0.12 * cues.jowls, 0.1 + 0.14 * cues.jowls)
        )
        return union(union(skull, jaw, 0.3), union(cheeks, jowls), 0.16)

    @property
    def shoulder_y(self):
        """Height of the shoulders, in the frame `body`."""
        return self.chin + 0.1 + 0.2 * self.cues.maturity - self.cues.stoop
