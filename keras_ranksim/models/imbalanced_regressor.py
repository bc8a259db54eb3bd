"""A functional model whose layers see the labels of the batch while it trains."""

import keras
import tensorflow as tf

from keras_ranksim.models.epoch_fold import EpochFold
from keras_ranksim.models.replicated_fit import ReplicatedFit
from keras_ranksim.models.training_data import (
    assert_finite,
    check_label_shape,
    check_training_data,
    finite_batches,
)
from keras_ranksim.models.views import join_views
from keras_ranksim.registration import registered
from keras_ranksim.scope.label_scope import current_scope, label_scope


@registered
class ImbalancedRegressor(ReplicatedFit):
    """A functional `keras.Model` for regression with rare labels.

    Build it from inputs and outputs, with `RankSimRegularizer` and
    `FeatureDistributionSmoothing` anywhere between, and use it as any Keras model: `compile`,
    `fit`, `evaluate`, `predict`, `save`. While it trains, its layers see the labels of the
    batch, loss terms that need all replicas or the predictions join the loss, and feature
    statistics are folded between epochs. Labels and weights are checked before the first step.
    A dataset may yield two or three views of every sample as `x`; see `ConRRegularizer`.

    Args:
        inputs: As in `keras.Model`.
        outputs: As in `keras.Model`; one output, the predicted label.

    Example:

    >>> import keras, keras_ranksim as kr, numpy as np
    >>> inputs = keras.Input((8,))
    >>> embedding = keras.layers.Dense(16, activation="relu")(inputs)
    >>> embedding = kr.layers.RankSimRegularizer()(embedding)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    >>> model.compile("adam", loss="mae")
    >>> x, y = np.random.rand(64, 8), np.random.rand(64)
    >>> history = model.fit(x, y, epochs=2, verbose=0)
    >>> len(history.history["loss"])
    2
    """

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_split=0.0,
        validation_data=None,
        shuffle=True,
        class_weight=None,
        sample_weight=None,
        **kwargs,
    ) -> keras.callbacks.History:
        """As `keras.Model.fit`; checks the data first and folds feature statistics."""
        check_training_data(x, y, sample_weight, self)
        if isinstance(x, tf.data.Dataset):
            x, shuffle = finite_batches(x), False
        if isinstance(validation_data, tf.data.Dataset):
            validation_data = finite_batches(validation_data)
        return super().fit(
            x=x,
            y=y,
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=_with_epoch_fold(callbacks),
            validation_split=validation_split,
            validation_data=validation_data,
            shuffle=shuffle,
            class_weight=class_weight,
            sample_weight=sample_weight,
            **kwargs,
        )

    def train_step(self, data):
        """Keras' own step, inside a scope that shows the layers the labels."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        y = keras.tree.map_structure(lambda labels: assert_finite("y", labels), y)
        loss_weight, contrasted_rows = sample_weight, None
        if isinstance(x, (tuple, list)) and len(self.inputs or ()) == 1 and len(x) > 1:
            x, y, loss_weight, sample_weight, contrasted_rows = join_views(x, y, sample_weight)
        with label_scope(y, sample_weight, contrasted_rows):
            return super().train_step((x, y, loss_weight))

    def test_step(self, data):
        """Keras' own step, inside a scope in which a layer may tell the loss what it learnt."""
        with label_scope(None):
            return super().test_step(data)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The compiled loss, the layers' losses, and what they left in the label scope."""
        if hasattr(y, "shape") and hasattr(y_pred, "shape"):
            check_label_shape(y.shape, y_pred.shape)
        scope = current_scope() if training else None
        if scope is None:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        scope.layer_losses = super().losses
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        return loss + scope.total_loss(y_pred)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """As in `keras.Model`; views that are there to be contrasted alone are not counted."""
        scope = current_scope()
        if scope is not None and scope.contrasted_rows is not None:
            first = scope.contrasted_rows
            y, y_pred, sample_weight = keras.tree.map_structure(
                lambda rows: rows[first:], (y, y_pred, sample_weight)
            )
        return super().compute_metrics(x, y, y_pred, sample_weight)

    @property
    def losses(self):
        """As in `keras.Model`; amid a training step, those of this replica.

        Keras holds one list of them for all replicas, so it is read when the forward pass of
        a replica is over, before a loss that waits for other replicas lets those go on.
        """
        scope = current_scope()
        kept = None if scope is None else scope.layer_losses
        return super().losses if kept is None else kept


def _with_epoch_fold(callbacks):
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks.callbacks.insert(0, EpochFold())
        callbacks.callbacks[0].set_model(callbacks.model)
        return callbacks
    return [EpochFold(), *keras.tree.flatten(callbacks if callbacks is not None else [])]
