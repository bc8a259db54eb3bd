"""NYUD2-DIR: depth from an image, 50,688 training images, encoder-decoder. Hours on a GPU.

Unpack the NYU v2 archive that the published code links to into `--data-dir`, so that
`nyu2_train.csv`, `nyu2_test.csv` and the folders they name lie there. Errors are reported by
the shot of every pixel's depth.

    python examples/nyud2_dir.py --data-dir data/nyud2 --method VANILLA "INV + LDS + FDS"
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras_ranksim as kr
from keras_ranksim.experiments import command_line


def nyud2_dir(flags):
    return kr.data.load_nyud2_dir(flags.data_dir)


if __name__ == "__main__":
    command_line.main(nyud2_dir, description=__doc__)
