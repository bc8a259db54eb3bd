"""UTKFace: age from a real face, 19,746 training images, a small ResNet. Minutes on two cores.

`--data-dir` is the folder or the zip of the aligned and cropped images, which the authors of
UTKFace give away for research. Training, validation and test share no copy of an image.

    python examples/utkface.py --data-dir UTKFace.zip --method "SQINV + LDS"
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras_ranksim as kr
from keras_ranksim.experiments import command_line


def utkface(flags):
    return kr.data.load_utkface(flags.data_dir)


if __name__ == "__main__":
    command_line.main(utkface, description=__doc__)
