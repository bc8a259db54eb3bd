"""Callback that folds feature statistics between epochs, and counts epochs for layers."""

import keras

from keras_ranksim.keras_internals import all_layers
from keras_ranksim.layers.feature_distribution_smoothing import FeatureDistributionSmoothing
from keras_ranksim.layers.voting_head import VotingHead
from keras_ranksim.models.strategy_scope import strategy_scope


class EpochFold(keras.callbacks.Callback):
    """Folds the statistics of every `FeatureDistributionSmoothing` layer between epochs.

    It also passes the number of the epoch, and of all epochs, to every `VotingHead`.

    It acts when an epoch begins, not when one ends: a checkpoint written at the end of an
    epoch then holds statistics that are still to be folded, and a run resumed from it folds
    them as an uninterrupted run did. Those of an epoch that was interrupted are forgotten, since
    it begins again. `ImbalancedRegressor.fit` puts this callback first; with a
    plain `keras.Model`, pass it as the first callback.

    Example:

    >>> import keras_ranksim as kr
    >>> callbacks = [kr.models.EpochFold()]
    """

    def on_epoch_begin(self, epoch, logs=None):
        with strategy_scope(self.model):
            for layer in all_layers(self.model):
                if isinstance(layer, FeatureDistributionSmoothing) and layer.trainable:
                    layer.begin_epoch()
                elif isinstance(layer, VotingHead):
                    layer.begin_epoch(epoch, (self.params or {}).get("epochs") or epoch + 1)

    def on_epoch_end(self, epoch, logs=None):
        with strategy_scope(self.model):
            for layer in all_layers(self.model):
                if isinstance(layer, FeatureDistributionSmoothing) and layer.trainable:
                    layer.end_epoch()
