"""The drawing of portraits, in NumPy alone."""

from keras_ranksim.data.drawing.portrait import draw_people

__all__ = ["draw_people"]
