"""IMDB-WIKI-DIR: age from a face, 191,509 training images, ResNet-50. A day on a GPU.

Fetches the split file and the two archives of faces (about 8 GB, going on where an interrupted
download stopped) into `--data-dir` if they are not there.

    python examples/imdb_wiki_dir.py --data-dir data/imdb_wiki
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras_ranksim as kr
from keras_ranksim.experiments import command_line


def imdb_wiki_dir(flags):
    return kr.data.load_imdb_wiki_dir(flags.data_dir, download=True)


if __name__ == "__main__":
    command_line.main(imdb_wiki_dir, description=__doc__)
