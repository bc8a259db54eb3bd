"""RRT: retrain the regression layer alone, with weights, on the features learned so far."""

import keras

from keras_ranksim.keras_internals import all_layers
from keras_ranksim.models.regression_layer import regression_layer
from keras_ranksim.models.strategy_scope import strategy_scope
from keras_ranksim.models.training_data import check_training_data
from keras_ranksim.validation import non_negative


def retrain_regressor(
    model: keras.Model,
    x,
    y=None,
    sample_weight=None,
    optimizer=None,
    loss=None,
    regressor: str | keras.layers.Layer | None = None,
    learning_rate: float | None = None,
    **fit_arguments,
) -> keras.callbacks.History:
    """Stage two of two-stage training (RRT).

    Freezes every layer but the regression layer, initializes that one again, and trains it.
    Regularizers and feature smoothing are frozen too: they act in stage one. The model stays
    frozen, and compiled as here, afterwards. To train all of it again, set `model.trainable`
    to `False` and then to `True` (a flag that already has a value does nothing), and compile.

    Args:
        model: A trained, compiled model.
        x, y, sample_weight: Training data as in `fit`; the weights of stage two, for
            instance from `label_weights`, belong here.
        optimizer: Optimizer of stage two; `None` takes a fresh one configured as in stage one.
        loss: Loss of stage two; `None` takes that of stage one.
        regressor: The regression layer or its name; `None` takes the last layer
            with weights on the way to the output.
        learning_rate: Learning rate of stage two; `None` keeps that of the optimizer.
        **fit_arguments: `epochs`, `batch_size`, `callbacks`, ... as in `fit`.

    Returns:
        The `History` of stage two.

    Example:

    >>> import keras, keras_ranksim as kr, numpy as np
    >>> inputs = keras.Input((8,))
    >>> embedding = keras.layers.Dense(16, activation="relu")(inputs)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1, name="head")(embedding))
    >>> model.compile("adam", loss="mae")
    >>> x, y = np.random.rand(64, 8), np.random.randint(20, 60, 64)
    >>> history = model.fit(x, y, verbose=0)
    >>> weights = kr.label_weights(y, kr.LabelBins.uniform(0, 100, 1))
    >>> history = kr.retrain_regressor(model, x, y, sample_weight=weights, verbose=0)
    >>> [layer.name for layer in model.layers if layer.trainable and layer.weights]
    ['head']

    Reference: [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554)
    """
    check_training_data(x, y, sample_weight, model)
    prepare_second_stage(model, regressor, optimizer, loss, learning_rate)
    if y is not None:
        fit_arguments["y"] = y
    if sample_weight is not None:
        fit_arguments["sample_weight"] = sample_weight
    return model.fit(x, **fit_arguments)


def prepare_second_stage(
    model: keras.Model,
    regressor: str | keras.layers.Layer | None = None,
    optimizer=None,
    loss=None,
    learning_rate: float | None = None,
) -> None:
    """All of `retrain_regressor` except the training: freezes, initializes the head, compiles.

    Args: as in `retrain_regressor`.
    """
    if not model.compiled:
        raise ValueError(
            "`model` must be compiled and trained before its regression layer is retrained. "
            f"Received: model '{model.name}', which is not compiled"
        )
    layer = regression_layer(model) if regressor is None else _named_layer(model, regressor)
    stage_one = model.get_compile_config()

    def as_in_stage_one(name):
        try:
            return keras.saving.deserialize_keras_object(stage_one.get(name))
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Stage two is compiled with the {name} of stage one, which cannot be rebuilt. "
                "Register what is your own with `keras.saving.register_keras_serializable`, or "
                f"compile the model without it first. Received: {stage_one.get(name)}"
            ) from error

    _freeze_all_but(layer, model)
    with strategy_scope(model):
        optimizer = keras.optimizers.get(optimizer or as_in_stage_one("optimizer"))
        if learning_rate is not None:
            optimizer = _with_learning_rate(optimizer, learning_rate)
        _initialize(layer)
        model.compile(
            optimizer=optimizer,
            loss=loss or model.loss,
            loss_weights=stage_one.get("loss_weights"),
            metrics=as_in_stage_one("metrics"),
            weighted_metrics=as_in_stage_one("weighted_metrics"),
            run_eagerly=model.run_eagerly,
            steps_per_execution=model.steps_per_execution,
            jit_compile=model.jit_compile,
            auto_scale_loss=isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer),
        )


def _named_layer(model, regressor):
    """The layer of that name; `regressor` itself if it is a layer."""
    if not isinstance(regressor, str):
        return regressor
    for layer in all_layers(model):
        if layer.name == regressor:
            return layer
    raise ValueError(
        "`regressor` must name a layer of the model. "
        f"Received: regressor={regressor!r}, and the layers are "
        f"{[layer.name for layer in model.layers]}"
    )


def _freeze_all_but(layer, model):
    """Leaves `layer`, its parts and the models around it trainable, and nothing else."""
    layers = [model, *all_layers(model)]
    flags = [other.trainable for other in layers]
    parts = [layer, *all_layers(layer)]
    for other in layers:
        other.trainable = True
    for other in layers[1:]:
        around = any(part is layer for part in all_layers(other))
        if not around and not any(other is part for part in parts):
            other.trainable = False
    wanted = {id(weight) for weight in layer.trainable_weights}
    if not wanted or wanted != {id(weight) for weight in model.trainable_weights}:
        for other, flag in zip(layers, flags):
            other.trainable = flag
        raise ValueError(
            "`regressor` must be a layer of the model with weights to train. "
            f"Received: '{layer.name}' in model '{model.name}'"
        )


def _with_learning_rate(optimizer, learning_rate):
    """A new optimizer of the same configuration with a fixed learning rate."""
    rate = non_negative("learning_rate", learning_rate, "of stage two")
    config = optimizer.get_config()
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        inner = _with_learning_rate(optimizer.inner_optimizer, rate)
        config = {**config, "inner_optimizer": keras.optimizers.serialize(inner)}
    else:
        config = {**config, "learning_rate": rate}
    return type(optimizer).from_config(config)


def _initialize(layer):
    fresh = type(layer).from_config(layer.get_config())
    fresh.build_from_config(layer.get_build_config())
    for variable, value in zip(layer.variables, fresh.variables):
        variable.assign(value)
