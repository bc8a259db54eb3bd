"""RRT: training as usual, then the regression layer alone, again and with weights."""

from keras_ranksim.methods.registry import Entry, Stage
from keras_ranksim.models.two_stage import prepare_second_stage


def _prepare(model, regressor, learning_rate):
    prepare_second_stage(model, regressor, learning_rate=learning_rate)


RRT = Entry(
    "RRT",
    "two stages; the second trains the regression layer alone, with weights",
    base=True,
    settings="weights",
    weights=lambda recipe, arguments: dict(recipe.weights),
    stages=(
        Stage(weighted=False),
        Stage(prepare=_prepare, note="in the second stage, of the regression layer alone: "),
    ),
)
