"""What does my model do to rare labels? Two models on drawn portraits, in under four minutes.

Draws 4,000 small portraits of people aged 0 to 100: many around thirty, few children and few
old people, and nobody from 61 to 66. Trains a network as usual (VANILLA), and the same one with
label distribution smoothing and RankSim, and prints the test error on labels that were frequent
(many), rare (few) and absent (zero) in training. Nothing is downloaded.

    python examples/portraits.py
    python examples/portraits.py --method "SQINV + LDS" "RRT + RANKSIM" --output-dir runs/mine
    python examples/portraits.py --table --resume
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras_ranksim as kr
from keras_ranksim.experiments import command_line


def portraits(flags):
    small = {"train_samples": 600, "evaluation_per_age": 2} if flags.quick else {}
    return kr.data.load_portraits(cache_dir=flags.data_dir, **small)


if __name__ == "__main__":
    command_line.main(
        portraits,
        description=__doc__,
        methods=("VANILLA", "SQINV + LDS + RANKSIM"),
        needs_data=False,
    )
