"""Report pages: self-contained HTML, made from the folder of a finished run or table."""

from keras_ranksim.experiments.report.write import write_report

__all__ = ["write_report"]
