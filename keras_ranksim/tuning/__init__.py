"""Hyperparameter search with KerasTuner: `pip install 'keras_ranksim[tuning]'`."""

from keras_ranksim.tuning.hypermodel import RankSimHyperModel
from keras_ranksim.tuning.result import SearchResult
from keras_ranksim.tuning.search import search
from keras_ranksim.tuning.space import ranksim_space

__all__ = ["RankSimHyperModel", "SearchResult", "ranksim_space", "search"]
