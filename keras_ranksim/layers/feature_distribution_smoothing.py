"""FDS as a layer: feature statistics by label, smoothed over neighbouring labels."""

import warnings

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.ops.feature_statistics import (
    calibrate,
    fill_from_neighbors,
    mean_and_variance,
    sums_by_bin,
)
from keras_ranksim.ops.kernels import kernel_window, smoothing_matrix
from keras_ranksim.registration import registered
from keras_ranksim.scope.before_calibration import remember
from keras_ranksim.scope.label_scope import labels_for
from keras_ranksim.validation import (
    bounds,
    is_number,
    one_of,
    positive_integer,
    same_lengths,
)

EMPTY_BINS = ("renormalize", "initial", "neighbors")


@registered
class FeatureDistributionSmoothing(keras.layers.Layer):
    """Calibrates features so that their statistics change smoothly with the label (FDS).

    While training, the mean and variance of the features of every label bin are collected
    in the step itself. Between epochs they are folded into running statistics, which are
    smoothed over neighbouring bins; from epoch `start_smooth` on, features are moved from
    their bin's running statistics to the smoothed ones. Evaluation and prediction pass
    features unchanged. Under a distribution strategy the statistics are those of all
    replicas together.

    `ImbalancedRegressor.fit` folds the statistics between epochs. With a plain `keras.Model`
    pass `keras_ranksim.models.EpochFold()` as the first callback; in a custom loop call
    `finalize_state()` before every epoch.

    Args:
        bins: The label bins.
        kernel: `"gaussian"`, `"triangular"` or `"laplacian"`.
        kernel_size: Window of the kernel in bins, odd.
        sigma: Width of the kernel in bins.
        momentum: Share of the old running statistics kept at each epoch, or `None` for the
            average over all samples seen. The first statistics of a bin are taken whole.
        start_smooth: First epoch, from 0, whose features are calibrated. At least 1, since
            statistics exist after one epoch.
        variance_clip: Bounds of the ratio of smoothed to running variance. The papers use
            (0.1, 10) for ages, (0.5, 2) for text, (0.2, 5) for depth.
        empty_bins: What smoothing does with bins that hold no sample: `"renormalize"` leaves
            them out; `"initial"` takes mean 0 and variance 1; `"neighbors"` takes the average
            of the nearest bins with samples.
        **kwargs: As in every Keras layer.

    Call arguments:
        features: Tensor of shape `(batch, features)`, or `(batch, height, width, features)`
            for dense tasks.
        labels: Optional scalar labels, one a feature vector. Without them the labels come
            from `ImbalancedRegressor.fit` or from a `label_scope`.
        training: Whether to collect and calibrate. A layer with `trainable=False` does not.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> bins = kr.LabelBins.uniform(start=0, stop=101, width=1)
    >>> inputs = keras.Input((8,))
    >>> embedding = keras.layers.Dense(16, activation="relu")(inputs)
    >>> embedding = kr.layers.FeatureDistributionSmoothing(bins)(embedding)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))

    Reference: [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554)
    """

    def __init__(
        self,
        bins: LabelBins,
        kernel: str = "gaussian",
        kernel_size: int = 5,
        sigma: float = 2.0,
        momentum: float | None = 0.9,
        start_smooth: int = 1,
        variance_clip: tuple[float, float] = (0.1, 10.0),
        empty_bins: str = "renormalize",
        **kwargs,
    ):
        super().__init__(**{"autocast": False, **kwargs})
        self.bins = as_bins(bins)
        window = kernel_window(kernel, kernel_size, sigma)
        self.kernel, self.kernel_size, self.sigma = kernel, kernel_size, sigma
        if momentum is not None and not (is_number(momentum) and 0 <= momentum < 1):
            raise ValueError(
                "`momentum` must be None or a number from 0 up to, but not including, 1. "
                f"Received: momentum={momentum}"
            )
        lowest, highest = bounds("variance_clip", variance_clip)
        if lowest <= 0:
            raise ValueError(
                "`variance_clip` must be (lowest, highest) with 0 < lowest <= highest. "
                f"Received: variance_clip={variance_clip}"
            )
        self.momentum = momentum
        self.start_smooth = positive_integer(
            "start_smooth", start_smooth, "since statistics exist after one epoch"
        )
        self.variance_clip = (lowest, highest)
        self.empty_bins = one_of("empty_bins", empty_bins, EMPTY_BINS)
        self.supports_masking = True
        self._smoothing = smoothing_matrix(window / window.sum(), len(self.bins), "reflect")
        self._is_folded = False

    def build(self, features_shape, labels_shape=None):
        size = features_shape[-1]
        if size is None:
            raise ValueError(
                f"FeatureDistributionSmoothing '{self.name}' needs features of a known size in "
                f"the last axis. Received: features of shape {tuple(features_shape)}"
            )
        shape = (len(self.bins), size)

        def statistic(name, initializer, shape=shape, dtype="float32"):
            return self.add_weight(
                name=name,
                shape=shape,
                initializer=initializer,
                trainable=False,
                dtype=dtype,
                autocast=False,
            )

        def accumulator(name, shape):
            return keras.Variable(
                np.zeros(shape),
                dtype="float64",
                trainable=False,
                autocast=False,
                aggregation="sum",
                synchronization="on_read",
                name=name,
            )

        self.running_mean = statistic("running_mean", "zeros")
        self.running_variance = statistic("running_variance", "ones")
        self.smoothed_mean = statistic("smoothed_mean", "zeros")
        self.smoothed_variance = statistic("smoothed_variance", "ones")
        self.samples_seen = statistic("samples_seen", "zeros", shape[:1], "float64")
        self.epochs_folded = statistic("epochs_folded", "zeros", (), "int32")
        self.epoch_count = accumulator("epoch_count", shape[:1])
        self.epoch_sum = accumulator("epoch_sum", shape)
        self.epoch_sum_of_squares = accumulator("epoch_sum_of_squares", shape)

    def call(self, features, labels=None, training=None):
        if not (training and self.trainable):
            return features
        self._tell_if_nothing_folds()
        labels = labels_for(self, labels)
        self.update_state(features, labels)
        calibrated = ops.cond(
            self.epochs_folded >= self.start_smooth,
            lambda: self.calibrate(features, labels),
            lambda: features,
        )
        return remember(calibrated, features)

    def update_state(self, features, labels) -> None:
        """Adds a batch to the statistics of the epoch under way."""
        rows, index = self._rows(features, labels)
        count, total, squares = sums_by_bin(ops.stop_gradient(rows), index, len(self.bins))
        self.epoch_count.assign_add(count)
        self.epoch_sum.assign_add(total)
        self.epoch_sum_of_squares.assign_add(squares)

    def finalize_state(self) -> None:
        """Folds the epoch's statistics into the running ones, smooths them, and starts anew.

        Does nothing when no sample came since the last time.
        """
        self._is_folded = True
        if not self.built:
            return
        count = ops.convert_to_numpy(self.epoch_count)
        if not count.any():
            return
        mean, variance = mean_and_variance(
            count,
            ops.convert_to_numpy(self.epoch_sum),
            ops.convert_to_numpy(self.epoch_sum_of_squares),
        )
        seen_before = ops.convert_to_numpy(self.samples_seen)
        kept = self._share_kept(seen_before, count)[:, None]
        running_mean = kept * ops.convert_to_numpy(self.running_mean) + (1 - kept) * mean
        running_variance = (
            kept * ops.convert_to_numpy(self.running_variance) + (1 - kept) * variance
        )
        seen = seen_before + count
        self.running_mean.assign(running_mean)
        self.running_variance.assign(running_variance)
        self.smoothed_mean.assign(self._smooth(running_mean, seen > 0))
        self.smoothed_variance.assign(self._smooth(running_variance, seen > 0))
        self.samples_seen.assign(seen)
        self.epochs_folded.assign(ops.convert_to_numpy(self.epochs_folded) + 1)
        self._clear_epoch()

    def calibrate(self, features, labels):
        """Moves features from their bin's running statistics to the smoothed ones."""
        rows, index = self._rows(features, labels)
        calibrated = calibrate(
            ops.cast(rows, "float32"),
            index,
            self.running_mean.value,
            self.running_variance.value,
            self.smoothed_mean.value,
            self.smoothed_variance.value,
            self.variance_clip,
        )
        return ops.reshape(ops.cast(calibrated, features.dtype), ops.shape(features))

    def reset_state(self) -> None:
        """Forgets all statistics."""
        for variable, value in (
            (self.running_mean, 0),
            (self.running_variance, 1),
            (self.smoothed_mean, 0),
            (self.smoothed_variance, 1),
            (self.samples_seen, 0),
            (self.epochs_folded, 0),
        ):
            variable.assign(np.full(variable.shape, value))
        self._clear_epoch()

    def _tell_if_nothing_folds(self):
        """Warns when a step is traced before anything folded, which whoever folds does first."""
        if self._is_folded or not tf.inside_function():
            return
        self._is_folded = True
        warnings.warn(
            f"FeatureDistributionSmoothing '{self.name}' trains, and nothing has folded its "
            "statistics yet, so it will calibrate nothing: pass keras_ranksim.models.EpochFold() "
            "as the first callback of `fit`, or call `finalize_state()` before every epoch, the "
            "first included.",
            stacklevel=2,
        )

    def _clear_epoch(self):
        for variable in (self.epoch_count, self.epoch_sum, self.epoch_sum_of_squares):
            variable.assign(np.zeros(variable.shape))

    def _share_kept(self, seen_before, count):
        if self.momentum is None:
            kept = seen_before / np.maximum(seen_before + count, 1)
        else:
            kept = np.where(seen_before > 0, self.momentum, 0.0)
        return np.where(count > 0, kept, 1.0)

    def _smooth(self, statistic, seen):
        if self.empty_bins == "renormalize":
            total = self._smoothing @ (statistic * seen[:, None])
            weight = (self._smoothing @ seen.astype("float64"))[:, None]
            smoothed = total / np.where(weight > 0, weight, 1)
            return np.where(seen[:, None], smoothed, statistic)
        if self.empty_bins == "neighbors":
            statistic = fill_from_neighbors(statistic, seen)
        return self._smoothing @ statistic

    def _rows(self, features, labels):
        features, labels = ops.convert_to_tensor(features), ops.convert_to_tensor(labels)
        one_each = len(labels.shape) == len(features.shape) and labels.shape[-1] in (1, None)
        if not one_each and len(labels.shape) != len(features.shape) - 1:
            raise ValueError(
                f"FeatureDistributionSmoothing '{self.name}' needs one scalar label a feature "
                "vector: (batch,) or (batch, 1) labels for (batch, features), and "
                "(batch, height, width, 1) for (batch, height, width, features). Received: "
                f"features of shape {tuple(features.shape)}, labels of shape {tuple(labels.shape)}"
            )
        same_lengths(features=features.shape[:-1], labels=labels.shape[: len(features.shape) - 1])
        rows = ops.reshape(features, (-1, features.shape[-1]))
        return rows, self.bins.index(ops.reshape(labels, (-1,)))

    def compute_output_shape(self, features_shape, labels_shape=None):
        return features_shape

    def get_config(self):
        return {
            **super().get_config(),
            "bins": keras.saving.serialize_keras_object(self.bins),
            "kernel": self.kernel,
            "kernel_size": self.kernel_size,
            "sigma": self.sigma,
            "momentum": self.momentum,
            "start_smooth": self.start_smooth,
            "variance_clip": list(self.variance_clip),
            "empty_bins": self.empty_bins,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        config["bins"] = keras.saving.deserialize_keras_object(config["bins"])
        return cls(**config)
