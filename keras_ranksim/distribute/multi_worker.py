"""What `fit` needs besides Keras to train in replicas, on one machine or several.

Keras 3 cannot train under `MultiWorkerMirroredStrategy` (its issue 20585), for two reasons: before
the first step it averages a batch over the replicas to learn its shapes, and after each step it
averages scalar logs along an axis that they do not have. This file works around both; delete it
when Keras no longer needs it. The private names of Keras in it are what these two reasons concern.
"""

import keras
from keras import ops

from keras_ranksim.distribute.workers import explain_lost_workers, has_several_workers

# The last Keras seen to average scalar logs along axis 0. Newer versions are trusted; raise this
# number if one of them still fails with "axis 0 is out of bounds" after the first step.
LAST_TO_AVERAGE_ALONG_AXIS_0 = (3, 15)


class DistributedFit:
    """Mixin for `keras.Model`: `fit` under every `tf.distribute` strategy for one program."""

    def fit(self, *args, **kwargs) -> keras.callbacks.History:
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

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Builds losses and metrics from shapes alone.

        Keras takes a batch and averages it over the replicas. That fails on several machines,
        and on one machine if the replicas hold different numbers of samples.
        """
        dataset = getattr(iterator, "_distributed_dataset", None)
        inputs = getattr(self, "_inputs_struct", None)
        if self._distribute_strategy is None or dataset is None or inputs is None:
            super()._maybe_symbolic_build(iterator=iterator, data_batch=data_batch)
            return
        _, y, sample_weight = keras.utils.unpack_x_y_sample_weight(dataset.element_spec)
        batch = keras.tree.map_structure(_symbolic, (inputs, y, sample_weight))
        with self.distribute_strategy.scope():
            self._symbolic_build(data_batch=batch)


def _symbolic(spec):
    """A symbolic tensor for a tensor spec, or for the first of several replicas' specs."""
    if spec is None or isinstance(spec, keras.KerasTensor):
        return spec
    spec = getattr(spec, "_value_specs", [spec])[0]
    return keras.KerasTensor((None, *spec.shape[1:]), dtype=spec.dtype.name)
