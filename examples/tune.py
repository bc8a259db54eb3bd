"""Which gamma and perturbation for my data? Twelve trials of a small network, in two minutes.

Searches RankSim's two numbers for a model of your own with KerasTuner. Prints the trials with the
validation error that chose the best one, among them the same model without RankSim (the
baseline), then the test error of the best model by shot. Interrupt it and start it again: it
resumes.

    python examples/tune.py

For a benchmark or a CSV file, in several processes: `python -m keras_ranksim tune --workers 2`.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

import keras_ranksim as kr

random = np.random.default_rng(0)
ages = np.minimum(random.exponential(20, 6000), 99).round()
x = np.outer(ages / 50, random.normal(size=12)) + random.normal(size=(6000, 12))
bins = kr.LabelBins.uniform(0, 100, 1)
split = kr.balanced_split(ages, bins)
train, val, test = (split == name for name in ("train", "val", "test"))


def build(hp):
    inputs = keras.Input((12,))
    embedding = keras.layers.Dense(64, activation="relu")(inputs)
    embedding = kr.layers.RankSimRegularizer(**kr.tuning.ranksim_space(hp), seed=0)(embedding)
    model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))
    rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log", default=1e-3)
    model.compile(keras.optimizers.Adam(rate), loss="mae")
    return model


result = kr.tuning.search(
    build,
    x=x[train],
    y=ages[train],
    validation_data=(x[val], ages[val]),
    max_trials=12,
    epochs=20,
    output_dir="runs/tune",
)
print(f"\n{result}\nBest: {result.best}")
predictions = result.model().predict(x[test], verbose=0)
report = kr.shot_report(ages[test], predictions[:, 0], ages[train], bins)
print(f"\nOn the test split\n{report.round(2).to_string(na_rep='-')}")
