"""NumPy arrays of inputs and labels as a benchmark."""

from __future__ import annotations

import functools

import keras
import numpy as np

from keras_ranksim.data.arrays.checks import checked_inputs
from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.equal_rows import groups_of_equal_samples
from keras_ranksim.data.label_scale import center_and_spread, scaled_recipe
from keras_ranksim.data.parts import balanced_parts, given_parts
from keras_ranksim.data.pipeline import ArrayPipelines
from keras_ranksim.data.tables.notes import Notes
from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.networks.array_mlp import array_mlp
from keras_ranksim.validation import one_per_sample, same_length

STEPS = 4000
BATCH_SIZE = 64
EPOCHS = (15, 100)


def load_arrays(
    x,
    y,
    *,
    split=None,
    bins: LabelBins | None = None,
    max_per_bin: int | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    name: str = "arrays",
    label_name: str = "label",
    label_unit: str = "",
) -> Benchmark:
    """Loads inputs and labels from arrays, with a multilayer perceptron.

    The first use is embeddings of an encoder that stays as it is: encode your images, texts or
    sounds once, and the perceptron on top trains in seconds.

    Inputs are standardized inside the network, with the mean and deviation of the training rows, so
    that the trained model takes new rows as they are. Labels may have any scale. Equal rows stay in
    one split. For a network of your own, `benchmark.replace(make_network=...)`.

    Args:
        x: Array with one row per sample; for several inputs a tuple or dictionary of arrays.
        y: Array with one label per row.
        split: Array with `"train"`, `"val"` or `"test"` per row; `None` splits with
            `balanced_split`, seeded by `seed`.
        bins: The label bins; `None` takes those of `LabelBins.from_labels`.
        max_per_bin: Maximum rows per bin in validation, and in test; `None` takes 30, or fewer
            if 30 would make either larger than 15% of the rows.
        batch_size: Samples per batch; `None` takes the recipe's.
        seed: Seed of the split and of shuffling.
        name: Name of the benchmark.
        label_name, label_unit: Name and unit of the label, for axes and tables.

    Returns:
        A `Benchmark` with a multilayer perceptron.

    Example:

    >>> import keras, numpy as np, keras_ranksim as kr
    >>> images = np.random.default_rng(0).integers(0, 256, (400, 32, 32, 3)).astype("float32")
    >>> prices = images.mean(axis=(1, 2, 3))
    >>> encoder = keras.applications.MobileNetV3Small(  # weights="imagenet" in earnest
    ...     input_shape=(32, 32, 3), include_top=False, pooling="avg", weights=None
    ... )
    >>> embeddings = encoder.predict(images, verbose=0)
    >>> benchmark = kr.data.load_arrays(embeddings, prices)
    >>> result = kr.experiments.run(benchmark, "SQINV + LDS", epochs=1, verbose=0)
    >>> result.report.index.tolist()
    ['all', 'many', 'medium', 'few', 'zero']
    """
    inputs, labels = checked_inputs(x), one_per_sample("y", y)
    same_length(x=keras.tree.flatten(inputs)[0], y=labels)
    bins = LabelBins.from_labels(labels) if bins is None else as_bins(bins)
    groups = groups_of_equal_samples((inputs, labels))
    if split is None:
        parts = balanced_parts(labels, bins, max_per_bin, seed, "`y`", groups)
    else:
        split = np.atleast_1d(np.asarray(split))
        same_length(split=split, y=labels)
        parts = given_parts(split)
    rows = {part: np.flatnonzero(parts == part) for part in SPLITS}
    notes = Notes()
    copies = notes.copies(groups, rows)
    arrays = {
        part: keras.tree.map_structure(lambda array, part=part: array[rows[part]], inputs)
        for part in SPLITS
    }
    split_labels = {part: labels[rows[part]].astype("float32") for part in SPLITS}
    offset, scale = center_and_spread(split_labels["train"], bins)
    recipe = _recipe(len(rows["train"]), scale, bins)
    return Benchmark.of(
        name=name,
        labels=split_labels,
        bins=bins,
        make_pipeline=ArrayPipelines(arrays, "arrays"),
        make_network=functools.partial(array_mlp, arrays["train"]),
        recipe=recipe,
        batch_size=recipe.batch_size if batch_size is None else batch_size,
        seed=seed,
        label_name=label_name,
        label_unit=label_unit,
        label_offset=offset,
        label_scale=scale,
        facts={
            "rows": len(labels),
            "copies": copies,
            "notes": list(notes),
            "split": f"balanced, seed {seed}" if split is None else "given",
            "network": "MLP on standardized arrays",
        },
    )


def _recipe(samples, scale, bins):
    """About as many steps for few samples as for many, slower toward the end."""
    epochs = int(np.clip(round(STEPS * BATCH_SIZE / samples), *EPOCHS))
    return scaled_recipe(
        scale,
        bins,
        epochs=epochs,
        batch_size=BATCH_SIZE,
        learning_rate=2e-3,
        milestones=(round(0.6 * epochs), round(0.85 * epochs)),
        decay=0.3,
    )
