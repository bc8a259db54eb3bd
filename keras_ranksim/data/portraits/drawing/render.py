"""Many portraits, drawn in chunks on all cores."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from keras_ranksim.data.portraits.drawing.portrait import draw_people
from keras_ranksim.progress_bar import ProgressBar

CHUNK = 64
PATIENCE = 2.0  # seconds


def render(
    ages,
    streams: Sequence[Sequence[int]],
    size: int = 64,
    verbose: bool = True,
    chunk: int = CHUNK,
) -> np.ndarray:
    """Draws any number of people, as `draw_people` does.

    NumPy releases Python's lock, so threads share the chunks. The pictures depend neither on the
    chunks nor on the threads.

    Args:
        ages, streams, size: As in `draw_people`.
        verbose: Whether to show a progress bar if drawing takes more than two seconds.
        chunk: People drawn together.

    Returns:
        A uint8 array of shape `(people, size, size, 3)`.
    """
    pictures = np.empty((len(ages), size, size, 3), dtype="uint8")
    starts = range(0, len(ages), chunk)

    def draw(start):
        part = slice(start, start + chunk)
        pictures[part] = draw_people(ages[part], streams[part], size)
        return min(start + chunk, len(ages))

    bar = ProgressBar(len(ages), unit_name="portrait", verbose=int(verbose), patience=PATIENCE)
    with ThreadPoolExecutor(_usable_cores()) as pool:
        for drawn in pool.map(draw, starts):
            bar.update(drawn)
    return pictures


def _usable_cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
