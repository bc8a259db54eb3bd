"""A portrait from the wall to the grain of the photograph."""

from collections.abc import Iterable, Sequence

import numpy as np

from keras_ranksim.data.portraits.drawing.accessories import (
    draw_glasses,
    draw_hat,
    draw_headscarf,
    draw_occlusion,
    draw_pacifier,
)
from keras_ranksim.data.portraits.drawing.body import draw_body, draw_wall
from keras_ranksim.data.portraits.drawing.canvas import Canvas
from keras_ranksim.data.portraits.drawing.dice import Dice
from keras_ranksim.data.portraits.drawing.face import (
    draw_brows,
    draw_ears,
    draw_eyes,
    draw_head,
    draw_lines,
    draw_mouth,
    draw_nose,
    draw_skin,
    light_head,
)
from keras_ranksim.data.portraits.drawing.hair import (
    Haircut,
    draw_beard,
    draw_hair,
    draw_hair_behind,
)
from keras_ranksim.data.portraits.drawing.photograph import photograph
from keras_ranksim.data.portraits.drawing.sitter import Sitter


def draw_people(ages, streams: Iterable[Sequence[int]], size: int = 64) -> np.ndarray:
    """Draws one portrait per person.

    Args:
        ages: Ages in years, one per person.
        streams: One sequence of whole numbers per person: the seed of everything about them
            except their age. The same stream at another age is the same person, older.
        size: Pixels per side.

    Returns:
        A uint8 array of shape `(people, size, size, 3)`.

    Example:

    >>> from keras_ranksim.data.portraits.drawing import draw_people
    >>> draw_people([4, 40, 80], [(7,), (7,), (7,)]).shape
    (3, 64, 64, 3)
    """
    dice = Dice(streams)
    canvas, sitter = Canvas(len(dice), size), Sitter(ages, dice, size)
    cut = Haircut(sitter)
    draw_wall(canvas, sitter)
    draw_hair_behind(canvas, sitter, cut)
    draw_body(canvas, sitter)
    draw_ears(canvas, sitter)
    skin = draw_head(canvas, sitter)
    draw_eyes(canvas, sitter, skin)
    draw_lines(canvas, sitter, skin)
    draw_skin(canvas, sitter, skin)
    draw_nose(canvas, sitter)
    draw_mouth(canvas, sitter, skin)
    light_head(canvas, sitter, skin)
    draw_beard(canvas, sitter, skin)
    draw_hair(canvas, sitter, cut)
    draw_brows(canvas, sitter)
    draw_glasses(canvas, sitter)
    draw_hat(canvas, sitter, cut)
    draw_headscarf(canvas, sitter, cut)
    draw_pacifier(canvas, sitter)
    draw_occlusion(canvas, sitter)
    return photograph(canvas, sitter, skin)
