"""A custom training loop in TensorFlow, with `tf.GradientTape`. Seconds on one core.

`kr.label_scope` shows the layers the labels of the batch and holds the loss terms that they leave.
Prints the test error on ages that are frequent (many) and rare (few) in training.

    python examples/loop_tensorflow.py
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"  # before Keras is imported
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

import keras_ranksim as kr

random = np.random.default_rng(0)
ages = np.minimum(random.exponential(20, 4000), 99).round().astype("float32")
x = np.outer(ages / 50, random.normal(size=12)) + random.normal(size=(4000, 12))
x = x.astype("float32")
bins = kr.LabelBins.uniform(0, 100, 1)
split = kr.balanced_split(ages, bins)
train, test = split == "train", split == "test"
weights = kr.label_weights(ages[train], bins, kernel="gaussian")

keras.utils.set_random_seed(0)
inputs = keras.Input((12,))
embedding = keras.layers.Dense(64, activation="relu")(inputs)
embedding = kr.layers.RankSimRegularizer(seed=0)(embedding)
model = keras.Model(inputs, keras.layers.Dense(1)(embedding))
optimizer = keras.optimizers.Adam(1e-2)


@tf.function
def step(x, y, weight):
    with tf.GradientTape() as tape, kr.label_scope(y) as scope:
        predictions = model(x, training=True)
        loss = tf.reduce_mean(weight * tf.abs(predictions[:, 0] - y))
        loss += scope.total_loss(predictions)
    gradients = tape.gradient(loss, model.trainable_weights)
    optimizer.apply(gradients, model.trainable_weights)
    return loss


data = tf.data.Dataset.from_tensor_slices((x[train], ages[train], weights)).shuffle(4000, seed=0)
for epoch in range(10):
    for batch in data.batch(64):
        loss = step(*batch)
    print(f"epoch {epoch + 1}: loss {float(loss):.2f}")
predictions = model(x[test]).numpy()[:, 0]
print(kr.shot_report(ages[test], predictions, ages[train], bins).round(2))
