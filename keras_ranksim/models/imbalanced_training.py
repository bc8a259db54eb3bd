"""The mixin that lets layers see the labels of the batch while a model trains."""

import keras
from keras import ops

from keras_ranksim.keras_internals import all_layers
from keras_ranksim.layers.noise_scale import NoiseScale
from keras_ranksim.models.epoch_fold import EpochFold
from keras_ranksim.models.label_shapes import check_label_shapes
from keras_ranksim.models.training_data import (
    check_training_data,
    check_validation_data,
    checked_batches,
    has_own_order,
)
from keras_ranksim.scope.label_scope import current_scope, label_scope
from keras_ranksim.scope.views import Views, repeat_rows, supervised_rows
from keras_ranksim.shapes import as_columns

if keras.config.backend() == "tensorflow":
    from keras_ranksim.distribute.multi_worker import DistributedFit as _Base
else:
    _Base = object


class ImbalancedTraining(_Base):
    """Mixin that adds training on rare labels to any `keras.Model`.

    Put it before the model class: `class MyModel(ImbalancedTraining, keras.Model)`, or with
    `keras.Sequential`. In `fit`, layers such as `RankSimRegularizer` see the labels of the
    batch, the loss terms they leave join the loss, and feature statistics are folded between
    epochs. Labels and weights are checked before the first step. `x` may be
    `keras_ranksim.Views` of every sample; see `ConRRegularizer`.

    Example:

    >>> import keras, keras_ranksim as kr, numpy as np
    >>> class Regressor(kr.models.ImbalancedTraining, keras.Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.body = keras.layers.Dense(16, activation="relu")
    ...         self.regularizer = kr.layers.RankSimRegularizer()
    ...         self.head = keras.layers.Dense(1)
    ...
    ...     def call(self, inputs, training=None):
    ...         return self.head(self.regularizer(self.body(inputs), training=training))
    >>> model = Regressor()
    >>> model.compile("adam", loss="mae")
    >>> history = model.fit(np.random.rand(64, 8), np.random.rand(64), verbose=0)
    >>> len(history.history["loss"])
    1
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
        if not self.compiled:
            raise ValueError("Call `compile()`, which takes optimizer and loss, before `fit()`.")
        check_training_data(x, y, sample_weight, self)
        check_validation_data(validation_data, self)
        return super().fit(
            x=checked_batches(x),
            y=y,
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=_with_epoch_fold(callbacks),
            validation_split=validation_split,
            validation_data=checked_batches(validation_data),
            shuffle=False if has_own_order(x) else shuffle,
            class_weight=class_weight,
            sample_weight=sample_weight,
            **kwargs,
        )

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """As `keras.Model.train_on_batch`; checks labels and weights first."""
        check_training_data(x, y, sample_weight, self)
        return super().train_on_batch(x, y, sample_weight, class_weight, return_dict)

    def train_step(self, *args):
        """Keras' own step, inside a scope that shows the layers the labels."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(args[-1])
        if not self.built:
            # Building calls the layers, too, which must not leave terms in the scope then.
            self(x, training=False)
        views = x.count if isinstance(x, Views) else 1
        with label_scope(repeat_rows(y, views), repeat_rows(sample_weight, views), views):
            return super().train_step(*args)

    def __call__(self, inputs, *args, **kwargs):
        return super().__call__(_joined(inputs), *args, **kwargs)

    def stateless_call(self, trainable_variables, non_trainable_variables, inputs, *args, **kwargs):
        return super().stateless_call(
            trainable_variables, non_trainable_variables, _joined(inputs), *args, **kwargs
        )

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The compiled loss, if there is one, and what the layers left in the label scope."""
        supervised = _supervised(x, y, y_pred, sample_weight)
        check_label_shapes(*supervised[:2], self)
        scope = current_scope()
        if scope is None:  # in evaluation
            with label_scope(None) as scope:
                noise = _noise_layer(self)
                scope.noise = None if noise is None else noise.scale()
                return self._keras_loss(x, *supervised, training)
        scope.layer_losses = super().losses
        if self.loss is None and not self.losses and not scope.has_terms:
            raise ValueError(
                "A model compiled without a loss needs a layer that leaves one in training, for "
                "instance keras_ranksim.layers.RankNContrastRegularizer or VotingHead. "
                f"Received: loss=None, and model '{self.name}', whose layers left none"
            )
        _noise_layer(self)  # raises if there are two
        loss = self._keras_loss(x, *supervised, training)
        if isinstance(scope.labels, dict) and isinstance(y_pred, (list, tuple)):
            y_pred = dict(zip(self.output_names, y_pred))
        if isinstance(scope.labels, (list, tuple)) and isinstance(y_pred, dict):
            y_pred = keras.tree.flatten(y_pred)  # as Keras pairs them
        return loss + ops.cast(scope.total_loss(y_pred), loss.dtype)

    def _keras_loss(self, x, y, y_pred, sample_weight, training):
        if self.loss is None and not self.losses:
            # Keras would raise. A gradient of 0, not of none, or it would warn of the head's.
            total = sum(ops.sum(ops.cast(rows, "float32")) for rows in keras.tree.flatten(y_pred))
            return 0.0 * total
        return super().compute_loss(x, y, y_pred, _per_image(sample_weight, y_pred), training)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """As in `keras.Model`; views that are only contrasted do not count."""
        return super().compute_metrics(x, *_supervised(x, y, y_pred, sample_weight))

    @property
    def losses(self):
        """As in `keras.Model`."""
        # Keras keeps one list of layer losses for the threads of all replicas. A loss that waits
        # for the other replicas (BalancedMSE) lets them write to it before Keras reads it, so
        # `compute_loss` reads this replica's losses first, and Keras gets those.
        scope = current_scope()
        kept = None if scope is None else scope.layer_losses
        return super().losses if kept is None else kept


def _noise_layer(model):
    """The `NoiseScale` layer of a model, or `None`."""
    scales = [layer for layer in all_layers(model) if isinstance(layer, NoiseScale)]
    if len(scales) > 1:
        raise ValueError(
            "A model must hold at most one `NoiseScale` layer, since `BalancedMSE` cannot tell "
            f"whose noise is whose. Received: {', '.join(layer.name for layer in scales)}"
        )
    return scales[0] if scales else None


def _per_image(sample_weight, y_pred):
    """A weight per sample with axes of 1, which Keras does not add for maps of predictions."""
    rank = len(getattr(y_pred, "shape", ()))
    if rank < 3 or len(getattr(sample_weight, "shape", ())) != 1:
        return sample_weight
    return ops.reshape(sample_weight, (-1,) + (1,) * (rank - 2))


def _joined(inputs):
    return inputs.joined() if isinstance(inputs, Views) else inputs


def _supervised(x, y, y_pred, sample_weight):
    """Labels, predictions and weights of the views that the regression loss sees."""
    if isinstance(x, Views):
        y_pred = keras.tree.map_structure(lambda rows: supervised_rows(x.count, rows)[0], y_pred)
        y, sample_weight = (repeat_rows(part, x.supervised) for part in (y, sample_weight))
    if any(len(getattr(rows, "shape", ())) == 1 for rows in keras.tree.flatten(y_pred)):
        # Keras would take the mean over such a batch before it weighs the samples.
        y, y_pred = (keras.tree.map_structure(as_columns, part) for part in (y, y_pred))
    return y, y_pred, sample_weight


def _with_epoch_fold(callbacks):
    """The callbacks with `EpochFold` before them."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        if not any(isinstance(callback, EpochFold) for callback in callbacks.callbacks):
            callbacks.callbacks.insert(0, EpochFold())
            callbacks.callbacks[0].set_model(callbacks.model)
            callbacks.callbacks[0].set_params(callbacks.params)
        return callbacks
    return [EpochFold(), *keras.tree.flatten(callbacks if callbacks is not None else [])]
