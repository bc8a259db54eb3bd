"""What the features were before they were calibrated.

Feature distribution smoothing leaves the raw features beside the calibrated ones, on the
tensor itself, as Keras does with masks. RankSim ranks the raw ones whichever layer is first.
"""


def remember(calibrated, features):
    """Returns `calibrated`, which from now on knows the `features` it was made from."""
    if calibrated is not features:
        calibrated._keras_ranksim_before_calibration = features
    return calibrated


def before_calibration(features):
    """The features as they were before calibration, or `features` where there was none."""
    return getattr(features, "_keras_ranksim_before_calibration", features)
