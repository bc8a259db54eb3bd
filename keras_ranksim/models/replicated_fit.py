"""What `fit` needs besides Keras to train in replicas on several machines.

Keras 3 cannot train under `MultiWorkerMirroredStrategy` (its issue 20585), for two reasons: before
the first step it averages a batch over the replicas to learn its shapes, and after each it
averages scalar logs along an axis that they do not have. Both are mended here, and nowhere else.
"""

import sys
import types

import keras
import tensorflow as tf
from keras import ops

from keras_ranksim.scope.workers import has_several_workers, telling_of_lost_workers


class ReplicatedFit(keras.Model):
    """A functional model whose `fit` runs under every `tf.distribute` strategy for one program."""

    def fit(self, *args, **kwargs) -> keras.callbacks.History:
        """As `keras.Model.fit`; says so when another worker is lost."""
        with telling_of_lost_workers(self.distribute_strategy):
            return super().fit(*args, **kwargs)

    def train_step(self, data):
        return self._reducible(super().train_step(data))

    def test_step(self, data):
        return self._reducible(super().test_step(data))

    def _reducible(self, logs):
        """Logs of one dimension, where Keras averages them along axis 0."""
        if has_several_workers(self.distribute_strategy) and _averages_along_an_axis():
            return keras.tree.map_structure(lambda log: ops.reshape(log, (1,)), logs)
        return logs

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Builds losses and metrics from shapes alone.

        Keras takes a batch and averages it over the replicas, which must hold samples alike
        in number for it, and must not be on several machines.
        """
        dataset = getattr(iterator, "_distributed_dataset", None)
        if self._distribute_strategy is None or dataset is None:
            super()._maybe_symbolic_build(iterator=iterator, data_batch=data_batch)
            return
        _, y, sample_weight = keras.utils.unpack_x_y_sample_weight(dataset.element_spec)
        batch = (self._inputs_struct, y, sample_weight)
        with self.distribute_strategy.scope():
            self._symbolic_build(data_batch=keras.tree.map_structure(_symbol, batch))


def _symbol(spec):
    """A symbolic tensor for a tensor spec, or for the first of several replicas' specs."""
    if spec is None or isinstance(spec, keras.KerasTensor):
        return spec
    spec = getattr(spec, "_value_specs", [spec])[0]
    return keras.KerasTensor((None, *spec.shape[1:]), dtype=spec.dtype.name)


class _Listener(tf.distribute.MultiWorkerMirroredStrategy):
    """Not a strategy, but what Keras takes for one: it hears along which axis Keras averages."""

    extended = types.SimpleNamespace(_in_multi_worker_mode=lambda: True)
    axis = None

    def __init__(self):
        """Starts no cluster."""

    def reduce(self, reduce_op, value, axis=None):
        self.axis = axis
        return value


def _averages_along_an_axis():
    """Whether this Keras averages scalar logs along axis 0; a Keras unknown to us is trusted."""
    trainer = sys.modules.get("keras.src.backend.tensorflow.trainer")
    reduce_per_replica = getattr(trainer, "reduce_per_replica", None)
    listener = _Listener()
    try:
        reduce_per_replica(tf.zeros(()), listener, "mean")
    except Exception:
        return False
    return listener.axis == 0
