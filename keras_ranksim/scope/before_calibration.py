"""What the features were before they were calibrated.

Feature distribution smoothing leaves the raw features beside the calibrated ones, on the tensor
itself, as Keras does with masks. RankSim and ConR compare the raw ones, whichever layer is first.
"""

import weakref

_raw_features = {}  # for tensors that take no attributes, as those of JAX


def remember(calibrated, features):
    """Returns `calibrated` and remembers the `features` it was made from."""
    if calibrated is features:
        return calibrated
    try:
        calibrated._keras_ranksim_before_calibration = features
    except AttributeError:
        key = id(calibrated)
        _raw_features[key] = features
        weakref.finalize(calibrated, _raw_features.pop, key, None)
    return calibrated


def before_calibration(features):
    """The features as they were before calibration, or `features` if there was none."""
    default = _raw_features.get(id(features), features)
    return getattr(features, "_keras_ranksim_before_calibration", default)
