"""UTKFace: age from a real face, with sample weights (LDS). Five minutes on two cores.

Trains a small ResNet on 19,746 photographs and prints the test error by how often an age occurs in
training. The authors of UTKFace give the aligned and cropped images away for research: put the zip
or its folder at `data/utkface.zip`. Training, validation and test share no copy of an image.

    python examples/utkface.py

Any other method: `python -m keras_ranksim run --benchmark utkface --data-dir data/utkface.zip`.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

import keras_ranksim as kr

faces = kr.data.load_utkface("data/utkface.zip")
print(faces.describe())

keras.utils.set_random_seed(0)
inputs, embedding = kr.networks.small_resnet((64, 64, 3))
# The head learns numbers near 0; the last layer turns them into years.
in_years = keras.layers.Rescaling(faces.label_scale, faces.label_offset)
model = kr.ImbalancedRegressor(inputs, in_years(keras.layers.Dense(1)(embedding)))


def learning_rate(epoch):
    return 2e-3 * 0.3 ** sum(epoch >= milestone for milestone in (5, 7, 8, 9))


schedule = keras.callbacks.LearningRateScheduler(learning_rate)
best = keras.callbacks.EarlyStopping("val_mae", patience=10, restore_best_weights=True)
model.compile(keras.optimizers.Adam(2e-3), loss="mae", metrics=["mae"])
weighted = faces.weighted(scheme="sqrt_inverse", kernel="gaussian")
model.fit(weighted.train, validation_data=faces.val, epochs=10, callbacks=[schedule, best])
print(kr.experiments.evaluate(model, faces).round(2))
