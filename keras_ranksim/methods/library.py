"""The library's methods, bases first, in the order of the papers' tables and of spellings."""

from keras_ranksim.methods.boosting import BOOSTING
from keras_ranksim.methods.losses import BMSE, FOCAL_R
from keras_ranksim.methods.mixing import CMIXUP
from keras_ranksim.methods.registry import Entry, register
from keras_ranksim.methods.regularizers import CONR, FDS, RANKSIM
from keras_ranksim.methods.two_stage import RRT
from keras_ranksim.methods.weighting import DENSE, INV, LDS, POWER, SQINV

VANILLA = Entry("VANILLA", "training as usual", base=True)

for entry in (
    VANILLA,
    FOCAL_R,
    RRT,
    SQINV,
    INV,
    POWER,
    DENSE,
    BMSE,
    BOOSTING,
    LDS,
    FDS,
    RANKSIM,
    CONR,
    CMIXUP,
):
    register(entry)
