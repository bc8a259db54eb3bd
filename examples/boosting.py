"""Gradient boosting with weights for rare labels: no Keras, no network. Seconds on one core.

Reads the houses of a CSV file, cuts validation and test sets that hold rare prices as often as
frequent ones, and boosts trees twice: as usual, and with weights from smoothed label counts (LDS).
Prints the test error on prices that are frequent (many) and rare (few) in training.

    python examples/boosting.py houses.csv price

Beside networks, in one table: `python -m keras_ranksim table --csv houses.csv --label price
--method VANILLA BOOSTING "BOOSTING + LDS"`.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from sklearn.ensemble import HistGradientBoostingRegressor

import keras_ranksim as kr

if len(sys.argv) != 3:
    sys.exit(__doc__)
csv, label = sys.argv[1:]
table = kr.data.load_table(csv, label=label)
train, test = table.frames["train"], table.frames["test"]

smoothed = kr.label_weights(train[label], table.bins, scheme="sqrt_inverse", kernel="gaussian")
for name, weights in (("as usual", None), ("with LDS", smoothed)):
    trees = HistGradientBoostingRegressor(loss="absolute_error", random_state=0)
    trees.fit(train.drop(columns=[label]), train[label], sample_weight=weights)
    predicted = trees.predict(test.drop(columns=[label]))
    report = kr.shot_report(test[label], predicted, train[label], table.bins)
    print(f"\nBoosting {name}\n{report.round(2)}")
