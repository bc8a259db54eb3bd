"""Methods of two stages: the second trains the regression layer alone."""

from keras_ranksim.methods.registry import Entry, Stage
from keras_ranksim.models.two_stage import prepare_second_stage


def _prepare(model, regressor, learning_rate, loss):
    prepare_second_stage(model, regressor, loss=loss, learning_rate=learning_rate)


SECOND = Stage(prepare=_prepare, note="in the second stage, of the regression layer alone: ")
RRT = Entry(
    "RRT",
    "two stages; the second trains the regression layer alone, with weights",
    base=True,
    settings="weights",
    weights=lambda recipe, arguments: dict(recipe.weights),
    stages=(Stage(weighted=False, loss=lambda benchmark: benchmark.recipe.loss), SECOND),
)
PRETRAIN = Entry(
    "PRETRAIN",
    "two stages; the first learns features from the terms of RNC or RANKSIM alone",
    base=True,
    stages=(Stage(weighted=False, loss=lambda benchmark: None, monitor="loss"), SECOND),
    needs=("RNC", "RANKSIM"),
)
