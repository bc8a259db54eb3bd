"""What does my model do to rare labels? Two models on drawn portraits, in about four minutes.

Draws 4,000 small portraits of people aged 0 to 100: many around thirty, few children and few old
people, and nobody from 61 to 66. Trains a network as usual, then the same network with sample
weights (LDS) and RankSim. Prints the test error in years on ages that were frequent (many), rare
(few) and absent (zero) in training. Nothing is downloaded.

    python examples/portraits.py
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

import keras_ranksim as kr

portraits = kr.data.load_portraits(train_samples=4000, evaluation_per_age=10)
print(f"Portraits by how often their age occurs in training\n{portraits.describe()}")


def regressor(*regularizers):
    """A small CNN. Regularizers stand between the embedding and the regression head."""
    keras.utils.set_random_seed(0)
    inputs, embedding = kr.networks.small_cnn((64, 64, 3))
    for layer in regularizers:
        embedding = layer(embedding)
    # The head learns numbers near 0; the last layer turns them into years.
    in_years = keras.layers.Rescaling(portraits.label_scale, portraits.label_offset)
    model = kr.ImbalancedRegressor(inputs, in_years(keras.layers.Dense(1)(embedding)))
    model.compile(keras.optimizers.Adam(1e-3), loss="mae", metrics=["mae"])
    return model


def train(model, data):
    """Trains, keeps the best epoch on validation data, and returns the test errors by shot."""
    slower = keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3 if epoch < 20 else 1e-4)
    best = keras.callbacks.EarlyStopping("val_mae", patience=25, restore_best_weights=True)
    model.fit(data.train, validation_data=data.val, epochs=25, callbacks=[slower, best], verbose=2)
    return kr.experiments.evaluate(model, data)["mae"]


print("\nTraining as usual")
usual = train(regressor(), portraits)
print("\nTraining with weights from smoothed label counts (LDS), and RankSim")
weighted = portraits.weighted(scheme="sqrt_inverse", kernel="gaussian")
balanced = train(regressor(kr.layers.RankSimRegularizer(seed=0)), weighted)

print("\nMean test error in years")
print(usual.to_frame("as usual").assign(**{"LDS + RankSim": balanced}).round(1).to_string())
print(
    f"\nOn ages with fewer than 20 training portraits the usual model is off by {usual['few']:.1f} "
    f"years,\nthe other one by {balanced['few']:.1f}. On frequent ages it is {usual['many']:.1f} "
    f"against {balanced['many']:.1f} years."
)
