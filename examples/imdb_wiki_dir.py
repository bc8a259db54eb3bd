"""IMDB-WIKI-DIR: age from a face, in two stages (RRT). A day on a GPU.

Trains a ResNet-50 from scratch on 191,509 photographs, then the regression layer alone, again and
with weights. Prints the test error by how often an age occurs in training, after each stage.
Downloads the split file and two archives of faces (about 8 GB) to `data/imdb_wiki` if they are
missing; an interrupted download resumes.

    python examples/imdb_wiki_dir.py

Any other method: `python -m keras_ranksim run --benchmark imdb-wiki --data-dir data/imdb_wiki`.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

import keras_ranksim as kr

faces = kr.data.load_imdb_wiki_dir("data/imdb_wiki", download=True, image_size=224)
print(faces.describe())

keras.utils.set_random_seed(0)
inputs, embedding = kr.networks.resnet50((224, 224, 3))
embedding = kr.layers.RankSimRegularizer(seed=0)(embedding)
model = kr.ImbalancedRegressor(inputs, keras.layers.Dense(1, name="age")(embedding))


def learning_rate(epoch):
    return 1e-3 if epoch < 60 else 1e-4 if epoch < 80 else 1e-5


schedule = keras.callbacks.LearningRateScheduler(learning_rate)
model.compile(keras.optimizers.Adam(1e-3), loss="mae", metrics=["mae"])
model.fit(faces.train, validation_data=faces.val, epochs=90, callbacks=[schedule])
print(kr.experiments.evaluate(model, faces).round(2))

weighted = faces.weighted(scheme="sqrt_inverse")
kr.retrain_regressor(
    model, weighted.train, regressor="age", validation_data=faces.val, epochs=30, learning_rate=1e-4
)
print(kr.experiments.evaluate(model, faces).round(2))
model.save("imdb_wiki.keras")
