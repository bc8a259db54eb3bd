"""The private names of Keras that this library needs, each with the reason. No other file has any.

Keras may rename them in any version: then this file is the one to change. TensorFlow and
KerasTuner are used by their public names alone; a test reads all modules.
"""

import keras


def all_layers(layer: keras.layers.Layer) -> list:
    """The layers inside a model or layer, at any depth, without itself.

    Reason for `_flatten_layers`: `model.layers` lists only those of the first level.

    Example:

    >>> import keras
    >>> from keras_ranksim.keras_internals import all_layers
    >>> inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="head")])
    >>> [layer.name for layer in all_layers(keras.Sequential([inner])) if layer.weights][-1]
    'head'
    """
    return list(layer._flatten_layers(include_self=False))


def layer_of(tensor) -> keras.layers.Layer:
    """The layer that a symbolic tensor of a functional model comes from.

    Reason for `_keras_history`: layers know their outputs, but tensors name no layer in public.
    """
    return tensor._keras_history.operation


def inputs_of(tensor) -> list:
    """The symbolic tensors that a tensor of a functional model was made from.

    Reason for `_keras_history` and `_inbound_nodes`: the inputs of a layer that is called several
    times are in public those of its first call.
    """
    history = tensor._keras_history
    return list(history.operation._inbound_nodes[history.node_index].input_tensors)


def first_epoch(model: keras.Model) -> int:
    """The epoch that `fit` starts with, once a backup is restored.

    Reason for `_initial_epoch`: workers must compare it before the first epoch begins, and a
    worker that has no epochs left never begins one.
    """
    return model._initial_epoch or 0


class BuildFromShapes:
    """Mixin for a `keras.Model` that builds losses and metrics from shapes alone.

    Reason for `_maybe_symbolic_build`: before the first step Keras takes a batch and averages it
    over the replicas to learn its shapes (Keras issue 20585). That fails on several machines, and
    on one machine if the replicas hold different numbers of samples. Without a strategy Keras
    makes the metrics in the first step, and TensorFlow traces a step twice if the first trace
    makes variables.
    """

    def symbolic_batch(self, inputs, dataset):
        """Symbolic `(x, y, sample_weight)`; a subclass makes them.

        Args:
            inputs: The symbolic inputs of the model.
            dataset: The dataset that the strategy distributes.
        """
        raise NotImplementedError

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        dataset = getattr(iterator, "_distributed_dataset", None)
        inputs = getattr(self, "_inputs_struct", None)
        if dataset is None or inputs is None:
            super()._maybe_symbolic_build(iterator=iterator, data_batch=data_batch)
            return
        batch = self.symbolic_batch(inputs, dataset)
        if self._distribute_strategy is None:
            self._build_metrics(batch[1])
        else:
            with self.distribute_strategy.scope():
                self._symbolic_build(data_batch=batch)

    def _build_metrics(self, y):
        metrics = self._compile_metrics
        if y is not None and metrics is not None and not metrics.built:
            metrics.build(y, self._outputs_struct)


class Backup(keras.callbacks.BackupAndRestore):
    """`BackupAndRestore` whose subclass may write and read the backup in another way.

    Reason for `_save_model` and `_load_model`: Keras has no public method between "it is time for a
    backup" and "write it", and on several machines all workers must take part but only one may
    write.
    """

    def read_backup(self) -> None:
        """Reads the backup, if there is one."""
        super()._load_model()

    def _load_model(self):
        self.read_backup()

    def write_backup(self) -> None:
        """Writes the backup."""
        super()._save_model()

    def _save_model(self):
        self.write_backup()
