"""The drawing of portraits, in NumPy alone."""

from keras_ranksim.data.portraits.drawing.portrait import draw_people

__all__ = ["draw_people"]
