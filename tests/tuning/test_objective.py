"""What trials are judged by."""

import keras_tuner
import pandas as pd
import pytest

from keras_ranksim.tuning.objective import balanced_error, logged_objective, report_objective

REPORT = pd.DataFrame(
    {"n": [9, 5, 0, 3, 1], "mae": [1.0, 2.0, float("nan"), 4.0, 9.0], "mse": [1.0, 4, 0, 16, 81]},
    index=["all", "many", "medium", "few", "zero"],
)


def test_the_balanced_error_is_the_mean_over_the_shots_that_have_samples():
    assert balanced_error(REPORT) == (2 + 4 + 9) / 3
    assert balanced_error(REPORT, "mse") == (4 + 16 + 81) / 3


def test_the_default_takes_the_metric_of_the_recipe():
    objective, measure = report_objective(None, "val_mse")
    assert (objective.name, objective.direction) == ("balanced val_mse", "min")
    assert measure(REPORT) == (4 + 16 + 81) / 3


def test_dense_reports_hold_the_root_of_the_squared_error():
    _, measure = report_objective(None, "val_mse")
    assert measure(REPORT.rename(columns={"mse": "rmse"})) == (4 + 16 + 81) / 3


def test_a_name_is_the_error_over_all_samples_and_a_function_is_called():
    objective, measure = report_objective("val_mse", "val_mae")
    assert (objective.name, measure(REPORT)) == ("val_mse", 1.0)

    def few_error(report):
        return report.loc["few", "mae"]

    objective, measure = report_objective(few_error, "val_loss")
    assert (objective.name, measure(REPORT)) == ("few_error", 4.0)


def test_a_monitor_that_no_report_has_needs_an_objective():
    with pytest.raises(ValueError, match="`objective` must be given.*monitor='val_loss'"):
        report_objective(None, "val_loss")


@pytest.mark.parametrize("objective", ["loss", 3, "val_pearson"])
def test_what_no_report_has_raises(objective):
    with pytest.raises(
        ValueError, match="`objective` must be one of 'val_mae', 'val_mse', 'val_gm"
    ):
        report_objective(objective, "val_mae")


def test_an_objective_of_keras_tuner_names_a_column_of_the_report():
    objective, measure = report_objective(keras_tuner.Objective("val_gm", "min"), "val_mae")
    assert (objective.name, objective.direction) == ("val_gm", "min")
    report = pd.DataFrame({"n": [2], "mae": [3.0], "gm": [1.5]}, index=["all"])
    assert measure(report) == 1.5
    with pytest.raises(ValueError, match="`objective.direction` must be one of 'min'"):
        report_objective(keras_tuner.Objective("val_gm", "max"), "val_mae")


def test_logged_values_are_minimized_unless_an_objective_says_otherwise():
    data = {"validation_split": 0.1}
    assert str(logged_objective(None, data)) == 'Objective(name="val_loss", direction="min")'
    assert logged_objective("val_gm", data).direction == "min"
    largest = keras_tuner.Objective("val_pearson", "max")
    assert logged_objective(largest, data) is largest
