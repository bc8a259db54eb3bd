"""NYUD2-DIR: depth from one image, dense and long-tailed."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.depth.maps import read_depth_list
from keras_ranksim.data.depth.pipelines import DepthFiles, DepthPipelines, DepthPreparation
from keras_ranksim.data.depth.survey import balanced_pixels, survey_depths
from keras_ranksim.data.depth.view import DepthView
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.labels.bins import LabelBins, as_bins
from keras_ranksim.labels.depth_report import depth_shot_limits
from keras_ranksim.labels.weights import weights_of_counts
from keras_ranksim.networks.depth import depth_head, depth_network
from keras_ranksim.validation import non_negative, positive, positive_integer


def load_nyud2_dir(
    data_dir,
    batch_size: int = 32,
    seed: int = 0,
    val_fraction: float = 0.05,
    split_seed: int = 0,
    image_size: tuple[int, int] = (228, 304),
    depth_size: tuple[int, int] | None = None,
    test_depth_size: tuple[int, int] | None = None,
    shorter_side: int = 240,
    degrees: float = 5.0,
    bins: LabelBins | None = None,
    train_list: str = "nyu2_train.csv",
    test_list: str = "nyu2_test.csv",
    count_list: str | None = None,
    mask_file: str | None = "test_balanced_mask.npy",
    eight_bit_range: float = 10.0,
    sixteen_bit_units: float = 1000.0,
    encoder: str | Callable = "v1",
    encoder_weights: str | None = "imagenet",
    fusion_width: int = 16,
    cache_dir=None,
    progress: bool = True,
) -> Benchmark:
    """Loads NYUD2-DIR, or any images with depth maps laid out like it.

    Expects in `data_dir` the two lists, lines of `image,depth` without a header, and the files
    that they name (see `read_depth_list` for what their paths are relative to):

    ```
    data_dir/nyu2_train.csv           50,688 lines
    data_dir/nyu2_test.csv            654 lines
    data_dir/nyu2_train/...           JPEG images, 8-bit PNG depth maps
    data_dir/nyu2_test/...            PNG images, 16-bit PNG depth maps
    data_dir/test_balanced_mask.npy   optional, the test pixels that count
    ```

    The archive of NYU v2 and the mask are found by the README of nyud2-dir in
    https://github.com/YyzHarry/imbalanced-regression.

    Pipelines yield `(image, depth, weight)`: images scaled by the mean and deviation of
    ImageNet, `(batch, *image_size, 3)`; depth in metres, `(batch, *depth_size, 1)`; and a weight a
    pixel, `(batch, *depth_size)`, which is 0 where depth is 0, not measured. Training images are
    mirrored, turned and recoloured at random, their depth maps mirrored and turned with them.

    No validation set was published, so scenes are held out of training: whole folders, since the
    images of a folder are neighbouring frames of one film. Weights of validation pixels make
    every depth bin weigh the same; those of test pixels are 1 in the balanced mask and 0
    outside it. So compile metrics as `weighted_metrics`, or pass `mask=weight > 0` to
    `depth_report`.

    `benchmark.labels` holds the mean depth of each image, `benchmark.pixel_counts` the training
    pixels of each bin. Both come from one pass over the depth maps at the first call, kept in
    `cache_dir` for the next. `benchmark.replace(weights=benchmark.label_weights(...))` weighs
    training pixels by the bin of their depth.

    Args:
        data_dir: The folder of the data set.
        batch_size: Images of a batch.
        seed: Seed of shuffling and augmentation.
        val_fraction: Share of the training images to hold out for validation, about.
        split_seed: Seed of that hold-out, and of the balanced mask where none is found.
        image_size: `(height, width)` of the network's input.
        depth_size: `(height, width)` of its output; `None` takes half of `image_size`.
        test_depth_size: That of the test depth maps; `None` takes `depth_size`. The published
            evaluation enlarges predictions to `(228, 304)`, as `depth_report` does.
        shorter_side: What the shorter side of an image is resized to before the crop.
        degrees: The most that a training image is turned, either way.
        bins: The label bins; `None` takes 100 bins of 0.1 m from 0.
        train_list, test_list: File names of the lists.
        count_list: List of the training images whose depth maps are read for `pixel_counts`
            and `labels["train"]`, such as `"nyu2_train_FDS_subset.csv"`: a quicker first call,
            for a sample of the labels. `None` reads all.
        mask_file: File name of the balanced test mask, an array of images by rows by columns,
            at `image_size` or at the size of the test depth maps. Without the file a mask is
            drawn; `None` counts all measured test pixels.
        eight_bit_range, sixteen_bit_units: How depth maps are read, see `decode_depth_map`.
        encoder, encoder_weights, fusion_width: As in `keras_ranksim.networks.depth_network`.
            Like the published runs, training starts from ImageNet; Keras downloads those
            weights when the network is made.
        cache_dir: Folder that keeps what was counted; `None` takes `data_dir`, where that can
            be written to.
        progress: Whether to show a progress bar while depth maps are counted.

    Returns:
        A `Benchmark`. Its `facts` say where mask, counts and validation images come from.

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
    >>> benchmark = kr.data.load_nyud2_dir(
    ...     folder, image_size=(40, 56), shorter_side=48, progress=False
    ... )
    >>> image, depth, weight = next(iter(benchmark.train))
    >>> image.shape, depth.shape, weight.shape
    (TensorShape([1, 40, 56, 3]), TensorShape([1, 20, 28, 1]), TensorShape([1, 20, 28]))
    >>> float(depth[0, 0, 0, 0])
    2.0

    References: [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554),
    [Hu et al., WACV 2019](https://arxiv.org/abs/1803.08673)
    """
    bins = LabelBins.uniform(0, 10, 0.1) if bins is None else as_bins(bins)
    degrees = non_negative("degrees", degrees, "the most that an image is turned")
    view = DepthView(
        shorter_side=positive_integer("shorter_side", shorter_side, "pixels"),
        image_size=_size("image_size", image_size),
        depth_size=_size("depth_size", depth_size or [side // 2 for side in image_size]),
        eight_bit_range=positive("eight_bit_range", eight_bit_range, "metres that 255 means"),
        sixteen_bit_units=positive("sixteen_bit_units", sixteen_bit_units, "units of a metre"),
    )
    test_view = dataclasses.replace(
        view, depth_size=_size("test_depth_size", test_depth_size or view.depth_size)
    )
    train_images, train_depths = read_depth_list(data_dir, train_list)
    test_images, test_depths = read_depth_list(data_dir, test_list)
    held_out = _held_out(train_images, val_fraction, split_seed)
    counted = read_depth_list(data_dir, count_list)[1] if count_list else None
    cache_dir = _cache_dir(cache_dir, data_dir)

    def survey(paths, view):
        return survey_depths(paths, view, bins, cache_dir, progress)

    train_survey, val_survey = _train_and_val(
        functools.partial(survey, view=view), train_depths, held_out, counted
    )
    test_survey = survey(test_depths, test_view)
    mask, mask_origin = _mask(data_dir, mask_file, test_depths, test_view, bins, split_seed)
    pixel_counts = train_survey.counts.sum(axis=0, dtype="int64")
    val_weights = weights_of_counts(val_survey.counts.sum(axis=0), scheme="inverse")

    train_images, train_depths = np.array(train_images), np.array(train_depths)
    files = {
        "train": DepthFiles(
            train_images[~held_out], train_depths[~held_out], DepthPreparation(view, degrees)
        ),
        "val": DepthFiles(
            train_images[held_out],
            train_depths[held_out],
            DepthPreparation(view, weight_of_bin=val_weights),
        ),
        "test": DepthFiles(
            np.array(test_images), np.array(test_depths), DepthPreparation(test_view), mask
        ),
    }
    return Benchmark.of(
        name="nyud2-dir",
        labels={
            "train": train_survey.means,
            "val": val_survey.means,
            "test": test_survey.means,
        },
        bins=bins,
        make_pipeline=DepthPipelines(files),
        make_network=functools.partial(
            depth_network, (*view.image_size, 3), encoder, fusion_width, encoder_weights
        ),
        make_head=depth_head,
        recipe=nyud2_recipe(),
        batch_size=batch_size,
        seed=seed,
        label_name="depth",
        label_unit="m",
        pixel_counts=pixel_counts,
        shot_limits=depth_shot_limits(pixel_counts),
        facts={
            "source": str(data_dir),
            "validation": f"{int(held_out.sum())} of {len(held_out)} training images, held out by "
            f"folder with seed {split_seed}; published runs trained on all and chose by test error",
            "counts": f"{int(pixel_counts.sum())} pixels of {len(train_survey.means)} depth maps"
            + (f" named in {count_list}" if count_list else "")
            + (f", kept in '{cache_dir}'" if cache_dir else ", not kept"),
            "mask": mask_origin,
            "encoder": f"ResNet-50 {encoder}, starting from {encoder_weights or 'random weights'}"
            if isinstance(encoder, str)
            else "given by the caller",
            "differences": "a turn brings in mirrored pixels where the published one brings in "
            "black ones of depth 0; depth maps are sampled at the nearest pixel",
        },
    )


def nyud2_recipe() -> Recipe:
    """The published settings of NYUD2-DIR.

    ConR acts on mean depth: `PerImage(ConRRegularizer(**recipe.conr))`. The published Adam
    also has a weight decay of 1e-4.
    """
    return Recipe(
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


def _held_out(images, fraction, seed):
    """Marks the images of randomly drawn folders, up to about `fraction` of all."""
    if not 0 < fraction <= 0.5:
        raise ValueError(
            "`val_fraction` must be above 0 and at most 0.5, the share of the training images "
            f"held out for validation. Received: val_fraction={fraction}"
        )
    folders = np.array([os.path.dirname(image) for image in images])
    scenes, scene, sizes = np.unique(folders, return_inverse=True, return_counts=True)
    if len(scenes) < 2:
        raise ValueError(
            "The training list must name images of at least two folders, one of them to be held "
            f"out for validation. Received: {len(images)} images in '{scenes[0]}'"
        )
    drawn = np.random.default_rng(seed).permutation(len(scenes))
    held = np.cumsum(sizes[drawn]) <= fraction * len(images)
    held[0], held[-1] = True, False
    return np.isin(scene, drawn[held])


def _train_and_val(survey, depths, held_out, counted):
    """Surveys of the training and the validation maps; of those in `counted` where given."""
    if counted is None:
        both = survey(depths)
        return both.of(~held_out), both.of(held_out)
    val = [path for path, out in zip(depths, held_out) if out]
    train = sorted(set(counted) - set(val))
    if not train:
        raise ValueError(
            "`count_list` must name training images that are not held out for validation. "
            f"Received: {len(counted)} images, all held out"
        )
    return survey(train), survey(val)


def _mask(data_dir, mask_file, depths, view, bins, seed):
    """The test pixels that count, `(images, *depth_size)`, and where that comes from."""
    if mask_file is None:
        return None, "none: all measured test pixels count"
    path = Path(data_dir) / mask_file
    if not path.is_file():
        mask = balanced_pixels(depths, view, bins, seed)
        return mask, f"drawn with seed {seed}, since there is no '{path}'"
    try:
        mask = np.load(path) > 0
    except (OSError, ValueError, EOFError) as error:
        raise ValueError(
            f"'{path}' must be an array saved by NumPy, the balanced test mask ({error})"
        ) from error
    if mask.shape == (len(depths), *view.depth_size):
        return mask, str(path)
    if mask.shape == (len(depths), *view.image_size):
        # The pixels that a depth map sampled at the nearest pixel shows.
        rows, columns = (
            ((np.arange(size) + 0.5) * full / size).astype(int)
            for size, full in zip(view.depth_size, view.image_size)
        )
        return mask[:, rows][:, :, columns], f"{path}, at {view.depth_size} of its pixels"
    raise ValueError(
        f"'{path}' must hold one entry a test pixel, of shape "
        f"{(len(depths), *view.image_size)} or {(len(depths), *view.depth_size)}. "
        f"Received: shape {mask.shape}"
    )


def _cache_dir(cache_dir, data_dir):
    if cache_dir is None and os.access(data_dir, os.W_OK):
        return data_dir
    return cache_dir


def _size(name, size):
    sides = tuple(size) if isinstance(size, Iterable) else ()
    if len(sides) != 2:
        raise ValueError(f"`{name}` must be (height, width) in pixels. Received: {name}={size}")
    return tuple(positive_integer(name, side, "pixels") for side in sides)
