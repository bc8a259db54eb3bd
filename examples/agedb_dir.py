"""AgeDB-DIR: age from a face, 12,208 training images, ResNet-50 from scratch. Hours on a GPU.

The images come on request from the authors of AgeDB; unpack them so that `AgeDB/` lies in
`--data-dir`. The split file is fetched if it is not there. The table printed has the published
numbers beside it.

    python examples/agedb_dir.py --data-dir data/agedb
    python examples/agedb_dir.py --data-dir data/agedb --method "SQINV + LDS + FDS + RANKSIM"
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras_ranksim as kr
from keras_ranksim.experiments import command_line


def agedb_dir(flags):
    return kr.data.load_agedb_dir(flags.data_dir, download=True)


if __name__ == "__main__":
    command_line.main(agedb_dir, description=__doc__)
