"""Methods that mix training samples: C-Mixup."""

import numpy as np

from keras_ranksim.data.mixup import mixed_batches
from keras_ranksim.methods.registry import Entry, Tunable

# In deviations of the training labels.
BANDWIDTH = 0.25


def _c_mixup(dataset, benchmark, epoch):
    if benchmark.data.dense:
        raise ValueError(
            "CMIXUP needs one label per sample, since it draws partners by the distance of "
            f"labels. Received: the benchmark '{benchmark.name}' with a label per pixel"
        )
    settings = {"relative_bandwidth": BANDWIDTH, **benchmark.recipe.of("cmixup")}
    deviation = float(np.std(benchmark.train_labels)) or 1.0
    bandwidth = deviation * settings.pop("relative_bandwidth")
    return mixed_batches(
        dataset, epoch.read_value, bandwidth=bandwidth, seed=benchmark.seed, **settings
    )


CMIXUP = Entry(
    "CMIXUP",
    "C-Mixup: mixes each sample with one of a similar label",
    spellings=("C-MIXUP",),
    settings="cmixup",
    tunable=(
        Tunable("relative_bandwidth", BANDWIDTH, factor=4.0),
        Tunable("alpha", 2.0, factor=4.0),
    ),
    batches=_c_mixup,
)
