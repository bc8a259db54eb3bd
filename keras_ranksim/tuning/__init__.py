"""Finding gamma and lambda with KerasTuner: `pip install 'keras_ranksim[tuning]'`.

KerasTuner is imported when a search starts, not before.
"""

from keras_ranksim.tuning.objective import balanced_error
from keras_ranksim.tuning.result import SearchResult
from keras_ranksim.tuning.search import search
from keras_ranksim.tuning.space import ranksim_space
from keras_ranksim.validation import optional_package

__all__ = ["RankSimHyperModel", "SearchResult", "balanced_error", "ranksim_space", "search"]


def __getattr__(name):
    if name == "RankSimHyperModel":
        optional_package("keras_tuner", "tuning")
        from keras_ranksim.tuning.hypermodel import RankSimHyperModel

        return RankSimHyperModel
    raise AttributeError(f"module 'keras_ranksim.tuning' has no attribute '{name}'")
