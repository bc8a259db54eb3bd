"""Between epochs, feature statistics are folded."""

import keras

from keras_ranksim.layers.feature_distribution_smoothing import FeatureDistributionSmoothing


class EpochFold(keras.callbacks.Callback):
    """Folds the statistics of every `FeatureDistributionSmoothing` layer between epochs.

    It acts when an epoch begins, not when one ends: a checkpoint written at the end of an
    epoch then holds statistics that are still to be folded, and a run resumed from it folds
    them as the uncut run did. `ImbalancedRegressor.fit` puts this callback first; with a
    plain `keras.Model`, pass it as the first callback.

    Example:

    >>> import keras_ranksim as kr
    >>> callbacks = [kr.models.EpochFold()]
    """

    def on_epoch_begin(self, epoch, logs=None):
        with self.model.distribute_strategy.scope():
            for layer in self.model._flatten_layers():
                smooths = isinstance(layer, FeatureDistributionSmoothing)
                if smooths and layer.trainable:
                    layer.finalize_state()
