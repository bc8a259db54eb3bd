"""A table of your own: any CSV file with a column to predict. Seconds on one core.

Finds numeric and nominal columns, fills what is missing, cuts balanced validation and test sets,
trains an MLP with RankSim and weights from smoothed label counts (LDS), and prints the test error
on labels that are frequent (many) and rare (few) in training. Saves a model that predicts new rows.

    python examples/table.py houses.csv price

Several methods in one table: `python -m keras_ranksim table --csv houses.csv --label price`.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

import keras_ranksim as kr

if len(sys.argv) != 3:
    sys.exit(__doc__)
csv, label = sys.argv[1:]
table = kr.data.load_table(csv, label=label)
print("left out:", table.facts["left_out"])
print(table.describe())

keras.utils.set_random_seed(0)
encoder = table.facts["encoder"]
inputs = x = keras.Input((len(encoder.feature_names),))
for units in (128, 64):
    x = keras.layers.Dense(units, activation="relu")(x)
embedding = kr.layers.RankSimRegularizer(**table.recipe.ranksim)(x)
# The network learns numbers near 1; this layer puts them into the label's unit.
in_label_units = keras.layers.Rescaling(table.label_scale, table.label_offset)
outputs = in_label_units(keras.layers.Dense(1)(embedding))
model = kr.ImbalancedRegressor(inputs, outputs)

best = keras.callbacks.EarlyStopping("val_mae", patience=10, restore_best_weights=True)
model.compile(keras.optimizers.Adam(1e-3), loss="mae", metrics=["mae"])
weighted = table.weighted(scheme="sqrt_inverse", kernel="gaussian")
model.fit(weighted.train, validation_data=table.val, epochs=40, callbacks=[best], verbose=2)
print(kr.experiments.evaluate(model, table).round(2))

columns = encoder.keras_inputs()  # a model that takes the columns of the file themselves
keras.Model(columns, model(encoder(columns))).save("table.keras")
print("Saved table.keras, which predicts from columns.")
