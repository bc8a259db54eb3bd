"""Colors of skin, hair, eyes, clothes and walls."""

import numpy as np


def mixed(first, second, part) -> np.ndarray:
    """Colors between `first` (part 0) and `second` (part 1)."""
    part = np.asarray(part, "float32")[..., None]
    return np.asarray(first, "float32") * (1 - part) + np.asarray(second, "float32") * part


def from_hue(hue, saturation, value) -> np.ndarray:
    """Colors of a hue from 0 to 1 around the wheel; arrays of one number per person."""
    sector = np.stack([(5 + hue * 6) % 6, (3 + hue * 6) % 6, (1 + hue * 6) % 6], axis=-1)
    falling = np.clip(np.minimum(sector, 4 - sector), 0, 1)
    saturation, value = np.asarray(saturation)[..., None], np.asarray(value)[..., None]
    return (value * (1 - saturation * falling)).astype("float32")


def along(palette, part) -> np.ndarray:
    """Colors at the position `part` (0 to 1) of a row of colors."""
    palette = np.asarray(palette, "float32")
    steps = np.linspace(0, 1, len(palette))
    return np.stack([np.interp(part, steps, column) for column in palette.T], axis=-1).astype(
        "float32"
    )


SKIN = (
    (1.00, 0.88, 0.78),
    (0.98, 0.81, 0.68),
    (0.93, 0.72, 0.56),
    (0.82, 0.60, 0.43),
    (0.66, 0.45, 0.31),
    (0.52, 0.35, 0.24),
    (0.40, 0.27, 0.20),
)

DARK_HAIR = ((0.09, 0.08, 0.09), (0.17, 0.12, 0.10), (0.27, 0.17, 0.12))

LIGHT_HAIR = (
    (0.24, 0.16, 0.11),
    (0.40, 0.26, 0.16),
    (0.60, 0.42, 0.24),
    (0.85, 0.68, 0.40),
    (0.93, 0.82, 0.58),
    (0.68, 0.30, 0.14),
)

GRAY_HAIR = ((0.62, 0.62, 0.64), (0.78, 0.78, 0.79), (0.93, 0.92, 0.90))

EYES = (
    (0.25, 0.15, 0.09),
    (0.36, 0.22, 0.12),
    (0.45, 0.36, 0.18),
    (0.28, 0.46, 0.34),
    (0.27, 0.45, 0.66),
    (0.42, 0.52, 0.58),
)
