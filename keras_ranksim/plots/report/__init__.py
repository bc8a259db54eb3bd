"""The report page: self-contained HTML that opens offline, for a run and for a table."""

from keras_ranksim.plots.report.leave import leave_report
from keras_ranksim.plots.report.run_report import write_run_report
from keras_ranksim.plots.report.table_report import main_methods, write_table_report

__all__ = ["leave_report", "main_methods", "write_run_report", "write_table_report"]
