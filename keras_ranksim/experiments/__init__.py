"""Methods x benchmarks x seeds: runs, tables of them, and the published tables beside them."""

from keras_ranksim.experiments.evaluation import evaluate
from keras_ranksim.experiments.method import Method
from keras_ranksim.experiments.model import build_model
from keras_ranksim.experiments.published import published_table
from keras_ranksim.experiments.run import Result, run
from keras_ranksim.experiments.shot_board import ShotBoard
from keras_ranksim.experiments.table import Table, run_table

__all__ = [
    "Method",
    "Result",
    "ShotBoard",
    "Table",
    "build_model",
    "evaluate",
    "published_table",
    "run",
    "run_table",
]
