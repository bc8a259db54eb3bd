"""A CSV file or a DataFrame of image files and labels as a benchmark."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.image_tables.decoded import usable_images
from keras_ranksim.data.image_tables.network import image_network, image_recipe
from keras_ranksim.data.image_tables.rows import image_paths, read_rows
from keras_ranksim.data.label_scale import center_and_spread
from keras_ranksim.data.parts import balanced_parts, given_parts
from keras_ranksim.data.read_pictures import picture_size
from keras_ranksim.data.tables.labels import labeled_rows
from keras_ranksim.data.tables.notes import Notes
from keras_ranksim.labels.bins import LabelBins, as_bins


def load_images(
    table,
    *,
    path: str = "path",
    label: str = "label",
    images_dir=None,
    image_size: int | tuple[int, int] = (224, 224),
    split: str | None = None,
    backbone: str | None = None,
    weights: str | None = "imagenet",
    bins: LabelBins | None = None,
    max_per_bin: int | None = None,
    augment: bool = True,
    views: int = 1,
    batch_size: int | None = None,
    seed: int = 0,
    skip_broken: bool = False,
    in_memory: bool | None = None,
    cache_dir: str | os.PathLike | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    drop_unlabeled: bool = False,
    clip_label: tuple[float, float] | None = None,
    name: str | None = None,
    label_unit: str = "",
    verbose: bool = True,
) -> Benchmark:
    """Loads a table of image files and labels, one image per row.

    Images may be JPEG or PNG, in color or gray, of any size; they are resized to `image_size`, not
    cropped. Rotation marks of cameras (EXIF) and transparency are ignored. Equal images stay in
    one split. If images are not kept in memory, only those with the same path count as equal.
    Training images are mirrored and shifted by up to a sixteenth at random. Missing and broken
    images are found before training. Several images per sample are not supported.

    Without `backbone`, a small residual network is trained from scratch, which suits images up to
    about 100 pixels. For larger images, or few, name a backbone of `keras.applications`: it starts
    from weights pretrained on ImageNet.

    Args:
        table: A CSV file or a `pandas.DataFrame`.
        path: Name of the column of image files.
        label: Name of the column of labels.
        images_dir: Folder that the paths are relative to; `None` takes that of the CSV file, or
            the current one for a DataFrame.
        image_size: `(height, width)` the images are resized to; one number stands for both.
        split: Name of a column that holds `"train"`, `"val"` or `"test"`; `None` splits with
            `balanced_split`, seeded by `seed`.
        backbone: Name of a network in `keras.applications`, for instance `"EfficientNetV2B0"`;
            `None` takes a small ResNet.
        weights: Weights of the backbone: `"imagenet"` downloads pretrained ones, and warns and
            starts from random ones if that fails; a file of weights; or `None` for random ones.
        bins: The label bins; `None` takes those of `LabelBins.from_labels`.
        max_per_bin: Maximum images per bin in validation, and in test; `None` takes 30, or fewer
            if 30 would make either larger than 15% of the table.
        augment: Whether training images are mirrored and shifted; `False` allows one view alone.
        views: As in `Benchmark`.
        batch_size: Samples per batch; `None` takes the recipe's.
        seed: Seed of the split, of shuffling and of augmentation.
        skip_broken: Whether to leave out rows whose image is missing or broken, with a warning,
            instead of raising.
        in_memory: Whether to keep the decoded images in memory; `None` does so if they take less
            than a gigabyte. The batches are the same.
        cache_dir: Folder that keeps decoded images, so that the next call need not decode them.
        decimal, encoding, drop_unlabeled, clip_label: Of the table and its labels, as in
            `load_table`.
        name: Name of the benchmark; `None` takes that of the file.
        label_unit: Unit of the label, for axes and tables.
        verbose: Whether to show a progress bar if decoding takes more than two seconds.

    Returns:
        A `Benchmark` whose pipelines yield images scaled to [-1, 1].

    Example:

    >>> import pathlib, tempfile
    >>> import keras, numpy as np, pandas, keras_ranksim as kr
    >>> folder, random = pathlib.Path(tempfile.mkdtemp()), np.random.default_rng(0)
    >>> table = pandas.DataFrame({"path": [f"{n}.png" for n in range(60)]})
    >>> table["label"] = random.gamma(2, 10, 60).round()
    >>> for file, label in table.itertuples(index=False):
    ...     pixels = label + random.uniform(0, 9, (40, 40, 3))
    ...     keras.utils.save_img(folder / file, pixels, scale=False)
    >>> benchmark = kr.data.load_images(table, images_dir=folder, image_size=32, max_per_bin=5)
    >>> x, y, weight = next(iter(benchmark.train))
    >>> x.shape[1:], y.shape[1:]
    (TensorShape([32, 32, 3]), TensorShape([1]))
    """
    size = picture_size(image_size)
    path, label, split = (None if name is None else str(name) for name in (path, label, split))
    named = {"path": path, "label": label, "split": split}
    read = read_rows(table, named, decimal=decimal, encoding=encoding)
    source, notes = read.source, Notes(read.notes)
    is_file = isinstance(table, str | os.PathLike)
    if images_dir is None:
        images_dir = Path(table).parent if is_file else Path()
    rows, labels = labeled_rows(
        read.frame, label, source, notes, read.decimal, drop_unlabeled, clip_label
    )
    frame = read.frame.iloc[rows].reset_index(drop=True)
    paths = image_paths(frame, path, images_dir, source)
    bins = bins if bins is None else as_bins(bins)
    if split is not None:
        where = f"split='{split}', which in {source} holds "
        parts = given_parts(frame[split].astype(str).str.strip(), "name a column that holds", where)
    make_network, weights = image_network(backbone, size, weights)
    images = usable_images(
        paths,
        images_dir,
        size,
        skip_broken=skip_broken,
        in_memory=in_memory,
        cache_dir=cache_dir,
        verbose=verbose,
    )
    if len(images.rows) == 0:
        raise ValueError(
            f"{source} must name at least one image that can be read. "
            f"Received: {len(paths)} files, all of them missing or broken"
        )
    labels = labels[images.rows]
    bins = LabelBins.from_labels(labels) if bins is None else bins
    groups = images.groups()
    if split is None:
        parts = balanced_parts(labels, bins, max_per_bin, seed, source, groups)
    else:
        parts = parts[images.rows]
    places = {part: np.flatnonzero(parts == part) for part in SPLITS}
    copies = notes.copies(groups, places, "show the image of a training row")
    split_labels = {part: labels[places[part]].astype("float32") for part in SPLITS}
    offset, scale = center_and_spread(split_labels["train"], bins)
    recipe = image_recipe(len(places["train"]), weights is not None, augment, scale, bins)
    return Benchmark.of(
        name=name or (Path(table).stem if is_file else "images"),
        labels=split_labels,
        bins=bins,
        make_pipeline=images.pipelines(places, augment),
        make_network=make_network,
        recipe=recipe,
        batch_size=recipe.batch_size if batch_size is None else batch_size,
        seed=seed,
        views=views,
        label_name=label,
        label_unit=label_unit,
        label_offset=offset,
        label_scale=scale,
        facts={
            "source": Path(table).name if is_file else "DataFrame",
            "rows": len(read.frame),
            "notes": list(notes),
            "copies": copies,
            **images.facts,
            "split": f"balanced, seed {seed}" if split is None else f"column '{split}'",
            "image_size": size,
            "augment": augment,
            "network": backbone or "small ResNet",
            "weights": weights or "random",
        },
    )
