"""Checks that labels have the shapes of a model's outputs, instead of being broadcast to them."""

import keras


def check_label_shapes(labels, outputs, model) -> None:
    """Raises if labels would broadcast against an output, or lack one that goes by name.

    Both start with the batch; labels of shape `(batch,)` hold one number per sample. Labels fit
    an output of the same shape. A last axis of 1 may be missing in either. Labels with one number
    fit an output with several, such as quantiles: what they mean is up to the loss. So it is with
    any number of columns if the loss is a user's function.

    Args:
        labels: Labels of one output; or of several, in a list or a dictionary by name. Whatever
            has no shape is not looked at.
        outputs: The outputs, in the same form, or in a list where the labels go by name.
        model: The model, for its losses and the names of its outputs.
    """
    loss = getattr(model, "loss", None)
    names = list(getattr(model, "output_names", None) or ())
    if isinstance(labels, dict):
        if not isinstance(outputs, dict):
            outputs = dict(zip(names, _as_list(outputs)))
        _check_names(labels, outputs, loss)
        pairs = [(name, labels[name], outputs[name]) for name in outputs if name in labels]
    else:
        labels, outputs = _as_list(labels), _as_list(outputs)
        names = names if len(names) == len(outputs) else range(len(outputs))
        pairs = list(zip(names, labels, outputs)) if len(labels) == len(outputs) else []
    for place, (name, label, output) in enumerate(pairs):
        if hasattr(label, "shape") and hasattr(output, "shape"):
            part = "y" if len(pairs) == 1 else f"y of output '{name}'"
            own_loss = _is_own(_loss_of(loss, name, place))
            _check_shape(part, _sides(label.shape), _sides(output.shape), own_loss)


def _check_names(labels, outputs, loss):
    with_loss = [name for name in outputs if not isinstance(loss, dict) or name in loss]
    if len(outputs) > 1 and any(name not in labels for name in with_loss):
        raise ValueError(
            f"`y` must hold the labels of every output by name: {', '.join(map(str, outputs))}. "
            f"Received: y of {', '.join(map(str, labels))}"
        )


def _check_shape(part, label_shape, output_shape, own_loss):
    if label_shape is None or output_shape is None:
        return
    label, output = label_shape[1:] or (1,), output_shape[1:] or (1,)
    if len(label) == len(output) - 1:
        label = (*label, 1)
    elif len(output) == len(label) - 1 and label[-1] == 1:
        output = (*output, 1)
    same_axes = len(label) == len(output) and all(map(_may_be_equal, label[:-1], output[:-1]))
    if not same_axes or not (own_loss or label[-1] == 1 or _may_be_equal(label[-1], output[-1])):
        raise ValueError(
            f"`y` must have the shape of the model's output, {_named(output_shape)}. "
            f"Received: {part} of shape {_named(label_shape)}"
        )


def _sides(shape):
    """The lengths of the axes, `None` for unknown ones; `None` if their number is unknown."""
    return None if getattr(shape, "rank", 0) is None else tuple(shape)


def _as_list(part):
    return list(part.values()) if isinstance(part, dict) else keras.tree.flatten(part)


def _loss_of(loss, name, place):
    """The loss of an output, in whichever form the losses were compiled."""
    if isinstance(loss, dict):
        return loss.get(name)
    if isinstance(loss, (list, tuple)):
        return loss[place] if place < len(loss) else None
    return loss


def _is_own(loss) -> bool:
    """Whether a loss is a user's function, which may take more columns of labels."""
    if not callable(loss):
        return False
    module = getattr(loss, "__module__", None) or type(loss).__module__
    return module.partition(".")[0] not in ("keras", __name__.partition(".")[0])


def _may_be_equal(one, other):
    return one is None or other is None or one == other


def _named(shape):
    return "(batch" + "".join(f", {length}" for length in shape[1:]) + ")"
