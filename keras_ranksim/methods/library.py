"""The library's methods, bases first, in the order of the papers' tables and of spellings."""

from keras_ranksim.methods.boosting import BOOSTING
from keras_ranksim.methods.losses import BMSE, DIST, FOCAL_R, UVOTE
from keras_ranksim.methods.mixing import CMIXUP
from keras_ranksim.methods.registry import Entry, register
from keras_ranksim.methods.regularizers import CONR, FDS, RANKSIM, RNC
from keras_ranksim.methods.two_stage import PRETRAIN, RRT
from keras_ranksim.methods.weighting import DENSE, INV, LDS, POWER, SQINV

VANILLA = Entry("VANILLA", "training as usual", base=True)

BASES = (VANILLA, FOCAL_R, RRT, SQINV, INV, POWER, DENSE, BMSE, BOOSTING, UVOTE, PRETRAIN)
ADDITIONS = (LDS, FDS, RANKSIM, CONR, RNC, DIST, CMIXUP)

for entry in (*BASES, *ADDITIONS):
    register(entry)
