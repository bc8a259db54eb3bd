"""AgeDB-DIR: age from a face, with sample weights (LDS), FDS and RankSim. Hours on a GPU.

Trains a ResNet-50 from scratch on 12,208 photographs for 120 epochs, and prints the test error by
how often an age occurs in training. The authors of AgeDB send the photographs on request: unpack
them so that `data/agedb/AgeDB/` holds them. The split file is downloaded if it is missing.

    python examples/agedb_dir.py

To train any method and see the published numbers beside yours:

    python -m keras_ranksim run --benchmark agedb --data-dir data/agedb --method "SQINV + LDS"
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

import keras_ranksim as kr

faces = kr.data.load_agedb_dir("data/agedb", download=True, image_size=224)
faces = faces.weighted(scheme="sqrt_inverse", kernel="gaussian", kernel_size=5, sigma=2)
print(faces.describe())

keras.utils.set_random_seed(0)
inputs, embedding = kr.networks.resnet50((224, 224, 3))
embedding = kr.layers.FeatureDistributionSmoothing(faces.bins, kernel="gaussian")(embedding)
embedding = kr.layers.RankSimRegularizer(gamma=0.01, lambda_=100.0, seed=0)(embedding)
model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1)(embedding))


def learning_rate(epoch):
    return 1e-3 if epoch < 60 else 1e-4 if epoch < 80 else 1e-5


rare = kr.metrics.ShotMetric("mae", "few", faces.train_labels, faces.bins)
model.compile(keras.optimizers.Adam(1e-3), loss="mae", metrics=["mae", rare])
model.fit(
    faces.train,
    validation_data=faces.val,
    epochs=120,
    callbacks=[
        keras.callbacks.LearningRateScheduler(learning_rate),
        keras.callbacks.ModelCheckpoint("agedb.keras", monitor="val_mae", save_best_only=True),
    ],
)
model = keras.models.load_model("agedb.keras")
print(kr.experiments.evaluate(model, faces).round(2))
