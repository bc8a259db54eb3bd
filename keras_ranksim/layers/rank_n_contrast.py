"""Rank-N-Contrast as a layer: an identity that adds a contrastive loss during training."""

import keras

from keras_ranksim.ops.geometry import GEOMETRIES
from keras_ranksim.ops.rank_n_contrast import rank_n_contrast_loss
from keras_ranksim.ops.similarity import ORDERS
from keras_ranksim.registration import registered
from keras_ranksim.scope.before_calibration import before_calibration
from keras_ranksim.scope.global_batch import on_global_batch
from keras_ranksim.scope.label_scope import add_term, current_scope, labels_for
from keras_ranksim.scope.views import contrasted_rows
from keras_ranksim.validation import non_negative, one_of, positive


@registered
class RankNContrastRegularizer(keras.layers.Layer):
    """Makes features nearer to one another the nearer their labels are (Rank-N-Contrast).

    Put it after the layer that gives the embedding, before the regression head. It returns its
    input. During training it adds `keras_ranksim.ops.rank_n_contrast_loss` to the loss; under a
    distribution strategy the term is that of the global batch, and every replica takes its share
    of the anchors. Sample weights do not count in it.

    As published, the term is all that a first stage learns from: compile the model without a
    loss, call `fit`, then train a new head on the features with `retrain_regressor`. There two
    augmented views of every sample are contrasted: let the dataset yield `x` as
    `keras_ranksim.Views(first, second)`, or with a third, plain view for the regression loss.
    One view works, too.

    Args:
        weight: Weight of the term, at least 0.
        temperature: Sharpness of the similarities, above 0. The paper uses 2 with Euclidean
            ones; cosines need about 0.1.
        similarity: `"euclidean"`, minus the distance of the features, or `"cosine"`.
        order: Norm of the distance between labels of several dimensions: 1, 2 or infinity.
        across_replicas: Under a distribution strategy, whether samples are contrasted with
            those of all replicas, as on one device, or (`False`) with those of their own
            replica alone, which sends nothing between devices. The term is then the mean of
            the replicas' own.
        label: Which labels to use if the model has several outputs: a key or an index of `y`.
        **kwargs: As in every Keras layer.

    Call arguments:
        features: Tensor of shape `(batch, ...)`, flattened per sample.
        labels: Optional tensor, one row per sample. Without it the labels come from
            `ImbalancedRegressor.fit` or from a `label_scope`.
        training: Whether the term is added. A layer with `trainable=False` adds none.

    Example:

    >>> import keras, keras_ranksim as kr, numpy as np
    >>> inputs = keras.Input((8,))
    >>> embedding = keras.layers.Dense(16, activation="relu")(inputs)
    >>> embedding = kr.layers.RankNContrastRegularizer()(embedding)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    >>> x, y = np.random.rand(64, 8), np.random.rand(64)
    >>> model.compile("adam")  # stage one: this term alone
    >>> history = model.fit(x, y, verbose=0)
    >>> history = kr.retrain_regressor(model, x, y, loss="mae", verbose=0)

    Reference: [Zha et al., NeurIPS 2023](https://arxiv.org/abs/2210.01189)
    """

    def __init__(
        self,
        weight: float = 1.0,
        temperature: float = 2.0,
        similarity: str = "euclidean",
        *,
        order: float = 2,
        across_replicas: bool = True,
        label: str | int | None = None,
        **kwargs,
    ):
        super().__init__(**{"autocast": False, **kwargs})
        self.weight = non_negative("weight", weight, "the weight of the term")
        self.temperature = positive("temperature", temperature, "the sharpness")
        self.similarity = one_of("similarity", similarity, GEOMETRIES)
        self.order = one_of("order", order, ORDERS)
        self.across_replicas = bool(across_replicas)
        self.label = label
        self.supports_masking = True
        self.built = True

    def call(self, features, labels=None, training=None):
        if training and self.trainable and self.weight > 0:
            raw, labels = before_calibration(features), labels_for(self, labels)
            views = 1 if current_scope() is None else current_scope().views
            add_term(self, lambda predictions: self._term(views, raw, labels))
        return features

    def _term(self, views, *tensors):
        def loss(features, labels, rows):
            return self.weight * rank_n_contrast_loss(
                features,
                labels,
                temperature=self.temperature,
                similarity=self.similarity,
                order=self.order,
                rows=rows,
            )

        contrasted = contrasted_rows(views, *tensors)
        return on_global_batch(loss, *contrasted, across_replicas=self.across_replicas)

    def compute_output_shape(self, features_shape, labels_shape=None):
        return features_shape

    def get_config(self):
        return {
            **super().get_config(),
            "weight": self.weight,
            "temperature": self.temperature,
            "similarity": self.similarity,
            "order": self.order,
            "across_replicas": self.across_replicas,
            "label": self.label,
        }
