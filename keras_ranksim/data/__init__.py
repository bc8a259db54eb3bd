"""The benchmarks as `tf.data`, all returned as the same `Benchmark` object."""

from keras_ranksim.data.arrays.loader import load_arrays
from keras_ranksim.data.benchmark import Benchmark, Network
from keras_ranksim.data.depth.nyud2_dir import load_nyud2_dir
from keras_ranksim.data.depth.view import DepthView
from keras_ranksim.data.faces.agedb_dir import load_agedb_dir
from keras_ranksim.data.faces.imdb_wiki_dir import load_imdb_wiki_dir
from keras_ranksim.data.faces.load_faces import load_faces
from keras_ranksim.data.faces.utkface import load_utkface
from keras_ranksim.data.image_files import check_images
from keras_ranksim.data.image_tables.loader import load_images
from keras_ranksim.data.mixup import c_mixup
from keras_ranksim.data.portraits.loader import load_portraits
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.data.records import read_records, write_records
from keras_ranksim.data.sentences.sts_b_dir import load_sts_b_dir
from keras_ranksim.data.sentences.word_vectors import WordVectors, load_word_vectors
from keras_ranksim.data.splits import DenseSplits, Reading, Splits
from keras_ranksim.data.tables.encoder import TableEncoder
from keras_ranksim.data.tables.loader import load_table

__all__ = [
    "Benchmark",
    "DenseSplits",
    "DepthView",
    "Network",
    "Reading",
    "Recipe",
    "Splits",
    "TableEncoder",
    "WordVectors",
    "c_mixup",
    "check_images",
    "load_agedb_dir",
    "load_arrays",
    "load_faces",
    "load_images",
    "load_imdb_wiki_dir",
    "load_nyud2_dir",
    "load_portraits",
    "load_sts_b_dir",
    "load_table",
    "load_utkface",
    "load_word_vectors",
    "read_records",
    "write_records",
]
