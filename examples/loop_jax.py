"""A custom training loop in JAX, stateless and compiled. Seconds on one core.

`kr.label_scope` shows the layers the labels of the batch and holds the loss terms that they leave.
Prints the test error on ages that are frequent (many) and rare (few) in training.

    python examples/loop_jax.py
"""

import os

os.environ["KERAS_BACKEND"] = "jax"  # before Keras is imported

import jax
import keras
import numpy as np

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
optimizer.build(model.trainable_variables)


def loss_of(trainable, other, x, y, weight):
    with kr.label_scope(y) as scope:
        predictions, other = model.stateless_call(trainable, other, x, training=True)
        loss = keras.ops.mean(weight * keras.ops.abs(predictions[:, 0] - y))
        return loss + scope.total_loss(predictions), other


@jax.jit
def step(state, x, y, weight):
    trainable, other, slots = state
    gradient = jax.value_and_grad(loss_of, has_aux=True)
    (loss, other), gradients = gradient(trainable, other, x, y, weight)
    trainable, slots = optimizer.stateless_apply(slots, gradients, trainable)
    return loss, (trainable, other, slots)


variables = (model.trainable_variables, model.non_trainable_variables, optimizer.variables)
state = tuple([variable.value for variable in group] for group in variables)
for epoch in range(10):
    for rows in np.array_split(random.permutation(len(weights)), len(weights) // 64):
        loss, state = step(state, x[train][rows], ages[train][rows], weights[rows])
    print(f"epoch {epoch + 1}: loss {float(loss):.2f}")
predictions = np.asarray(model.stateless_call(*state[:2], x[test])[0])[:, 0]
print(kr.shot_report(ages[test], predictions, ages[train], bins).round(2))
