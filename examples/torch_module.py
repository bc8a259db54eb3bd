"""A PyTorch module that uses a layer of this library. Seconds on one core.

Keras on the torch backend makes its layers PyTorch modules. `kr.label_scope` shows them the labels
of the batch and holds the loss terms that they leave. Prints the test error on ages that are
frequent (many) and rare (few) in training.

    python examples/torch_module.py
"""

import os

os.environ["KERAS_BACKEND"] = "torch"  # before Keras is imported

import numpy as np
import torch
from torch import nn

import keras_ranksim as kr

random = np.random.default_rng(0)
ages = np.minimum(random.exponential(20, 4000), 99).round().astype("float32")
x = np.outer(ages / 50, random.normal(size=12)) + random.normal(size=(4000, 12))
x = x.astype("float32")
bins = kr.LabelBins.uniform(0, 100, 1)
split = kr.balanced_split(ages, bins)
train, test = split == "train", split == "test"
weights = kr.label_weights(ages[train], bins, kernel="gaussian")


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(12, 64), nn.ReLU())
        self.regularizer = kr.layers.RankSimRegularizer(seed=0)
        self.head = nn.Linear(64, 1)

    def forward(self, x):
        features = self.body(x)
        return self.head(self.regularizer(features, training=self.training))


torch.manual_seed(0)
device = "cuda" if torch.cuda.is_available() else "cpu"
net = Regressor().to(device)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
everything = [torch.from_numpy(part).to(device) for part in (x[train], ages[train], weights)]
for epoch in range(10):
    for rows in torch.randperm(len(weights), device=device).split(64):
        inputs, y, weight = (part[rows] for part in everything)
        with kr.label_scope(y) as scope:
            predictions = net(inputs)
            loss = torch.mean(weight * torch.abs(predictions[:, 0] - y))
            loss = loss + scope.total_loss(predictions)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1}: loss {loss.item():.2f}")
net.eval()
predictions = net(torch.from_numpy(x[test]).to(device)).detach().cpu().numpy()[:, 0]
print(kr.shot_report(ages[test], predictions, ages[train], bins).round(2))
