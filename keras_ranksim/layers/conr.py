"""ConR as a layer: an identity that leaves a contrastive term for when predictions are known."""

import itertools

import keras
from keras import ops

from keras_ranksim.ops.conr import ORDERS, PUSHING, conr_loss
from keras_ranksim.ops.rows import rows_of_samples
from keras_ranksim.registration import registered
from keras_ranksim.scope.before_calibration import before_calibration
from keras_ranksim.scope.label_scope import current_scope, labels_for
from keras_ranksim.scope.replicas import gather, replica_count, share_of_rows
from keras_ranksim.validation import non_negative, one_of, positive


@registered
class ConRRegularizer(keras.layers.Layer):
    """Pushes apart samples that the model confuses although their labels differ (ConR).

    Put it after the layer that gives the embedding, before the regression head, in an
    `ImbalancedRegressor`. It returns its input. The term needs the predictions, which come
    later, so while training the layer leaves it to be evaluated with the loss. Sample weights
    count in it; under a distribution strategy it is that of the global batch, and every
    replica takes its share of the anchors.

    The published form contrasts two augmented views of every sample: let the dataset yield
    `x` as a tuple of two views (both serve the regression loss as well), or of two views and a
    plain one (which alone serves the regression loss). Data without augmentation use one view.

    Args:
        beta: Weight of the term, at least 0.
        window: Labels, or predictions, no further apart than this are alike.
        temperature: Sharpness of the similarities, above 0.
        pushing_power: How much harder a negative is pushed the further its label is.
        pushing: `"exponential"`, or `"linear"` as the paper does for depth.
        order: Norm of the distance between labels of several dimensions: 1, 2 or infinity.
        across_replicas: Under a distribution strategy, whether samples are contrasted with
            those of all replicas, as on one device, or (`False`) with those of their own
            replica alone, which sends nothing between devices. The term is then the mean of
            the replicas' own.
        **kwargs: As in every Keras layer.

    Call arguments:
        features: Tensor of shape `(batch, ...)`, flattened per sample.
        labels: Optional labels, one row a sample. Without them they come from
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
        **kwargs,
    ):
        super().__init__(**{"autocast": False, **kwargs})
        self.beta = non_negative("beta", beta, "the weight of the regulariser")
        self.window = non_negative("window", window, "labels no further apart are alike")
        self.temperature = positive("temperature", temperature, "the sharpness")
        self.pushing_power = non_negative("pushing_power", pushing_power, "the push of negatives")
        self.pushing = one_of("pushing", pushing, PUSHING)
        self.order = one_of("order", order, ORDERS)
        self.across_replicas = bool(across_replicas)
        self.supports_masking = True
        self.built = True

    def call(self, features, labels=None, predictions=None, training=None):
        outputs = features if predictions is None else predictions
        if training and self.trainable and self.beta > 0:
            self._regularize(before_calibration(features), labels_for(self, labels), predictions)
        return outputs

    def _regularize(self, features, labels, predictions):
        scope = current_scope()
        if scope is not None:
            scope.add_loss(
                lambda scope_predictions: self._global_loss(
                    scope,
                    features,
                    labels,
                    scope_predictions if predictions is None else predictions,
                )
            )
        elif predictions is not None and replica_count() == 1:
            self.add_loss(self._loss(features, labels, predictions))
        else:
            raise ValueError(
                f"ConRRegularizer '{self.name}' needs the predictions of the batch. Build the "
                "model as keras_ranksim.ImbalancedRegressor; or, without a distribution "
                "strategy, call the layer as `ConRRegularizer()(features, labels, predictions)`."
            )

    def _global_loss(self, scope, features, labels, predictions):
        if predictions is None:
            raise ValueError(
                f"ConRRegularizer '{self.name}' left a term of the predictions: pass them to "
                "`scope.total_loss(predictions)`. Received: predictions=None"
            )
        weights = scope.sample_weight
        if weights is None:
            weights = ops.ones((ops.shape(labels)[0],))
        tensors = [
            tensor[: scope.contrasted_rows]
            for tensor in (features, labels, predictions, ops.convert_to_tensor(weights))
        ]
        replicas = replica_count()
        if replicas == 1 or not self.across_replicas:
            return self._loss(*tensors) / replicas
        features, *known = (rows_of_samples(tensor) for tensor in tensors)
        sizes = [rows.shape[-1] for rows in known]
        features, known = gather(features, ops.concatenate(known, axis=-1))
        known = ops.split(known, list(itertools.accumulate(sizes[:-1])), axis=-1)
        return self._loss(features, *known, rows=share_of_rows(ops.shape(features)[0]))

    def _loss(self, features, labels, predictions, weights=None, rows=None):
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
        }
