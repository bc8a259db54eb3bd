"""TensorBoard for rare labels: errors by shot, RankSim's term, rank matrices."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.experiments.artifacts.embeddings import embedding_model
from keras_ranksim.layers import RankSimRegularizer
from keras_ranksim.ops import ranksim_loss
from keras_ranksim.plots.ranks import mean_rank_matrices, rank_matrices
from keras_ranksim.plots.style import png
from keras_ranksim.validation import optional_package, positive_integer

PARTS = ("labels", "predictions", "weights")


class ShotBoard(keras.callbacks.Callback):
    """Logs what matters in imbalanced regression to TensorBoard after every epoch.

    - Scalars: errors on the validation split by shot; RankSim's term on some training batches,
      and `gamma` times it if the model has the layer, to compare with the loss; all that Keras
      logs.
    - Images: the rank matrices of label space and of feature space.

    It reads the validation split one extra time per epoch. Open it with
    `tensorboard --logdir <log_dir>`. The second stage of a two-stage training appears there as a
    separate run.

    Args:
        benchmark: The benchmark; its validation split is shown, never the test split.
        log_dir: Folder of the logs.
        image_every: Epochs between images.
        term_batches: Training batches that RankSim's term is computed on.

    Example:

    >>> import tempfile
    >>> import keras_ranksim as kr
    >>> from keras_ranksim.experiments.model import build_model
    >>> benchmark = kr.data.load_portraits(train_samples=100, evaluation_per_age=1)
    >>> board = kr.experiments.ShotBoard(benchmark, tempfile.mkdtemp())
    >>> built = build_model(benchmark, "RANKSIM")
    >>> history = built.model.fit(benchmark.train, verbose=0, callbacks=[board])
    """

    def __init__(
        self,
        benchmark: Benchmark,
        log_dir: str | os.PathLike,
        image_every: int = 5,
        term_batches: int = 8,
    ):
        super().__init__()
        if keras.config.backend() != "tensorflow":
            raise ValueError(
                "The panels of TensorBoard need the TensorFlow backend. "
                f"Received: the backend '{keras.config.backend()}'"
            )
        optional_package("tensorboard", extra="tuning")
        optional_package("matplotlib.figure", extra="plots")
        self.benchmark = benchmark
        self.log_dir = Path(log_dir)
        self.image_every = positive_integer("image_every", image_every, "epochs between images")
        self.term_batches = positive_integer("term_batches", term_batches, "training batches")
        self.term_data = benchmark.replace(views=1, weights=None).train

    def __deepcopy__(self, memo):
        """A new one, for another training: a search copies its callbacks."""
        return type(self)(self.benchmark, self.log_dir, self.image_every, self.term_batches)

    def on_train_begin(self, logs=None):
        self.folder = self.log_dir / _stage(self.model)
        self.writer = tf.summary.create_file_writer(str(self.folder))
        self.ranksim = _ranksim_layer(self.model)
        try:
            outputs = {"features": embedding_model(self.model).output}
        except ValueError as error:  # a head that is a model
            outputs = {}
            warnings.warn(f"TensorBoard shows no panels of features. {error}", stacklevel=2)
        shown = keras.Model(self.model.input, {**outputs, "predictions": self.model.output})
        self.infer = tf.function(lambda x: shown(x, training=False), reduce_retracing=True)

    def on_epoch_end(self, epoch, logs=None):
        seen = self._look_at_validation()
        scalars = {f"epoch/{name}": value for name, value in (logs or {}).items()}
        report = self.benchmark.data.report(*(seen[name] for name in PARTS))
        for metric in report.columns.drop("n"):
            scalars.update(
                {f"{metric}_by_shot/{shot}": value for shot, value in report[metric].items()}
            )
        scalars.update(self._ranksim_term())
        with self.writer.as_default(step=epoch):
            for name, value in scalars.items():
                if np.isfinite(value):
                    tf.summary.scalar(name, float(value))
            if epoch % self.image_every == 0 or epoch == self.params.get("epochs", 0) - 1:
                self._show(seen)
        self.writer.flush()

    def on_train_end(self, logs=None):
        self.writer.close()

    def _look_at_validation(self):
        """Labels, predictions, weights and features of the validation split."""
        batches = [
            {"labels": labels, "weights": weights, **self.infer(x)}
            for x, labels, weights in self.benchmark.val
        ]
        seen = {
            name: np.concatenate([np.asarray(batch[name]) for batch in batches])
            for name in batches[0]
        }
        if seen["labels"].ndim == 2:
            seen["labels"] = seen["labels"][:, 0]
            seen["predictions"] = seen["predictions"][:, 0]
        return seen

    def _ranksim_term(self):
        terms = []
        for x, labels, _ in self.term_data.take(self.term_batches):
            features = self.infer(x).get("features")
            if features is None:
                return {}
            settings = {}
            if self.ranksim is not None:
                settings = {
                    "reduction": self.ranksim.reduction,
                    "label_similarity": self.ranksim.label_similarity,
                }
            terms.append(float(ranksim_loss(features, _of_images(labels), seed=0, **settings)))
        found = {"ranksim/term": np.mean(terms)}
        if self.ranksim is not None:
            found["ranksim/gamma_times_term"] = self.ranksim.gamma * np.mean(terms)
        return found

    def _show(self, seen):
        if "features" not in seen:
            return
        benchmark = self.benchmark
        labels = np.asarray(benchmark.labels["val"])
        if len(np.unique(benchmark.bins.index(labels))) > 1:
            found = mean_rank_matrices(seen["features"], labels, benchmark.bins)
            figure = rank_matrices(
                found.centers,
                {
                    "label space": found.label_space,
                    f"feature space: {found.agreement:.2f}": found.feature_space,
                },
                benchmark.label_name,
                benchmark.label_unit,
            )
            tf.summary.image("rank_matrices", tf.io.decode_png(png(figure, 100), 3)[None])
            tf.summary.scalar("ranksim/agreement_of_ranks", found.agreement)


def _stage(model):
    learning = [layer for layer in model.layers if layer.trainable_weights]
    return "regressor_alone" if len(learning) == 1 else "whole_model"


def _ranksim_layer(model):
    layers = [getattr(layer, "regularizer", layer) for layer in model.layers]
    return next((layer for layer in layers if isinstance(layer, RankSimRegularizer)), None)


def _of_images(labels):
    """One label per sample; for maps the mean of the pixels that were measured."""
    if len(labels.shape) < 3:
        return labels
    maps = tf.reshape(labels, (tf.shape(labels)[0], -1))
    measured = tf.cast(maps > 0, maps.dtype)
    return tf.reduce_sum(maps * measured, 1) / tf.maximum(tf.reduce_sum(measured, 1), 1)
