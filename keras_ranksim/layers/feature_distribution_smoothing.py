"""FDS as a layer: feature statistics by label, smoothed over neighboring labels."""

import warnings

import keras
import numpy as np
from keras import ops

from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.ops.feature_statistics import (
    calibrate,
    mean_and_variance,
    share_kept,
    smooth_over_bins,
    sums_by_bin,
)
from keras_ranksim.ops.kernels import kernel_window, smoothing_matrix
from keras_ranksim.registration import registered
from keras_ranksim.scope.before_calibration import remember
from keras_ranksim.scope.label_scope import current_scope, labels_for, of_output
from keras_ranksim.shapes import align_weights
from keras_ranksim.validation import (
    bounds,
    is_number,
    one_of,
    positive_integer,
    same_lengths,
)

EMPTY_BINS = ("renormalize", "initial", "neighbors")

# The replicas of TensorFlow add up their sums, which takes float64 about a common origin. JAX has
# no float64 and PyTorch not on every device; they take float32 about the first mean of each bin.
SUMS_IN_FLOAT64 = keras.config.backend() == "tensorflow"
SUMS_DTYPE = "float64" if SUMS_IN_FLOAT64 else "float32"


@registered
class FeatureDistributionSmoothing(keras.layers.Layer):
    """Calibrates features so that their statistics change smoothly with the label (FDS).

    During training, the mean and variance of the features of every label bin are collected in
    the step itself. Between epochs they are folded into running statistics, which are smoothed
    over neighboring bins; from epoch `start_smooth` on, features are moved from their bin's
    running statistics to the smoothed ones. Evaluation and prediction pass features unchanged.
    Under a distribution strategy the statistics are those of all replicas together.

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
        empty_bins: What smoothing does with bins without samples: `"renormalize"` leaves them
            out; `"initial"` takes mean 0 and variance 1; `"neighbors"` takes the average
            of the nearest bins with samples.
        label: Which labels to use if the model has several outputs: a key or an index of `y`.
        **kwargs: As in every Keras layer.

    Call arguments:
        features: Tensor of shape `(batch, features)`, or `(batch, height, width, features)`
            for dense tasks.
        labels: Optional scalar labels, one per feature vector. Without them the labels come
            from `ImbalancedRegressor.fit` or from a `label_scope`.
        training: Whether to collect and calibrate. A layer with `trainable=False` does not.
        mask: Which feature vectors count in the statistics; those of sample weight 0 do not.

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
        label: str | int | None = None,
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
        self.label = label
        self.supports_masking = True
        self._smoothing = smoothing_matrix(window / window.sum(), len(self.bins), "reflect")
        self._is_folded = False
        self._has_warned_of_labels = False

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
                "zeros",  # by name, so that Keras may create it later than here
                shape=shape,
                dtype=SUMS_DTYPE,
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
        self.samples_seen = statistic("samples_seen", "zeros", shape[:1], SUMS_DTYPE)
        self.epochs_folded = statistic("epochs_folded", "zeros", (), "int32")
        self.epoch_origin = statistic("epoch_origin", "zeros", shape, SUMS_DTYPE)
        self.epoch_has_ended = statistic("epoch_has_ended", "zeros", (), "int32")
        self.epoch_count = accumulator("epoch_count", shape[:1])
        self.epoch_sum = accumulator("epoch_sum", shape)
        self.epoch_sum_of_squares = accumulator("epoch_sum_of_squares", shape)
        self.epoch_outside = accumulator("epoch_outside", ())

    def call(self, features, labels=None, training=None, mask=None):
        if not (training and self.trainable):
            return features
        self._warn_if_nothing_folds()
        if labels is None:
            mask = self._weighed(features, mask)
        labels = labels_for(self, labels)
        self.update_state(features, labels, mask)
        # A choice and not a branch, for which the processor would wait for a GPU at every step.
        starts = ops.convert_to_tensor(self.epochs_folded) >= self.start_smooth
        calibrated = ops.where(starts, self.calibrate(features, labels), features)
        return remember(calibrated, features)

    def update_state(self, features, labels, counted=None) -> None:
        """Adds a batch to the statistics of the epoch under way.

        Args:
            features, labels: As in a call.
            counted: Which feature vectors count, a boolean per vector; `None` for all.
        """
        rows, labels, index = self._rows(features, labels)
        rows = ops.stop_gradient(rows)
        if not SUMS_IN_FLOAT64:
            self._set_origin(rows, index, counted)
        count, total, squares = sums_by_bin(rows, index, self.epoch_origin.value, counted)
        self.epoch_count.assign_add(count)
        self.epoch_sum.assign_add(total)
        self.epoch_sum_of_squares.assign_add(squares)
        outside = self.bins.is_outside(labels)
        if counted is not None:
            outside = ops.logical_and(outside, ops.reshape(counted, (-1,)))
        self.epoch_outside.assign_add(ops.sum(ops.cast(outside, SUMS_DTYPE)))

    def finalize_state(self) -> None:
        """Folds the epoch's statistics into the running ones, smooths them, and clears the epoch.

        Does nothing if no sample came since the last time.
        """
        self._is_folded = True
        if not self.built:
            return
        epoch = (self.epoch_count, self.epoch_sum, self.epoch_sum_of_squares, self.epoch_origin)
        count, total, squares, origin = map(_float64, epoch)
        if not count.any():
            return
        self._warn_of_labels_outside(count)
        mean, variance = mean_and_variance(count, total, squares, origin)
        seen_before = _float64(self.samples_seen)
        kept = share_kept(seen_before, count, self.momentum)[:, None]
        running_mean = kept * _float64(self.running_mean) + (1 - kept) * mean
        running_variance = kept * _float64(self.running_variance) + (1 - kept) * variance
        seen = seen_before + count
        self.running_mean.assign(running_mean)
        self.running_variance.assign(running_variance)
        self.smoothed_mean.assign(self._smooth(running_mean, seen))
        self.smoothed_variance.assign(self._smooth(running_variance, seen))
        self.samples_seen.assign(seen)
        self.epochs_folded.assign(ops.convert_to_numpy(self.epochs_folded) + 1)
        self._clear_epoch()

    def begin_epoch(self) -> None:
        """Folds the last epoch if it has ended, and forgets it if not; `EpochFold` calls it."""
        self._is_folded = True
        if not self.built:
            return
        if ops.convert_to_numpy(self.epoch_has_ended):
            self.finalize_state()
            self.epoch_has_ended.assign(0)
        else:
            self._clear_epoch()

    def end_epoch(self) -> None:
        """Marks the statistics of the epoch as whole; `EpochFold` calls it."""
        if self.built:
            self.epoch_has_ended.assign(1)

    def calibrate(self, features, labels):
        """Moves features from their bin's running statistics to the smoothed ones."""
        rows, _, index = self._rows(features, labels)
        # Statistics filled from neighbors say nothing of what the bin's own features were.
        known = self.samples_seen.value > 0 if self.empty_bins == "neighbors" else None
        calibrated = calibrate(
            ops.cast(rows, "float32"),
            index,
            self.running_mean.value,
            self.running_variance.value,
            self.smoothed_mean.value,
            self.smoothed_variance.value,
            self.variance_clip,
            known,
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
            (self.epoch_has_ended, 0),
        ):
            variable.assign(np.full(variable.shape, value))
        self._clear_epoch()

    def _weighed(self, features, mask):
        """The mask without the feature vectors whose sample weight is 0."""
        scope = current_scope()
        weights = None if scope is None else of_output(self, scope.sample_weight)
        if weights is None:
            return mask
        weighed = align_weights(weights, features[..., :1])[..., 0] > 0
        return weighed if mask is None else ops.logical_and(mask, weighed)

    def _set_origin(self, rows, index, counted):
        """Takes the mean of a bin's first batch of an epoch as the origin of its sums."""
        origin = self.epoch_origin.value
        count, total, _ = sums_by_bin(rows, index, ops.zeros_like(origin), counted)
        first = ops.logical_and(self.epoch_count.value == 0, count > 0)[:, None]
        mean = total / ops.maximum(count, 1.0)[:, None]
        self.epoch_origin.assign(ops.where(first, mean, origin))

    def _warn_if_nothing_folds(self):
        if not self._is_folded:
            self._is_folded = True
            warnings.warn(
                f"FeatureDistributionSmoothing '{self.name}' trains, but nothing has folded its "
                "statistics yet, so it will calibrate nothing: pass "
                "keras_ranksim.models.EpochFold() as the first callback of `fit`, or call "
                "`finalize_state()` before every epoch, including the first.",
                stacklevel=2,
            )

    def _warn_of_labels_outside(self, count):
        outside = int(_float64(self.epoch_outside))
        if outside and not self._has_warned_of_labels:
            self._has_warned_of_labels = True
            warnings.warn(
                f"FeatureDistributionSmoothing '{self.name}': {outside} of {int(count.sum())} "
                f"labels of the last epoch lie outside the bins, {self.bins}, and count in the "
                "first or last one. Choose bins that hold all labels.",
                stacklevel=2,
            )

    def _clear_epoch(self):
        for variable in (
            self.epoch_count,
            self.epoch_sum,
            self.epoch_sum_of_squares,
            self.epoch_outside,
            self.epoch_origin,
        ):
            variable.assign(np.zeros(variable.shape))

    def _smooth(self, statistic, seen):
        return smooth_over_bins(statistic, seen > 0, self._smoothing, self.empty_bins)

    def _rows(self, features, labels):
        features, labels = ops.convert_to_tensor(features), ops.convert_to_tensor(labels)
        one_each = len(labels.shape) == len(features.shape) and labels.shape[-1] in (1, None)
        if not one_each and len(labels.shape) != len(features.shape) - 1:
            raise ValueError(
                f"FeatureDistributionSmoothing '{self.name}' needs one scalar label per "
                "feature vector: (batch,) or (batch, 1) labels for (batch, features), and "
                "(batch, height, width, 1) for (batch, height, width, features). Received: "
                f"features of shape {tuple(features.shape)}, labels of shape {tuple(labels.shape)}"
            )
        same_lengths(features=features.shape[:-1], labels=labels.shape[: len(features.shape) - 1])
        labels = ops.reshape(labels, (-1,))
        return ops.reshape(features, (-1, features.shape[-1])), labels, self.bins.index(labels)

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
            "label": self.label,
        }

    @classmethod
    def from_config(cls, config):
        bins = keras.saving.deserialize_keras_object(config["bins"])
        return cls(**{**config, "bins": bins})


def _float64(variable):
    return ops.convert_to_numpy(variable).astype("float64")
