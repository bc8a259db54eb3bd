"""A stock Keras model copied from one with this library's layers, to be served without them."""

import functools
import os
import tempfile

import keras

from keras_ranksim.keras_internals import all_layers
from keras_ranksim.layers.conr import ConRRegularizer
from keras_ranksim.layers.feature_distribution_smoothing import FeatureDistributionSmoothing
from keras_ranksim.layers.noise_scale import NoiseScale
from keras_ranksim.layers.per_image import PerImage
from keras_ranksim.layers.rank_n_contrast import RankNContrastRegularizer
from keras_ranksim.layers.ranksim import RankSimRegularizer
from keras_ranksim.layers.voting_head import VotingHead

# Layers that return one of their arguments unchanged when they do not train.
IDENTITIES_IN_INFERENCE = (
    ConRRegularizer,
    FeatureDistributionSmoothing,
    NoiseScale,
    PerImage,
    RankNContrastRegularizer,
    RankSimRegularizer,
)


def plain_model(model: keras.Model) -> keras.Model:
    """A stock Keras model with the same weights and predictions, without this library's layers.

    Save it as `.keras`, or export it, to serve a trained model where keras_ranksim is not
    installed. Regularizers, feature smoothing and noise scales act in training only, so nothing
    is lost. The layers, their names and dtype policies, and the structure of inputs and outputs
    stay as they are, except that:

    - An input that feeds only this library's layers, such as a labels input, is left out.
    - A `VotingHead` becomes a model of stock parts with the same name.
    - A layer of this library that gives an output becomes a `keras.layers.Identity` of the same
      name, so that the output keeps its name.

    The copy is not compiled and has its own weights: training it does not change `model`.

    Args:
        model: A functional model (`ImbalancedRegressor` or `keras.Model(inputs, outputs)`) or a
            built `keras.Sequential`. Models inside it are copied too.

    Returns:
        A functional `keras.Model`, or a `keras.Sequential` if `model` is one.

    Raises:
        ValueError: If `model` is subclassed or not built, or holds a layer of this library that
            changes predictions or sits inside another layer.

    Example:

    >>> import keras, keras_ranksim as kr, numpy as np
    >>> inputs = keras.Input((8,))
    >>> embedding = keras.layers.Dense(16, activation="relu", name="embedding")(inputs)
    >>> embedding = kr.layers.RankSimRegularizer()(embedding)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1, name="head")(embedding))
    >>> plain = kr.plain_model(model)
    >>> [layer.name for layer in plain.layers[1:]]
    ['embedding', 'head']
    >>> x = np.random.rand(4, 8)
    >>> bool(np.allclose(plain.predict(x, verbose=0), model.predict(x, verbose=0)))
    True
    """
    copies = _Copies()
    plain = copies.of_model(model)
    copies.copy_state()
    # Keras exports to ONNX only models that were called.
    plain(plain.inputs[0] if isinstance(plain, keras.Sequential) else plain.input)
    return plain


class _Copies:
    """Copies of layers, one per layer, so that shared layers stay shared."""

    def __init__(self):
        self._models = {}
        self._layers = {}
        self._graphs = {}

    def of_model(self, model):
        """The plain copy of a functional or Sequential model."""
        _check_model(model)
        if id(model) not in self._models:
            copy = self._sequential if isinstance(model, keras.Sequential) else self._functional
            self._models[id(model)] = copy(model)
        return self._models[id(model)]

    def of_layer(self, layer):
        """The copy of a layer or operation; a layer that will be left out is returned itself."""
        if _is_left_out(layer):
            return layer
        if isinstance(layer, (keras.Sequential, _functional_class())):
            return self.of_model(layer)
        if isinstance(layer, VotingHead):
            return self._models.setdefault(id(layer), layer.as_plain_model())
        if id(layer) not in self._layers:
            _check_layer(layer)
            self._layers[id(layer)] = layer, _unbuilt_copy(layer)
        return self._layers[id(layer)][1]

    def copy_state(self):
        """Copies all weights with Keras' own saver, which also restores derived state."""
        pairs = [pair for pair in self._layers.values() if isinstance(pair[0], keras.layers.Layer)]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "state.weights.h5")
            _LayerList([layer for layer, _ in pairs]).save_weights(path)
            _LayerList([copy for _, copy in pairs]).load_weights(path)

    def _sequential(self, model):
        layers = [layer for layer in model.layers if not _is_left_out(layer)]
        nothing = keras.layers.Identity(dtype=model.inputs[0].dtype)
        copies = [self.of_layer(layer) for layer in layers] or [nothing]
        inputs = _copy_inputs(keras.Model(model.inputs, model.outputs))
        return keras.Sequential([*inputs, *copies], name=model.name, trainable=model.trainable)

    def _functional(self, model):
        # A view of the same layers: `clone_model` would also clone the class and the compilation.
        view = keras.Model(model.input, model.output, name=model.name)
        graph = _PlainGraph(self._graphs, view.output_names)
        clone = keras.models.clone_model(
            view,
            input_tensors=_copy_inputs(view),
            clone_function=self.of_layer,
            call_function=graph.call,
        )
        kept = graph.kept(clone.inputs, clone.outputs)
        plain = keras.Model(
            _select(clone.input, iter(kept)),
            clone.output,
            name=model.name,
            trainable=model.trainable,
        )
        self._graphs[id(plain)] = [tensor.name for tensor in view.inputs], kept
        return plain


class _PlainGraph:
    """Calls the copied layers of a functional model and remembers which tensors they used."""

    def __init__(self, inner_inputs, output_names):
        self._inner_inputs = inner_inputs
        self._output_names = output_names
        self._output_layers = {}
        self._sources = {}
        self._ignored = []

    def call(self, layer, *args, **kwargs):
        """Calls a copied layer, or passes on what a layer of this library would pass on."""
        if _is_left_out(layer):
            return self._pass_on(layer, args, kwargs)
        names, kept = self._inner_inputs.get(id(layer), ((), ()))
        if not all(kept):
            given = kwargs.pop("inputs", None) if not args else args[0]
            tensors = _in_order(given, names)
            self._ignored += [tensor for tensor, stays in zip(tensors, kept) if not stays]
            tensors = [tensor for tensor, stays in zip(tensors, kept) if stays]
            args = [keras.tree.pack_sequence_as(layer.input, tensors), *args[1:]]
            kwargs.pop("mask", None)  # Keras finds the masks of the remaining inputs again.
        outputs = layer(*args, **kwargs)
        self._remember(outputs, (args, kwargs))
        return outputs

    def kept(self, inputs, outputs):
        """For every input, whether it stays: outputs need it, or nothing ever used it."""
        needed, ignored = self._ancestors(outputs), self._ancestors(self._ignored)
        return [id(tensor) in needed or id(tensor) not in ignored for tensor in inputs]

    def _pass_on(self, layer, args, kwargs):
        if "training" in kwargs:
            kwargs = {**kwargs, "training": False}
        tensor = layer.call(*args, **kwargs)
        self._ignored += [other for other in _tensors((args, kwargs)) if other is not tensor]
        if layer.name not in self._output_names:
            return tensor
        if layer.name not in self._output_layers:
            # A dtype of its own, since a policy such as mixed_float16 would cast the output.
            self._output_layers[layer.name] = keras.layers.Identity(
                name=layer.name, dtype=tensor.dtype
            )
        output = self._output_layers[layer.name](tensor)
        self._remember(output, tensor)
        return output

    def _remember(self, outputs, inputs):
        for output in _tensors(outputs):
            self._sources[id(output)] = _tensors(inputs)

    def _ancestors(self, tensors):
        found, waiting = set(), list(tensors)
        while waiting:
            tensor = waiting.pop()
            if id(tensor) not in found:
                found.add(id(tensor))
                waiting += self._sources.get(id(tensor), [])
        return found


class _LayerList(keras.Model):
    """Layers in an order of their own, for Keras to save and load their state."""

    def __init__(self, layers):
        super().__init__()
        self.parts = layers
        self.built = True


def _is_left_out(layer):
    """Whether a layer acts in training only: one of those above, with their own `call`."""
    return any(
        isinstance(layer, cls) and type(layer).call is cls.call for cls in IDENTITIES_IN_INFERENCE
    )


@functools.cache
def _functional_class():
    """The class of functional models, which Keras does not export."""
    tensor = keras.Input((1,))
    return type(keras.Model(tensor, tensor))


def _check_model(model):
    functional = _functional_class()
    stock = keras.Sequential if isinstance(model, keras.Sequential) else functional
    if not isinstance(model, stock) or type(model).call is not stock.call:
        raise ValueError(
            "`model` must be a functional `keras.Model` or a `keras.Sequential`; make a "
            "functional one of a subclassed model with `inputs = keras.Input(...)` and "
            f"`keras.Model(inputs, model.call(inputs))`. Received: model={model!r}"
        )
    if stock is keras.Sequential and not hasattr(model, "inputs"):
        raise ValueError(
            "`model` must be built, for instance by a `keras.Input` as its first layer, so that "
            f"it has weights to copy. Received: keras.Sequential '{model.name}', not built"
        )


def _check_layer(layer):
    parts = all_layers(layer) if isinstance(layer, keras.layers.Layer) else []
    for part in [layer, *parts]:
        if not any(map(_is_registered_here, type(part).__mro__)):
            continue
        name = f"{type(part).__name__} '{part.name}'"
        if part is layer:
            raise ValueError(
                f"A model with the layer {name} cannot be plain, since its predictions need that "
                "layer of keras_ranksim."
            )
        raise ValueError(
            f"A model with the layer {name} inside the layer '{layer.name}' cannot be plain, "
            "since only layers that are directly in a functional or Sequential model can be "
            "left out."
        )


def _is_registered_here(cls):
    return keras.saving.get_registered_name(cls).startswith("keras_ranksim>")


def _copy_inputs(model):
    """New inputs like those of a functional model, in the same structure."""
    input_layer = keras.layers.InputLayer
    layers = [layer for layer in model.layers if isinstance(layer, input_layer)]
    configs = {id(layer.output): layer.get_config() for layer in layers}

    def copy(tensor):
        return input_layer.from_config(configs[id(tensor)]).output

    return keras.tree.map_structure(copy, model.input)


def _unbuilt_copy(layer):
    """A copy without weights, but with assets such as the vocabulary of a `StringLookup`."""
    if isinstance(layer, keras.layers.Lambda):
        return layer  # It has no weights, and Keras does not load Python functions unasked.
    copy = type(layer).from_config(layer.get_config())
    if hasattr(layer, "save_assets"):
        with tempfile.TemporaryDirectory() as folder:
            layer.save_assets(folder)
            copy.load_assets(folder)
    return copy


def _in_order(inputs, names):
    """The arguments of a call of an inner model as a list, in the order of its inputs."""
    if isinstance(inputs, dict) and set(names) <= set(inputs):
        return [inputs[name] for name in names]
    return keras.tree.flatten(inputs)


def _select(structure, kept):
    """The structure without tensors that are not kept; a list left with one item is that item."""
    if isinstance(structure, dict):
        items = {name: _select(structure[name], kept) for name in sorted(structure)}
        return {name: items[name] for name in structure if items[name] is not None} or None
    if isinstance(structure, (list, tuple)):
        items = [_select(item, kept) for item in structure]
        items = [item for item in items if item is not None]
        is_shorter = len(items) < len(structure)
        return items[0] if is_shorter and len(items) == 1 else type(structure)(items) or None
    return structure if next(kept) else None


def _tensors(structure):
    return [leaf for leaf in keras.tree.flatten(structure) if isinstance(leaf, keras.KerasTensor)]
