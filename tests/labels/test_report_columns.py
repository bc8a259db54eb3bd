"""The table of report columns agrees with the reports themselves."""

import numpy as np
import pytest

import keras_ranksim as kr
from keras_ranksim.labels.report_columns import (
    DEPTH_REPORT,
    REPORT_COLUMNS,
    RUN_REPORT,
    SHOT_REPORT,
    best_of,
    column_of_monitor,
)

BINS = kr.LabelBins.uniform(0, 10, 1)


def test_every_column_of_both_reports_is_in_the_table():
    report = kr.shot_report([1, 2], [1, 3], [1, 2, 2], BINS)
    depth = kr.labels.depth_report([[[1.0]]], [[[2.0]]], BINS.count([1.0]), BINS)
    assert report.columns.tolist() == ["n", *SHOT_REPORT]
    assert depth.columns.tolist() == ["n", *DEPTH_REPORT]
    assert set(REPORT_COLUMNS) == {"n", *RUN_REPORT, *DEPTH_REPORT}
    of_runs = kr.shot_report([1, 2], [1, 3], [1, 2, 2], BINS, sera=True)
    assert of_runs.columns.tolist() == ["n", *RUN_REPORT]


@pytest.mark.parametrize("name", [*SHOT_REPORT, *DEPTH_REPORT])
def test_a_perfect_model_has_the_best_value_of_every_column(name):
    labels = np.array([1.0, 2, 3, 4])
    columns = []
    for predictions in (labels, labels[::-1] + 2):
        if name in SHOT_REPORT:
            report = kr.shot_report(labels, predictions, labels, BINS)
        else:
            maps = (values.reshape(1, 2, 2) for values in (labels, predictions))
            report = kr.labels.depth_report(*maps, BINS.count(labels), BINS)
        columns.append(report.loc["all", name])
    assert columns[0] != columns[1]
    assert best_of(columns, name) == columns[0]


def test_a_monitor_means_the_column_of_its_name_or_the_one_that_stands_for_it():
    assert column_of_monitor("val_mse", SHOT_REPORT) == "mse"
    assert column_of_monitor("val_mse", DEPTH_REPORT) == "rmse"
    assert column_of_monitor("mae", DEPTH_REPORT) == "mae"
    assert column_of_monitor("val_loss", SHOT_REPORT) == "mae"
    with pytest.raises(ValueError, match=r"`monitor` must name one of.*rmse.*monitor='val_gm'"):
        column_of_monitor("val_gm", DEPTH_REPORT)


def test_the_best_of_nothing_is_nan():
    assert np.isnan(best_of([np.nan, np.inf], "mae"))
