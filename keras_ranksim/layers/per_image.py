"""A regularizer of embeddings, applied to feature maps: one vector and one label per image."""

import keras
from keras import ops

from keras_ranksim.layers.feature_distribution_smoothing import FeatureDistributionSmoothing
from keras_ranksim.layers.noise_scale import NoiseScale
from keras_ranksim.layers.voting_head import VotingHead
from keras_ranksim.registration import registered
from keras_ranksim.scope.before_calibration import before_calibration
from keras_ranksim.scope.label_scope import current_scope, label_scope, labels_for, of_output

NOT_REGULARIZERS = (FeatureDistributionSmoothing, NoiseScale, VotingHead)


@registered
class PerImage(keras.layers.Layer):
    """Lets a regularizer of embeddings see a feature map image by image.

    For dense tasks such as depth, where features are `(batch, height, width, features)` and
    every pixel has a label: the regularizer gets the features averaged over each image, and
    the mean label of the image; ConR the mean prediction and the mean weight, too. Pixels of
    sample weight 0 count in none of the labels and predictions. The feature map itself is
    returned unchanged.

    Args:
        regularizer: The layer to apply, for instance `RankSimRegularizer()` or
            `ConRRegularizer()`.
        **kwargs: As in every Keras layer.

    Call arguments:
        features: Tensor of shape `(batch, height, width, features)`.
        labels: Optional labels `(batch, height, width)` or `(batch, height, width, 1)`. Without
            them the labels come from `ImbalancedRegressor.fit` or from a `label_scope`.
        training: Whether the regularizer acts. A layer with `trainable=False` does not.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> inputs = keras.Input((24, 32, 3))
    >>> embedding = keras.layers.Conv2D(16, 3, padding="same", activation="relu")(inputs)
    >>> embedding = kr.layers.PerImage(kr.layers.RankSimRegularizer())(embedding)
    >>> depth = keras.layers.Conv2D(1, 5, padding="same")(embedding)
    >>> model = kr.ImbalancedRegressor(inputs, depth)
    """

    def __init__(self, regularizer: keras.layers.Layer, **kwargs):
        super().__init__(**{"autocast": False, **kwargs})
        if not isinstance(regularizer, keras.layers.Layer):
            raise ValueError(
                "`regularizer` must be a regularizer layer, for instance "
                f"keras_ranksim.layers.RankSimRegularizer(). Received: regularizer={regularizer!r}"
            )
        if isinstance(regularizer, NOT_REGULARIZERS):
            raise ValueError(
                f"`regularizer` must return its input; {type(regularizer).__name__} changes it, "
                "and acts on feature maps by itself. "
                f"Received: regularizer={regularizer!r}"
            )
        self.regularizer = regularizer
        self.supports_masking = True

    @property
    def label(self):
        """Which labels to use if the model has several outputs, as the regularizer says."""
        return getattr(self.regularizer, "label", None)

    def build(self, features_shape, labels_shape=None):
        if len(features_shape) != 4:
            raise ValueError(
                f"PerImage '{self.name}' needs feature maps, (batch, height, width, features). "
                f"Received: features of shape {tuple(features_shape)}"
            )

    def call(self, features, labels=None, training=None):
        if training and self.trainable:
            self._regularize(features, labels_for(self, labels))
        return features

    def _regularize(self, features, labels):
        pooled = ops.mean(ops.cast(before_calibration(features), "float32"), axis=(1, 2))
        scope = current_scope()
        if scope is None:
            self.regularizer(pooled, _mean(labels, None), training=True)
            return
        weights = scope.sample_weight
        weights = None if weights is None else of_output(self, weights)
        per_pixel = _per_pixel(weights)
        if per_pixel is not None:
            weights = ops.mean(per_pixel, axis=(1, 2))
        with label_scope(_mean(labels, per_pixel), weights, scope.views) as inner:
            self.regularizer(pooled, training=True)

        def term(predictions):
            if predictions is not None:
                predictions = _mean(of_output(self, predictions), per_pixel)
            return inner.total_loss(predictions)

        scope.add_loss(term)

    def compute_output_shape(self, features_shape, labels_shape=None):
        return features_shape

    def get_config(self):
        return {
            **super().get_config(),
            "regularizer": keras.saving.serialize_keras_object(self.regularizer),
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        config["regularizer"] = keras.saving.deserialize_keras_object(config["regularizer"])
        return cls(**config)


def _per_pixel(weights):
    """Float32 weights `(batch, height, width)`, or `None` unless there is one per pixel."""
    if weights is None or len(weights.shape) < 3:
        return None
    weights = ops.cast(ops.convert_to_tensor(weights), "float32")
    return weights[..., 0] if len(weights.shape) == 4 else weights


def _mean(maps, weight):
    """The mean of every map, `(batch, 1)`, over its pixels of a weight above 0."""
    maps = ops.cast(ops.convert_to_tensor(maps), "float32")
    if len(maps.shape) == 4:
        maps = maps[..., 0]
    if weight is None:
        return ops.mean(maps, axis=(1, 2))[:, None]
    counted = ops.cast(weight > 0, "float32")
    total = ops.sum(maps * counted, axis=(1, 2))
    return (total / ops.maximum(ops.sum(counted, axis=(1, 2)), 1))[:, None]
