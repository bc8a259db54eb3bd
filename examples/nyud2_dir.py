"""NYUD2-DIR: a depth map from an image, with a weight per pixel (LDS), FDS and RankSim.

Trains an encoder-decoder on 50,688 images and prints the test errors by how often the depth of a
pixel occurs in training. Hours on a GPU. Unpack the NYU v2 archive that the published code links
to, so that `data/nyud2/nyu2_train.csv`, `nyu2_test.csv` and the folders they name lie there. Keras
downloads the ImageNet weights that the encoder starts from.

    python examples/nyud2_dir.py

Any other method: `python -m keras_ranksim run --benchmark nyud2 --data-dir data/nyud2`.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

import keras_ranksim as kr

rooms = kr.data.load_nyud2_dir("data/nyud2")
rooms = rooms.weighted(scheme="inverse", kernel="gaussian", padding="symmetric")
print(rooms.describe())

keras.utils.set_random_seed(0)
inputs, embedding = rooms.make_network()  # a feature map of half the image's size
embedding = kr.layers.FeatureDistributionSmoothing(rooms.bins, variance_clip=(0.2, 5))(embedding)
embedding = kr.layers.PerImage(kr.layers.RankSimRegularizer(seed=0))(embedding)
model = kr.ImbalancedRegressor(inputs, rooms.make_head()(embedding))


def learning_rate(epoch):
    return 1e-4 * 0.1 ** (epoch // 5)


# Pixels of weight 0 have no depth, so metrics are weighted, too.
model.compile(keras.optimizers.Adam(1e-4), loss="mse", weighted_metrics=["mse"])
model.fit(
    rooms.train,
    validation_data=rooms.val,
    epochs=20,
    callbacks=[
        keras.callbacks.LearningRateScheduler(learning_rate),
        keras.callbacks.ModelCheckpoint("nyud2.keras", monitor="val_mse", save_best_only=True),
    ],
)
model = keras.models.load_model("nyud2.keras")
print(kr.experiments.evaluate(model, rooms).round(3))
