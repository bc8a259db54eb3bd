"""A batch of pictures painted shape by shape, each shape only inside its box."""

import numpy as np


class Frame:
    """Coordinates to draw in: those of the picture, moved, scaled and tilted for each person.

    The picture extends from -1 to 1, to the right and downward.

    Args:
        size: Pixels per side.
        x, y: The origin's place in the picture, one number per person.
        scale: Length of the frame's unit in the picture.
        tilt: Angle in radians, clockwise.
        turn: How far a central feature moves sideways as the head turns.
    """

    def __init__(self, size, x, y, scale, tilt, turn=None):
        self.size = size
        self.turn = np.zeros_like(x) if turn is None else np.asarray(turn, "float32")
        self._placing = [np.asarray(value, "float32") for value in (x, y, scale, tilt)]
        x, y, scale, tilt = (value[:, None, None] for value in self._placing)
        middle = ((np.arange(size, dtype="float32") + 0.5) * 2 / size - 1)[None]
        right, down = middle[:, None, :] - x, middle[:, :, None] - y
        cosine, sine = np.cos(tilt) / scale, np.sin(tilt) / scale
        self.x = cosine * right + sine * down
        self.y = cosine * down - sine * right
        if turn is not None:
            self.x -= self.turn[:, None, None]
            self.x *= 1 + self.turn[:, None, None] * self.x
        self.pixel = 2 / size / self._placing[2]

    def window(self, bounds, rows, margin=0.0):
        """Slices of rows and columns that hold a box for every person in `rows`.

        Args:
            bounds: The box, `(left, top, right, bottom)`.
            rows: The people.
            margin: Added all around the box.
        """
        margins = (-margin, -margin, margin, margin)
        left, top, right, bottom = (
            np.broadcast_to(side + more, self.turn.shape)[rows]
            for side, more in zip(bounds, margins)
        )
        x, y, scale, tilt = (value[rows] for value in self._placing)
        turn = self.turn[rows]
        corners = np.stack([[left, right, left, right], [top, top, bottom, bottom]])
        across = 2 * corners[0] / (1 + np.sqrt(np.maximum(1 + 4 * turn * corners[0], 0))) + turn
        cosine, sine = scale * np.cos(tilt), scale * np.sin(tilt)
        picture = x + cosine * across - sine * corners[1], y + sine * across + cosine * corners[1]
        return tuple(self._slice(along) for along in reversed(picture))

    def _slice(self, along):
        first = int((along.min() + 1) / 2 * self.size - 2.5)
        last = int((along.max() + 1) / 2 * self.size + 3.5)
        return slice(max(first, 0), max(min(last, self.size), 0))


class Canvas:
    """Pictures being painted, as three planes of shape `(people, size, size)`, 0 to 1.

    Args:
        count: Number of pictures.
        size: Pixels per side.
    """

    def __init__(self, count: int, size: int):
        self.count, self.size = count, size
        self.planes = np.zeros((3, count, size, size), dtype="float32")

    def paint(self, shape, frame, color, opacity=1.0, softness=0.0, within=None):
        """Covers a shape with a color.

        Args:
            shape: The `Shape` to fill.
            frame: The frame of its coordinates.
            color: One color, or one per person, components 0 to 1.
            opacity: 0 to 1, one number or one per person; 0 costs no time.
            softness: Width of the edge beyond one pixel, in units of the frame.
            within: Optional mask from `mask`, outside which nothing is painted.
        """
        color = np.broadcast_to(np.asarray(color, "float32"), (self.count, 3))

        def cover(plane, mask, channel, rows):
            mask = mask * (color[rows, channel, None, None] - plane)
            plane += mask

        self._apply(cover, shape, frame, opacity, softness, within)

    def shade(self, shape, frame, tint, opacity=1.0, softness=0.0, within=None):
        """Multiplies the picture under a shape by `tint`; other arguments as in `paint`."""
        tint = np.broadcast_to(np.asarray(tint, "float32"), (self.count, 3))

        def multiply(plane, mask, channel, rows):
            plane *= 1 + mask * (tint[rows, channel, None, None] - 1)

        self._apply(multiply, shape, frame, opacity, softness, within)

    def fill(self, mask, color):
        """Covers the pixels of a mask from `mask` with a color."""
        color = np.broadcast_to(np.asarray(color, "float32"), (self.count, 3))
        for plane, component in zip(self.planes, color.T):
            part = component[:, None, None] - plane
            part *= mask
            plane += part

    def mask(self, shape, frame) -> np.ndarray:
        """How much of each pixel a shape covers, shape `(people, size, size)`."""
        mask = np.zeros((self.count, self.size, self.size), dtype="float32")
        rows = np.arange(self.count)
        window = frame.window(shape.bounds, rows)
        mask[:, *window] = _coverage(shape, frame, slice(None), window, 0.0)
        return mask

    def _apply(self, change, shape, frame, opacity, softness, within):
        opacity = np.broadcast_to(np.asarray(opacity, "float32"), (self.count,))
        rows = np.flatnonzero(opacity > 0)
        if len(rows) == 0:
            return
        window = frame.window(shape.bounds, rows, margin=1.25 * softness)
        if any(part.stop <= part.start for part in window):
            return
        everybody = len(rows) == self.count
        rows = slice(None) if everybody else rows
        mask = _coverage(shape, frame, rows, window, softness)
        mask *= opacity[rows, None, None]
        if within is not None:
            mask *= within[rows, *window]
        for channel in range(3):
            plane = self.planes[channel][rows, *window]
            change(plane, mask, channel, rows)
            if not everybody:
                self.planes[channel][rows, *window] = plane


def _coverage(shape, frame, rows, window, softness):
    def pick(value):
        value = np.asarray(value, "float32")
        return value if value.ndim == 0 else value[rows, None, None]

    distance = shape.distance(frame.x[rows, *window], frame.y[rows, *window], pick)
    softness = np.asarray(softness, "float32")
    mask = distance * (-1 / (pick(frame.pixel) + pick(softness)))
    mask += 0.5
    np.clip(mask, 0, 1, out=mask)
    if softness.ndim or softness > 0:
        mask *= mask * (3 - 2 * mask)
    return mask
