"""What does my model do to rare labels? Two models on drawn portraits, in three to four minutes.

Draws 4,000 small portraits of people aged 0 to 100: many around thirty, few children and few old
people, and nobody from 61 to 66. Trains a network as usual, then the same network with sample
weights (LDS) and RankSim. Prints the test error in years on ages that were frequent (many), rare
(few) and absent (zero) in training, and draws it by age. Nothing is downloaded.

    python examples/portraits.py
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import pandas

import keras_ranksim as kr

portraits = kr.data.load_portraits(train_samples=4000, evaluation_per_age=10)
print(f"Portraits by how often their age occurs in training\n{portraits.describe()}")


def trained(data, *regularizers):
    """Trains a small CNN, keeps its best epoch on validation data, and predicts the test ages."""
    keras.utils.set_random_seed(0)
    inputs, embedding = kr.networks.small_cnn((64, 64, 3))
    for layer in regularizers:  # they stand between the embedding and the regression head
        embedding = layer(embedding)
    # The head learns numbers near 0; the last layer turns them into years.
    in_years = keras.layers.Rescaling(portraits.label_scale, portraits.label_offset)
    model = kr.ImbalancedRegressor(inputs, in_years(keras.layers.Dense(1)(embedding)))
    model.compile(keras.optimizers.Adam(1e-3), loss="mae", metrics=["mae"])
    slower = keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3 if epoch < 16 else 1e-4)
    best = keras.callbacks.EarlyStopping("val_mae", patience=20, restore_best_weights=True)
    model.fit(data.train, validation_data=data.val, epochs=20, callbacks=[slower, best], verbose=2)
    return model.predict(data.test, verbose=0)[:, 0]


weighted = portraits.weighted(scheme="sqrt_inverse", kernel="gaussian")  # LDS
predicted = {
    "as usual": trained(portraits),
    "LDS + RankSim": trained(weighted, kr.layers.RankSimRegularizer(seed=0)),
}

ages = np.concatenate([labels for _, labels, _ in portraits.test])[:, 0]
known, bins = portraits.train_labels, portraits.bins
table = {name: kr.shot_report(ages, of, known, bins)["mae"] for name, of in predicted.items()}
print("\nMean test error in years", pandas.DataFrame(table).round(1).to_string(), sep="\n")
usual, balanced = table.values()
picture = kr.plots.error_by_label(ages, predicted, bins.count(known), bins, 5, "age", "years")
picture.savefig("portraits.png", dpi=150)
print(
    f"\nOn ages with fewer than 20 training portraits the usual model is off by {usual['few']:.1f} "
    f"years,\nthe other one by {balanced['few']:.1f}. On frequent ages it is {usual['many']:.1f} "
    f"against {balanced['many']:.1f} years.\nThe error at every age is drawn in portraits.png."
)
