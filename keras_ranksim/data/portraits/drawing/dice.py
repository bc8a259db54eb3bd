"""Random numbers for many people at once, each from a stream of their own."""

from collections.abc import Iterable, Sequence

import numpy as np

NUMBERS = 128


class Dice:
    """Draws traits for a batch of people, independent of who else is in the batch.

    Every call uses one number of each person's stream, so the order of the calls in the
    code decides which number becomes which trait.

    Args:
        streams: One sequence of whole numbers per person, the seed of their stream.

    Example:

    >>> from keras_ranksim.data.portraits.drawing.dice import Dice
    >>> together, alone = Dice([(0, 0, 1), (0, 0, 2)]), Dice([(0, 0, 2)])
    >>> bool(together.normal()[1] == alone.normal()[0])
    True
    """

    def __init__(self, streams: Iterable[Sequence[int]]):
        self._generators = [np.random.default_rng(list(stream)) for stream in streams]
        self._uniform = np.stack([draw.random(NUMBERS) for draw in self._generators])
        self._normal = np.stack([draw.standard_normal(NUMBERS) for draw in self._generators])
        self._used = {"uniform": 0, "normal": 0}

    def __len__(self):
        return len(self._generators)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> np.ndarray:
        """One number per person, uniform between `low` and `high`."""
        return low + (high - low) * self._next("uniform", self._uniform)

    def normal(self, spread: float = 1.0, most: float = 2.5) -> np.ndarray:
        """One number per person, normal around 0, clipped at `most` spreads."""
        return spread * np.clip(self._next("normal", self._normal), -most, most)

    def happens(self, probability) -> np.ndarray:
        """One boolean per person, true with this probability."""
        return self.uniform() < probability

    def grain(self, size: int) -> np.ndarray:
        """A field of numbers in [-1, 1) per person, shape `(people, size, size)`."""
        grain = np.empty((len(self), size, size), dtype="float32")
        for draw, field in zip(self._generators, grain):
            draw.random(out=field, dtype="float32")
        grain *= 2
        grain -= 1
        return grain

    def _next(self, kind, numbers):
        column = self._used[kind]
        if column == NUMBERS:
            raise RuntimeError(f"More than NUMBERS={NUMBERS} {kind} numbers per person were drawn")
        self._used[kind] += 1
        return numbers[:, column]
