"""Methods x benchmarks x seeds: runs, tables of them, pages, and the published tables."""

from keras_ranksim.experiments.artifacts.bin_statistics import BinStatistics
from keras_ranksim.experiments.artifacts.embeddings import embedding_model
from keras_ranksim.experiments.ensembles import ensemble
from keras_ranksim.experiments.evaluation import evaluate
from keras_ranksim.experiments.model import build_model
from keras_ranksim.experiments.price_curve import price_curve, price_points
from keras_ranksim.experiments.published import published_table
from keras_ranksim.experiments.report import write_report
from keras_ranksim.experiments.result import Failure, Result
from keras_ranksim.experiments.run import run
from keras_ranksim.experiments.run_table import run_table
from keras_ranksim.experiments.shot_board import ShotBoard
from keras_ranksim.experiments.table import Table
from keras_ranksim.methods.method import Method

__all__ = [
    "BinStatistics",
    "Failure",
    "Method",
    "Result",
    "ShotBoard",
    "Table",
    "build_model",
    "embedding_model",
    "ensemble",
    "evaluate",
    "price_curve",
    "price_points",
    "published_table",
    "run",
    "run_table",
    "write_report",
]
