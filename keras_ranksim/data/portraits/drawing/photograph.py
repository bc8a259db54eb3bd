"""From painting to photograph: light, color cast, blur and grain."""

import numpy as np

from keras_ranksim.data.portraits.drawing.shapes import Shape


def photograph(canvas, sitter, skin) -> np.ndarray:
    """Photographs the painting; `skin` is the mask of the head.

    Returns:
        uint8 pictures of shape `(people, size, size, 3)`.
    """
    dice, planes = sitter.dice, canvas.planes
    _roughen_skin(canvas, sitter, skin)
    _light(canvas, sitter)
    exposure, contrast = np.exp(dice.normal(0.1)), 1 + dice.normal(0.1)
    for channel in range(3):
        cast = 1 + dice.normal(0.04)
        gain = (exposure * contrast * cast).astype("float32")[:, None, None]
        planes[channel] *= gain
        planes[channel] += (0.45 * (1 - contrast)).astype("float32")[:, None, None]
    blurred = dice.happens(0.35)
    blur = np.where(blurred, np.clip(np.abs(dice.normal(0.5)), 0, 1), 0).astype("float32")
    for _ in range(2):
        _soften(planes, blur, max(1, round(canvas.size / 64)))
    _add_grain(planes, dice, canvas.size)
    np.clip(planes, 0, 1, out=planes)
    planes *= 255
    planes += 0.5
    return np.ascontiguousarray(planes.astype("uint8").transpose(1, 2, 3, 0))


def _roughen_skin(canvas, sitter, skin):
    rough = 0.11 * np.clip(sitter.cues.rough_skin, 0, 1).astype("float32")[:, None, None]
    relief = sitter.dice.grain(canvas.size)
    relief *= skin
    relief *= rough
    relief += 1
    canvas.planes *= relief


def _light(canvas, sitter):
    dice = sitter.dice
    across, down = dice.normal(0.22), dice.normal(0.15)

    def slope(x, y, pick):
        return pick(across) * x + pick(down) * y

    strength = np.abs(across) + np.abs(down)
    everywhere = Shape(slope, (-9.0, -9.0, 9.0, 9.0))
    canvas.shade(everywhere, sitter.body, (0.55, 0.56, 0.6), np.minimum(1.2 * strength, 1), 1.5)


def _soften(planes, blur, reach):
    """Mixes every pixel with its neighbors, one axis after the other."""
    rows = np.flatnonzero(blur > 0)
    share = (blur[rows] / 4)[None, :, None, None]
    for axis in (2, 3):
        sharp = planes[:, rows]
        before, after = sharp.copy(), sharp.copy()
        kept, moved = [slice(None)] * 4, [slice(None)] * 4
        kept[axis], moved[axis] = slice(reach, None), slice(None, -reach)
        before[tuple(kept)], after[tuple(moved)] = sharp[tuple(moved)], sharp[tuple(kept)]
        before += after
        before -= 2 * sharp
        before *= share
        sharp += before
        planes[:, rows] = sharp


def _add_grain(planes, dice, size):
    strength = (0.008 + np.abs(dice.normal(0.02))).astype("float32")[:, None, None]
    common = dice.grain(size)
    for plane in planes:
        grain = dice.grain(size)
        grain *= 0.5
        grain += common
        grain *= strength
        plane += grain
