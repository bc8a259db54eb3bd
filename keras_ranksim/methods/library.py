"""The library's methods, bases first, in the order of the papers' tables and of spellings."""

from keras_ranksim.methods.boosting import BOOSTING
from keras_ranksim.methods.losses import BMSE, DIST, FOCAL_R, UVOTE
from keras_ranksim.methods.mixing import CMIXUP
from keras_ranksim.methods.registry import Entry, entries, register
from keras_ranksim.methods.regularizers import CONR, FDS, RANKSIM, RNC
from keras_ranksim.methods.two_stage import PRETRAIN, RRT
from keras_ranksim.methods.weighting import DENSE, INV, LDS, POWER, SQINV

VANILLA = Entry("VANILLA", "training as usual", base=True)

BASES = (VANILLA, FOCAL_R, RRT, SQINV, INV, POWER, DENSE, BMSE, BOOSTING, UVOTE, PRETRAIN)
ADDITIONS = (LDS, FDS, RANKSIM, CONR, RNC, DIST, CMIXUP)

LIBRARY = {entry.name: register(entry) for entry in (*BASES, *ADDITIONS)}


def own_entries() -> list[Entry]:
    """The entries that were registered by the user, in place of the library's or beside them."""
    return [entry for entry in entries() if is_own(entry)]


def is_own(entry: Entry) -> bool:
    """Whether the user registered it."""
    return entry is not LIBRARY.get(entry.name)
