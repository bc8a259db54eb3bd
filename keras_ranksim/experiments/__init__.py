"""Methods x benchmarks x seeds: runs, tables of runs, and report pages."""

from keras_ranksim.experiments.ensembles import ensemble
from keras_ranksim.experiments.evaluation import evaluate
from keras_ranksim.experiments.price_curve import price_curve
from keras_ranksim.experiments.report import write_report
from keras_ranksim.experiments.result import Result
from keras_ranksim.experiments.run import run
from keras_ranksim.experiments.run_table import run_table
from keras_ranksim.experiments.shot_board import ShotBoard
from keras_ranksim.experiments.table import Table
from keras_ranksim.methods.method import Method

__all__ = [
    "Method",
    "Result",
    "ShotBoard",
    "Table",
    "ensemble",
    "evaluate",
    "price_curve",
    "run",
    "run_table",
    "write_report",
]
