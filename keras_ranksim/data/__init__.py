"""The benchmarks as `tf.data`, all returned as the same `Benchmark` object."""

from keras_ranksim.data.arrays.loader import load_arrays
from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.depth.nyud2_dir import load_nyud2_dir
from keras_ranksim.data.depth.view import DepthView
from keras_ranksim.data.faces.agedb_dir import load_agedb_dir
from keras_ranksim.data.faces.imdb_wiki_dir import load_imdb_wiki_dir
from keras_ranksim.data.faces.utkface import load_utkface
from keras_ranksim.data.image_tables.loader import load_images
from keras_ranksim.data.image_tables.new_images import read_images
from keras_ranksim.data.mixup import c_mixup
from keras_ranksim.data.portraits.loader import load_portraits
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.data.records import read_records, write_records
from keras_ranksim.data.sentences.sts_b_dir import load_sts_b_dir
from keras_ranksim.data.tables.encoder import TableEncoder
from keras_ranksim.data.tables.loader import load_table

__all__ = [
    "Benchmark",
    "DepthView",
    "Recipe",
    "TableEncoder",
    "c_mixup",
    "load_agedb_dir",
    "load_arrays",
    "load_images",
    "load_imdb_wiki_dir",
    "load_nyud2_dir",
    "load_portraits",
    "load_sts_b_dir",
    "load_table",
    "load_utkface",
    "read_images",
    "read_records",
    "write_records",
]
