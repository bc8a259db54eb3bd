"""A custom training loop in PyTorch around a Keras model. Seconds on one core.

`kr.label_scope` shows the layers the labels of the batch and holds the loss terms that they leave.
Prints the test error on ages that are frequent (many) and rare (few) in training.

    python examples/loop_torch.py
"""

import os

os.environ["KERAS_BACKEND"] = "torch"  # before Keras is imported

import keras
import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

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
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
device = next(model.parameters()).device

data = TensorDataset(*map(torch.from_numpy, (x[train], ages[train], weights)))
for epoch in range(10):
    for batch in DataLoader(data, batch_size=64, shuffle=True):
        inputs, y, weight = (part.to(device) for part in batch)
        with kr.label_scope(y) as scope:
            predictions = model(inputs, training=True)
            loss = torch.mean(weight * torch.abs(predictions[:, 0] - y))
            loss = loss + scope.total_loss(predictions)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1}: loss {loss.item():.2f}")
predictions = model.predict(x[test], verbose=0)[:, 0]
print(kr.shot_report(ages[test], predictions, ages[train], bins).round(2))
