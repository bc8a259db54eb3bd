"""Finding gamma and lambda with KerasTuner: `pip install 'keras_ranksim[tuning]'`.

KerasTuner is imported when a search starts, not before.
"""

from keras_ranksim.tuning.objective import balanced_error
from keras_ranksim.tuning.result import SearchResult
from keras_ranksim.tuning.search import search
from keras_ranksim.tuning.space import ranksim_space

__all__ = ["SearchResult", "balanced_error", "ranksim_space", "search"]
