"""A model of two outputs, one of them with rare labels. Seconds on one core, on any backend.

The model predicts an age and a height. `label="age"` says which labels the regularizers use. Prints
the test error in years on ages that are frequent (many) and rare (few) in training.

    python examples/several_outputs.py
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

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
heights = (160 + 8 * random.normal(size=4000)).astype("float32")

keras.utils.set_random_seed(0)
inputs = keras.Input((12,))
embedding = keras.layers.Dense(64, activation="relu")(inputs)
embedding = kr.layers.FeatureDistributionSmoothing(bins, label="age")(embedding)
embedding = kr.layers.RankSimRegularizer(seed=0, label="age")(embedding)
outputs = {
    "age": keras.layers.Dense(1, name="age")(embedding),
    "height": keras.layers.Dense(1, name="height")(embedding),
}
model = kr.ImbalancedRegressor(inputs, outputs)
model.compile(
    keras.optimizers.Adam(1e-2),
    loss={"age": "mae", "height": "mae"},
    loss_weights={"age": 1.0, "height": 0.1},
)
model.fit(
    x[train],
    {"age": ages[train], "height": heights[train]},
    sample_weight={"age": weights, "height": np.ones_like(weights)},
    batch_size=64,
    epochs=10,
    verbose=2,
)
predictions = model.predict(x[test], verbose=0)["age"][:, 0]
print(kr.shot_report(ages[test], predictions, ages[train], bins).round(2))
