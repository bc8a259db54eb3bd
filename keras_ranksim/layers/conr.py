"""ConR as a layer: an identity that adds a contrastive loss during training."""

import keras
from keras import ops

from keras_ranksim.ops.conr import PUSHING, conr_loss
from keras_ranksim.ops.similarity import ORDERS
from keras_ranksim.registration import registered
from keras_ranksim.scope.before_calibration import before_calibration
from keras_ranksim.scope.global_batch import on_global_batch
from keras_ranksim.scope.label_scope import add_term, current_scope, labels_for, of_output
from keras_ranksim.scope.views import contrasted_rows
from keras_ranksim.validation import non_negative, one_of, positive


@registered
class ConRRegularizer(keras.layers.Layer):
    """Pushes apart samples that the model confuses although their labels differ (ConR).

    Put it after the layer that gives the embedding, before the regression head, in an
    `ImbalancedRegressor`. It returns its input. The term needs the predictions, which come
    later, so it is evaluated together with the loss. Sample weights count in it; under a
    distribution strategy it is that of the global batch, and every replica takes its share of
    the anchors.

    The published form contrasts two augmented views of every sample: let the dataset yield `x`
    as `keras_ranksim.Views(first, second)`, both seen by the regression loss as well, or
    `keras_ranksim.Views(first, second, plain)`, where only the plain one is. Data without
    augmentation use one view.

    Args:
        beta: Weight of the term, at least 0.
        window: Labels, or predictions, no further apart than this count as equal.
        temperature: Sharpness of the similarities, above 0.
        pushing_power: How much harder a negative is pushed the further its label is.
        pushing: `"exponential"`, or `"linear"` as the paper does for depth.
        order: Norm of the distance between labels of several dimensions: 1, 2 or infinity.
        across_replicas: Under a distribution strategy, whether samples are contrasted with
            those of all replicas, as on one device, or (`False`) with those of their own
            replica alone, which sends nothing between devices. The term is then the mean of
            the replicas' own.
        label: Which output to use if the model has several: a key or an index of `y`.
        **kwargs: As in every Keras layer.

    Call arguments:
        features: Tensor of shape `(batch, ...)`, flattened per sample.
        labels: Optional labels, one row per sample. Without them they come from
            `ImbalancedRegressor.fit` or from a `label_scope`.
        predictions: Optional predictions, for a plain `keras.Model`. Called with them, the
            layer returns them instead of the features, so that it is part of the graph:
            `outputs = ConRRegularizer()(embedding, labels, head(embedding))`.
        training: Whether the term is added. A layer with `trainable=False` adds none.

    Example:

    >>> import keras, keras_ranksim as kr
    >>> inputs = keras.Input((8,))
    >>> embedding = keras.layers.Dense(16, activation="relu")(inputs)
    >>> embedding = kr.layers.ConRRegularizer(beta=4.0)(embedding)
    >>> model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))

    Reference: [Keramati, Meng, Evans, ICLR 2024](https://arxiv.org/abs/2309.06651)
    """

    def __init__(
        self,
        beta: float = 4.0,
        window: float = 1.0,
        temperature: float = 0.07,
        pushing_power: float = 0.01,
        pushing: str = "exponential",
        order: float = 2,
        across_replicas: bool = True,
        label: str | int | None = None,
        **kwargs,
    ):
        super().__init__(**{"autocast": False, **kwargs})
        self.beta = non_negative("beta", beta, "the weight of the term")
        self.window = non_negative("window", window, "labels no further apart count as equal")
        self.temperature = positive("temperature", temperature, "the sharpness")
        self.pushing_power = non_negative("pushing_power", pushing_power, "the push of negatives")
        self.pushing = one_of("pushing", pushing, PUSHING)
        self.order = one_of("order", order, ORDERS)
        self.across_replicas = bool(across_replicas)
        self.label = label
        self.supports_masking = True
        self.built = True

    def call(self, features, labels=None, predictions=None, training=None):
        if training and self.trainable and self.beta > 0:
            raw, labels = before_calibration(features), labels_for(self, labels)
            scope, known = current_scope(), predictions

            def term(predictions):
                predictions = self._predictions(predictions if known is None else known)
                views, weights = (1, None) if scope is None else (scope.views, scope.sample_weight)
                if weights is None:
                    weights = ops.ones((ops.shape(labels)[0],), "float32")
                return self._term(views, raw, labels, predictions, of_output(self, weights))

            add_term(self, term)
        return features if predictions is None else predictions

    def _predictions(self, predictions):
        if predictions is None:
            raise ValueError(
                f"ConRRegularizer '{self.name}' needs the predictions of the batch. Build the "
                "model as keras_ranksim.ImbalancedRegressor; or call the layer as "
                "`ConRRegularizer()(features, labels, predictions)`; or, in a label scope, pass "
                "them to `scope.total_loss(predictions)`. Received: predictions=None"
            )
        return of_output(self, predictions)

    def _term(self, views, *tensors):
        def loss(features, labels, predictions, weights, rows):
            return self.beta * conr_loss(
                features,
                labels,
                predictions,
                weights,
                window=self.window,
                temperature=self.temperature,
                pushing_power=self.pushing_power,
                pushing=self.pushing,
                order=self.order,
                rows=rows,
            )

        contrasted = contrasted_rows(views, *tensors)
        return on_global_batch(loss, *contrasted, across_replicas=self.across_replicas)

    def compute_output_shape(self, features_shape, labels_shape=None, predictions_shape=None):
        return features_shape if predictions_shape is None else predictions_shape

    def get_config(self):
        return {
            **super().get_config(),
            "beta": self.beta,
            "window": self.window,
            "temperature": self.temperature,
            "pushing_power": self.pushing_power,
            "pushing": self.pushing,
            "order": self.order,
            "across_replicas": self.across_replicas,
            "label": self.label,
        }
