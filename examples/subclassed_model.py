"""A subclassed model that trains on rare labels with `fit`. Seconds on one core, on any backend.

Put the mixin before `keras.Model`: in `fit` the layers see the labels of the batch. Prints the test
error on ages that are frequent (many) and rare (few) in training.

    python examples/subclassed_model.py
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


class Regressor(kr.models.ImbalancedTraining, keras.Model):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.body = keras.layers.Dense(64, activation="relu")
        self.smoothing = kr.layers.FeatureDistributionSmoothing(bins)
        self.regularizer = kr.layers.RankSimRegularizer(seed=0)
        self.head = keras.layers.Dense(1)

    def call(self, inputs, training=None):
        features = self.smoothing(self.body(inputs), training=training)
        return self.head(self.regularizer(features, training=training))


keras.utils.set_random_seed(0)
model = Regressor()
model.compile(keras.optimizers.Adam(1e-2), loss="mae")
model.fit(x[train], ages[train], sample_weight=weights, batch_size=64, epochs=10, verbose=2)
predictions = model.predict(x[test], verbose=0)[:, 0]
print(kr.shot_report(ages[test], predictions, ages[train], bins).round(2))
