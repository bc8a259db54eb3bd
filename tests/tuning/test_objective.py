"""What trials are judged by."""

import pandas as pd
import pytest

import keras_ranksim as kr
from keras_ranksim.tuning.objective import Objective

REPORT = pd.DataFrame(
    {"n": [9, 5, 0, 3, 1], "mae": [1.0, 2.0, float("nan"), 4.0, 9.0], "mse": [1.0, 4, 0, 16, 81]},
    index=["all", "many", "medium", "few", "zero"],
)


def test_the_balanced_error_is_the_mean_over_the_shots_that_have_samples():
    assert kr.tuning.balanced_error(REPORT) == (2 + 4 + 9) / 3
    assert kr.tuning.balanced_error(REPORT, "mse") == (4 + 16 + 81) / 3


def test_the_default_takes_the_metric_of_the_recipe():
    objective = Objective.of(None, "min", "val_mse")
    assert objective.name == "balanced val_mse"
    assert objective.value({}, REPORT) == (4 + 16 + 81) / 3


def test_dense_reports_hold_the_root_of_the_squared_error():
    objective = Objective.of(None, "min", "val_mse")
    assert objective.value({}, REPORT.rename(columns={"mse": "rmse"})) == (4 + 16 + 81) / 3


def test_functions_and_logged_values_are_objectives():
    def few_error(report):
        return report.loc["few", "mae"]

    objective = Objective.of(few_error, "min")
    assert (objective.name, objective.value({}, REPORT)) == ("few_error", 4.0)
    objective = Objective.of("val_gm", "max")
    assert objective.value({"val_gm": 3.0}) == 3.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, "max"), "`direction` must be 'min' for the default"),
        ((None, "least"), "`direction` must be one of 'min', 'max'"),
        (("loss", "min"), "`objective` must be a validation value"),
        ((3, "min"), "`objective` must be a function"),
    ],
)
def test_what_is_no_objective_is_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        Objective.of(*arguments)


def test_an_unknown_logged_value_and_an_infinite_one_are_told():
    with pytest.raises(ValueError, match=r"must be one of the logged values \['val_mae'\]"):
        Objective.of("val_gm", "min").value({"val_mae": 1.0})
    with pytest.raises(ValueError, match="must be finite. Received: val_gm=nan"):
        Objective.of("val_gm", "min").value({"val_gm": float("nan")})
