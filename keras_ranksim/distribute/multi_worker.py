"""What `fit` needs besides Keras to train in replicas, on one machine or several.

Keras 3 cannot train under `MultiWorkerMirroredStrategy` (its issue 20585), for two reasons: before
the first step it averages a batch over the replicas to learn its shapes, and after each step it
averages scalar logs along an axis that they do not have. This file works around both; delete it
when Keras no longer needs it.
"""

import keras
import tensorflow as tf
from keras import ops

from keras_ranksim.distribute.workers import explain_lost_workers, has_several_workers
from keras_ranksim.keras_internals import BuildFromShapes

# The last Keras seen to average scalar logs along axis 0. Newer versions are trusted; raise this
# number if one of them still fails with "axis 0 is out of bounds" after the first step.
LAST_TO_AVERAGE_ALONG_AXIS_0 = (3, 15)


class DistributedFit(BuildFromShapes):
    """Mixin for `keras.Model`: `fit` under every `tf.distribute` strategy for one program."""

    def fit(self, *args, **kwargs) -> keras.callbacks.History:
        if self.built and self.optimizer is not None and not self.optimizer.built:
            # In the first step, as Keras would build it, TensorFlow would trace that step twice.
            with self.distribute_strategy.scope():
                self.optimizer.build(self.trainable_variables)
        with explain_lost_workers(self.distribute_strategy):
            return super().fit(*args, **kwargs)

    def train_step(self, data):
        return self._reducible(super().train_step(data))

    def test_step(self, data):
        return self._reducible(super().test_step(data))

    def _reducible(self, logs):
        """Logs of one dimension, if Keras averages them along axis 0."""
        version = tuple(int(number) for number in keras.version().split(".")[:2])
        along_axis_0 = version <= LAST_TO_AVERAGE_ALONG_AXIS_0
        if along_axis_0 and has_several_workers(self.distribute_strategy):
            return keras.tree.map_structure(lambda log: ops.reshape(log, (1,)), logs)
        return logs

    def symbolic_batch(self, inputs, dataset):
        """The model's own inputs, and labels and weights like those of the dataset."""
        _, y, sample_weight = keras.utils.unpack_x_y_sample_weight(dataset.element_spec)
        return keras.tree.map_structure(_symbolic, (inputs, y, sample_weight))


def _symbolic(spec):
    """A symbolic tensor for a tensor spec, or for the first of several replicas' specs."""
    if spec is None or isinstance(spec, keras.KerasTensor):
        return spec
    parts = tf.nest.flatten(spec, expand_composites=True)
    if not parts:  # the spec of `None`, weights of an output that has none
        return None
    first = parts[0]
    return keras.KerasTensor((None, *first.shape[1:]), dtype=first.dtype.name)
