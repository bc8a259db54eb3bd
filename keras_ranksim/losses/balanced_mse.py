"""Balanced MSE: the squared error as it would be if all labels were equally frequent."""

import numpy as np
from keras import ops

from keras_ranksim.labels.mixture import fit_mixture, mixture_of_bins
from keras_ranksim.losses.counted_rows import LossOfBatch
from keras_ranksim.registration import registered
from keras_ranksim.scope.label_scope import current_scope
from keras_ranksim.shapes import align_labels
from keras_ranksim.validation import one_of, positive

PRIORS = ("batch", "mixture", "bins")
LEARNED = "learned"
FAR = 1e15  # its square is a float32


@registered
class BalancedMSE(LossOfBatch):
    """Balanced MSE, the regression loss that corrects for the density of the labels.

    A prediction `p` with Gaussian noise `s` gets `-log p(y | p)` under labels as frequent as
    in training, times `2 s^2`, which makes it the squared error plus a term that charges
    predictions for lying where training labels are dense.

    Args:
        prior: Where the density of labels is taken from: `"batch"`, the labels of the (global)
            batch, as the paper's batch-based form (BMC), which is 0 for a batch of one sample;
            `"mixture"`, Gaussians fitted to `train_labels` (GAI); `"bins"`, the histogram of
            `train_labels` (BNI).
        noise: The noise scale `s` in units of the label, above 0, or `"learned"`, which needs a
            `keras_ranksim.layers.NoiseScale` layer at the end of the model.
        train_labels: Training labels, for `"mixture"` and `"bins"`.
        components: Number of Gaussians, for `"mixture"`.
        bins: The label bins, for `"bins"`.
        reduction: As in every Keras loss.
        name: Name of the loss.
        across_replicas: Under a distribution strategy, whether the batch of `"batch"` is that
            of all replicas, as on one device, or (`False`) each replica's own, which sends
            nothing between devices.

    Example:

    >>> import keras_ranksim as kr
    >>> loss = kr.losses.BalancedMSE(noise=1.0)
    >>> round(float(loss([[1.0], [1.0], [4.0]], [[1.0], [1.0], [4.0]])), 3)
    0.946

    Reference: [Ren et al., CVPR 2022](https://arxiv.org/abs/2203.16427)
    """

    def __init__(
        self,
        prior: str = "batch",
        noise: float | str = 1.0,
        train_labels=None,
        components: int = 8,
        bins=None,
        reduction: str = "sum_over_batch_size",
        name: str = "balanced_mse",
        across_replicas: bool = True,
        **kwargs,
    ):
        super().__init__(name=name, reduction=reduction, **kwargs)
        self.prior = one_of("prior", prior, PRIORS)
        self.noise = noise if noise == LEARNED else positive("noise", noise, "the noise scale")
        self.across_replicas = bool(across_replicas)
        self._mixture = None
        if prior != "batch":
            if train_labels is None:
                raise ValueError(
                    "`train_labels` must hold the training labels when `prior` is not 'batch'. "
                    f"Received: prior={prior!r}, train_labels=None"
                )
            if prior == "mixture":
                self._mixture = fit_mixture(train_labels, components)
            else:
                self._mixture = mixture_of_bins(train_labels, bins)

    def call(self, y_true, y_pred):
        labels, predictions = align_labels(y_true, y_pred)
        self._check_shape(labels.shape)
        variance = ops.square(ops.cast(self._noise_scale(), predictions.dtype))
        error = _squared_distance(labels, predictions)
        if self.prior == "batch":
            log_density = self._log_density_of_batch(labels, predictions, variance)
        else:
            log_density = self._log_density_of_mixture(predictions, variance)
        log_likelihood = -error / (2 * variance) - log_density
        return -log_likelihood * ops.stop_gradient(2 * variance)

    def _check_shape(self, shape):
        if len(shape) != 2 or (self.prior != "batch" and shape[-1] != 1):
            wanted = "(batch, dimensions)" if self.prior == "batch" else "(batch, 1)"
            raise ValueError(
                f"BalancedMSE(prior={self.prior!r}) needs labels of shape {wanted}. "
                f"Received: labels of shape {tuple(shape)}"
            )

    def _noise_scale(self):
        if self.noise != LEARNED:
            return self.noise
        scope = current_scope()
        if scope is None or scope.noise is None:
            raise ValueError(
                "BalancedMSE(noise='learned') needs a keras_ranksim.layers.NoiseScale layer at the "
                "end of the model. Received: a model without one"
            )
        return scope.noise

    def _log_density_of_batch(self, labels, predictions, variance):
        """`log sum_j exp(-|p_i - y_j|^2 / 2 s^2)`; the batch's own share cancels out."""
        # Labels of rows that do not count are too far from every prediction to add anything.
        others = self.others(labels, FAR)
        distance = _squared_distance(others[None, :, :], predictions[:, None, :])
        return ops.logsumexp(-distance / (2 * variance), axis=-1)

    def _log_density_of_mixture(self, predictions, variance):
        """`log p(predictions)` under the labels' mixture widened by the noise, over `N(0; s)`."""
        shares, means, variances = (
            ops.convert_to_tensor(array, predictions.dtype) for array in self._mixture
        )
        widened = variances + variance
        exponent = -ops.square(predictions[..., :1] - means) / (2 * widened)
        log_scale = 0.5 * (ops.log(variance) - ops.log(widened))
        return ops.logsumexp(exponent + ops.log(shares) + log_scale, axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "prior": self.prior,
            "noise": self.noise,
            "across_replicas": self.across_replicas,
            "mixture": None if self._mixture is None else [a.tolist() for a in self._mixture],
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        mixture = config.pop("mixture")
        if mixture is None:
            return cls(**config)
        restored = cls(**{**config, "prior": "batch"})
        restored.prior = config["prior"]
        restored._mixture = tuple(np.asarray(a) for a in mixture)
        return restored


def _squared_distance(labels, predictions):
    return ops.sum(ops.square(predictions - labels), axis=-1)
