"""Which real faces train in a stress protocol."""

import numpy as np

from keras_ranksim.data.portraits.age_density import OLDEST, age_density
from keras_ranksim.labels.splits import outside_ranges

SHARE_OF_SHAPE = 0.8


def training_faces(ages, protocol: str, held_out=(), seed: int = 0) -> np.ndarray:
    """Which faces train: all outside the ranges held out, or as many as follow the protocol.

    A stress protocol thins out ages until their counts follow `age_density`. Real ages are too
    uneven to follow it exactly without losing nearly all faces. As many faces are kept as can be
    while no more than a fifth of what the density asks for is missing.

    Args:
        ages: Whole ages from 0 to 100, shape `(faces,)`.
        protocol, held_out: As in `age_density`; `"long_tail"` keeps the ages as they are.
        seed: Seed of the choice.

    Returns:
        A boolean array, one entry per face.

    Example:

    >>> import numpy as np
    >>> from keras_ranksim.data.faces.thinned import training_faces
    >>> ages = np.repeat(np.arange(101), 30)
    >>> kept = training_faces(ages, "extrapolation")
    >>> [int((ages[kept] == age).sum()) for age in (20, 30, 40, 50, 60)]
    [0, 4, 27, 30, 27]
    """
    ages = np.asarray(ages, dtype="int64")
    if protocol == "long_tail":
        return outside_ranges(ages, held_out)
    available = np.bincount(ages, minlength=OLDEST + 1)
    density = age_density(protocol, held_out)
    faces = _most_faces(available, density)
    wanted = np.minimum(available, np.round(faces * density)).astype("int64")
    kept = np.zeros(len(ages), dtype=bool)
    shuffled = np.random.default_rng(seed).permutation(len(ages))
    for age in np.flatnonzero(wanted):
        kept[shuffled[ages[shuffled] == age][: wanted[age]]] = True
    return kept


def _most_faces(available, density):
    """The largest number of faces of which at most a fifth is missing in some ages."""
    sizes = np.arange(1, available.sum() + 1)
    covered = np.zeros(len(sizes))
    for count, share in zip(available, density):
        covered += np.minimum(count, sizes * share)
    enough = np.flatnonzero(covered >= SHARE_OF_SHAPE * sizes)
    return sizes[enough[-1]] if len(enough) else sizes[0]
