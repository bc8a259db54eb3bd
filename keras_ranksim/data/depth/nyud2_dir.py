"""NYUD2-DIR: depth from one image, dense and long-tailed."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.depth.decoder import DepthDecoder
from keras_ranksim.data.depth.maps import read_depth_list
from keras_ranksim.data.depth.splits import balanced_test_mask, held_out_scenes
from keras_ranksim.data.depth.survey import survey_depths
from keras_ranksim.data.depth.view import DepthView
from keras_ranksim.data.file_pipelines import FilePipelines
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.labels.depth_report import depth_shot_limits
from keras_ranksim.labels.weights import weights_of_counts
from keras_ranksim.networks.depth import depth_head, depth_network
from keras_ranksim.validation import non_negative

DEPTH_BINS = LabelBins.uniform(0, 10, 0.1)
NYUD2_VIEW = DepthView()
# ConR acts on mean depth, `PerImage(ConRRegularizer(**conr))`. The published Adam also has a weight
# decay of 1e-4.
NYUD2_RECIPE = Recipe(
    epochs=20,
    batch_size=32,
    learning_rate=1e-4,
    loss="mse",
    monitor="val_mse",
    milestones=(5, 10, 15),
    weights={"scheme": "inverse"},
    lds={"kernel": "gaussian", "kernel_size": 5, "sigma": 2.0, "padding": "symmetric"},
    fds={
        "kernel": "gaussian",
        "kernel_size": 5,
        "sigma": 2.0,
        "variance_clip": (0.2, 5.0),
    },
    fds_bins=LabelBins.uniform(0.7, 10, 0.1),
    conr={
        "beta": 0.2,
        "window": 0.2,
        "temperature": 0.2,
        "pushing_power": 0.2,
        "pushing": "linear",
    },
)


def load_nyud2_dir(
    data_dir,
    *,
    batch_size: int | None = None,
    seed: int = 0,
    view: DepthView = NYUD2_VIEW,
    test_depth_size: tuple[int, int] | None = None,
    degrees: float = 5.0,
    val_fraction: float = 0.05,
    split_seed: int = 0,
    bins: LabelBins = DEPTH_BINS,
    train_list: str = "nyu2_train.csv",
    test_list: str = "nyu2_test.csv",
    count_list: str | None = None,
    mask_file: str | None = "test_balanced_mask.npy",
    make_network: Callable | None = None,
    cache_dir=None,
    verbose: bool = True,
) -> Benchmark:
    """Loads NYUD2-DIR, or any images with depth maps in the same layout.

    It expects in `data_dir` two lists, lines of `image,depth` without a header, and the files they
    name (see `read_depth_list` for what their paths are relative to):

    ```
    data_dir/nyu2_train.csv           50,688 lines
    data_dir/nyu2_test.csv            654 lines
    data_dir/nyu2_train/...           JPEG images, 8-bit PNG depth maps
    data_dir/nyu2_test/...            PNG images, 16-bit PNG depth maps
    data_dir/test_balanced_mask.npy   optional, the test pixels that count
    ```

    The README of nyud2-dir in https://github.com/YyzHarry/imbalanced-regression links to the
    archive of NYU v2 and to the mask.

    Pipelines yield `(image, depth, weight)`: images scaled by the mean and deviation of
    ImageNet, `(batch, *image_size, 3)`; depth in meters, `(batch, *depth_size, 1)`; and a weight
    per pixel, `(batch, *depth_size)`, which is 0 where the depth is 0 (not measured). Training
    images are flipped, rotated and recolored at random; their depth maps are flipped and rotated
    with them.

    No validation set was published, so scenes are held out of training. The weights of validation
    pixels give every depth bin the same total; those of test pixels are 1 in the balanced mask and
    0 outside. Compile metrics as `weighted_metrics`, or pass `mask=weight > 0` to `depth_report`.

    `benchmark.labels` holds the mean depth of each image, `benchmark.pixel_counts` the training
    pixels of each bin. Both come from one pass over the depth maps in the first call, kept in
    `cache_dir` for the next. `benchmark.replace(weights=benchmark.label_weights(...))` weights
    training pixels by the bin of their depth.

    Args:
        data_dir: The folder of the data set.
        batch_size: Images per batch; `None` takes the recipe's.
        seed: Seed of shuffling and augmentation.
        view: What the network sees of an image and its depth map, and how depth maps are stored.
        test_depth_size: `(height, width)` of the test depth maps; `None` takes that of the view.
            The published evaluation enlarges predictions to `(228, 304)`, as `depth_report` does.
        degrees: The largest angle by which a training image is rotated, either way.
        val_fraction: Approximate share of the training images to hold out for validation.
        split_seed: Seed of that hold-out, and of the balanced mask if no file is found.
        bins: The label bins.
        train_list, test_list: File names of the lists.
        count_list: List of the training images whose depth maps are read for `pixel_counts`
            and `labels["train"]`, such as `"nyu2_train_FDS_subset.csv"`: a quicker first call,
            for a sample of the labels. `None` reads all.
        mask_file: File name of the balanced test mask, an array of images by rows by columns,
            at `image_size` or at the size of the test depth maps. If it does not exist, a mask is
            drawn. `None` counts all measured test pixels.
        make_network: Function `() -> (inputs, embedding)`; `None` takes
            an encoder-decoder with a ResNet-50 pretrained on ImageNet, as in
            the published runs. Keras downloads those weights when the network is built.
        cache_dir: Folder that keeps the counts; `None` takes `data_dir` if it is writable.
        verbose: Whether to show a progress bar while depth maps are counted.

    Returns:
        A `Benchmark`. Its `facts` describe the origin of mask, counts and validation images.

    Example:

    Training with re-weighting, LDS and FDS, and the table by shot:

    ```python
    benchmark = kr.data.load_nyud2_dir("data")
    recipe = benchmark.recipe
    weights = benchmark.label_weights(**recipe.weights, **recipe.lds)
    benchmark = benchmark.replace(weights=weights)
    inputs, embedding = benchmark.make_network()
    embedding = kr.layers.FeatureDistributionSmoothing(recipe.fds_bins, **recipe.fds)(embedding)
    model = kr.ImbalancedRegressor(inputs, benchmark.make_head()(embedding))
    model.compile("adam", loss="mse", weighted_metrics=[kr.metrics.DepthRMSE()])
    model.fit(benchmark.train, validation_data=benchmark.val, epochs=20)

    labels = np.concatenate([depth for _, depth, _ in benchmark.test])
    mask = np.concatenate([weight > 0 for _, _, weight in benchmark.test])
    predictions = model.predict(benchmark.test)
    kr.labels.depth_report(labels, predictions, benchmark.pixel_counts, benchmark.bins, mask)
    ```

    Three small images, each its own depth map:

    >>> import pathlib, tempfile
    >>> import keras_ranksim as kr, tensorflow as tf
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for name in ("kitchen", "office", "test"):
    ...     (folder / name).mkdir()
    ...     png = tf.io.encode_png(tf.fill((48, 64, 1), tf.cast(51, "uint8"))).numpy()
    ...     _ = (folder / name / "1.png").write_bytes(png)
    >>> _ = (folder / "nyu2_train.csv").write_text(
    ...     "kitchen/1.png,kitchen/1.png\\noffice/1.png,office/1.png"
    ... )
    >>> _ = (folder / "nyu2_test.csv").write_text("test/1.png,test/1.png")
    >>> view = kr.data.DepthView(image_size=(40, 56), shorter_side=48)
    >>> benchmark = kr.data.load_nyud2_dir(folder, view=view, verbose=False)
    >>> image, depth, weight = next(iter(benchmark.train))
    >>> image.shape, depth.shape, weight.shape
    (TensorShape([1, 40, 56, 3]), TensorShape([1, 20, 28, 1]), TensorShape([1, 20, 28]))
    >>> float(depth[0, 0, 0, 0])
    2.0

    References: [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554),
    [Hu et al., WACV 2019](https://arxiv.org/abs/1803.08673)
    """
    bins = as_bins(bins)
    decoder = DepthDecoder(
        view, test_depth_size, non_negative("degrees", degrees, "the largest angle of rotation")
    )
    test_view = decoder.view_of("test")
    train_images, train_depths = map(np.array, read_depth_list(data_dir, train_list))
    test_images, test_depths = read_depth_list(data_dir, test_list)
    held_out = held_out_scenes(train_images, val_fraction, split_seed)
    if cache_dir is None and os.access(data_dir, os.W_OK):
        cache_dir = data_dir

    def survey(paths, view=view):
        return survey_depths(paths, view, bins, cache_dir=cache_dir, verbose=verbose)

    if count_list is None:
        both = survey(train_depths)
        train, val = both.of(~held_out), both.of(held_out)
    else:
        counted = read_depth_list(data_dir, count_list)[1]
        train = survey(_trained(counted, train_depths[held_out]))
        val = survey(train_depths[held_out])
    test = survey(test_depths, test_view)
    mask, mask_origin = None, "none: all measured test pixels count"
    if mask_file is not None:
        mask, mask_origin = balanced_test_mask(
            Path(data_dir, mask_file), test_depths, test_view, bins, split_seed
        )
    pixel_counts = train.counts.sum(axis=0, dtype="int64")
    val_weights = weights_of_counts(val.counts.sum(axis=0), scheme="inverse")
    files = {
        "train": {"image": train_images[~held_out], "depth": train_depths[~held_out]},
        "val": {"image": train_images[held_out], "depth": train_depths[held_out]},
        "test": {"image": test_images, "depth": test_depths},
    }
    return Benchmark.of(
        name="nyud2-dir",
        labels={"train": train.means, "val": val.means, "test": test.means},
        bins=bins,
        make_pipeline=FilePipelines(
            files, dataclasses.replace(decoder, val_weights=val_weights, test_mask=mask)
        ),
        make_network=make_network
        or functools.partial(
            depth_network, (*view.image_size, 3), "v1", encoder_weights="imagenet"
        ),
        make_head=depth_head,
        recipe=NYUD2_RECIPE,
        batch_size=NYUD2_RECIPE.batch_size if batch_size is None else batch_size,
        seed=seed,
        label_name="depth",
        label_unit="m",
        pixel_counts=pixel_counts,
        shot_limits=depth_shot_limits(pixel_counts),
        facts={
            "source": str(data_dir),
            "validation": f"{int(held_out.sum())} of {len(held_out)} training images, held out by "
            f"folder with seed {split_seed}; published runs trained on all and chose by test error",
            "counts": f"{int(pixel_counts.sum())} pixels of {len(train.means)} depth maps"
            + (f" named in {count_list}" if count_list else "")
            + (f", kept in '{cache_dir}'" if cache_dir else ", not kept"),
            "mask": mask_origin,
            "encoder": "given by the caller" if make_network else "ResNet-50 v1 from ImageNet",
            "differences": "a rotation fills in mirrored pixels where the published one fills "
            "in black ones of depth 0; depth maps are sampled at the nearest pixel",
        },
    )


def _trained(counted, held_out):
    """The survey without the depth maps that are held out."""
    trained = sorted(set(counted) - set(held_out.tolist()))
    if not trained:
        raise ValueError(
            "`count_list` must name training images that are not held out for validation. "
            f"Received: {len(counted)} images, all held out"
        )
    return trained
