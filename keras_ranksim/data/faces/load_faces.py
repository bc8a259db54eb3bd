"""Ages of faces from a folder of photographs and a split file."""

from __future__ import annotations

import functools
from pathlib import Path

from keras_ranksim.data.benchmark import SPLITS, Benchmark
from keras_ranksim.data.faces.split_file import read_split_file
from keras_ranksim.data.file_pipelines import CachedImagePipelines, FilePipelines, ImageDecoder
from keras_ranksim.data.image_files import check_existence
from keras_ranksim.data.image_files import check_images as check_all
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.files import file_hash
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.networks.resnet import VARIANTS, resnet50
from keras_ranksim.validation import one_of, positive_integer

AGE_BINS = LabelBins.uniform(start=0, stop=121, width=1)
FACE_RECIPE = Recipe(
    epochs=90,
    batch_size=256,
    learning_rate=1e-3,
    milestones=(60, 80),
    fds_bins=LabelBins.uniform(start=0, stop=100, width=1),
    conr={"beta": 4.0, "window": 1.0, "temperature": 0.07, "pushing_power": 0.01},
    conr_views=3,
)


def load_faces(
    data_dir,
    split_file,
    *,
    name: str = "faces",
    recipe: Recipe = FACE_RECIPE,
    image_size: int = 224,
    batch_size: int | None = None,
    seed: int = 0,
    views: int = 1,
    in_memory: bool = False,
    check_images: bool = False,
    verbose: bool = True,
    resnet: str = "v1.5",
    advice: str = "",
) -> Benchmark:
    """Loads photographs of faces and their ages, with a ResNet-50.

    `load_agedb_dir` and `load_imdb_wiki_dir` call it with the published data; any other folder of
    faces works, too. `python -m keras_ranksim.data.faces.splits` writes split files.

    Args:
        data_dir: The folder that the paths in the split file are relative to.
        split_file: CSV file with the columns `age`, `path` and `split` (`train`, `val`, `test`).
        name: Name of the benchmark.
        recipe: The recommended training settings.
        image_size: Height and width the images are resized to; below 224 for quick trials.
        batch_size: Samples per batch; `None` takes the recipe's.
        seed: Seed of shuffling and augmentation.
        views: 1; or 2 for `Views` of two independently augmented views of each training
            image; or 3 for those two and, third, the image as evaluation sees it.
        in_memory: Whether to keep the resized images in memory after the first epoch:
            `3 * image_size ** 2` bytes each, twice that while they are read. At 224, the training
            images of AgeDB take 1.8 GB and those of IMDB-WIKI 29 GB.
        check_images: Whether to decode every file now, so that broken ones are found before
            training.
        verbose: Whether to show a progress bar while images are checked or read into memory.
        resnet: `"v1.5"`, as in the papers, or `"v1"`, as in `keras.applications`.
        advice: What to do about missing images, for the error message.

    Returns:
        A `Benchmark` whose pipelines yield images scaled to [-1, 1], ages and weights.

    Example:

    >>> import pathlib, tempfile
    >>> import tensorflow as tf
    >>> from keras_ranksim.data.faces.load_faces import load_faces
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> photograph = tf.io.encode_jpeg(tf.zeros((40, 30, 3), "uint8")).numpy()
    >>> _ = (folder / "face.jpg").write_bytes(photograph)
    >>> rows = "age,path,split\\n31,face.jpg,train\\n59,face.jpg,val\\n44,face.jpg,test\\n"
    >>> _ = (folder / "faces.csv").write_text(rows)
    >>> benchmark = load_faces(folder, folder / "faces.csv", image_size=32, views=2)
    >>> (first, second, _), y, weight = next(iter(benchmark.train))
    >>> first.shape, second.shape, y.numpy()
    (TensorShape([1, 32, 32, 3]), TensorShape([1, 32, 32, 3]), array([[31.]], dtype=float32))
    """
    image_size = positive_integer("image_size", image_size, "pixels, height and width")
    one_of("resnet", resnet, VARIANTS)
    split = read_split_file(split_file)
    paths = {part: [str(Path(data_dir, path)) for path in split.paths[part]] for part in SPLITS}
    every = [path for part in SPLITS for path in paths[part]]
    check_existence(every, listed_in=split_file, advice=advice)
    if check_images:
        check_all(every, verbose=verbose)
    files = {part: {"image": paths[part]} for part in SPLITS}
    decoder = ImageDecoder((image_size, image_size))
    return Benchmark.of(
        name=name,
        labels={part: split.ages[part].astype("float32") for part in SPLITS},
        bins=AGE_BINS,
        make_pipeline=CachedImagePipelines(files, decoder, verbose)
        if in_memory
        else FilePipelines(files, decoder),
        make_network=functools.partial(resnet50, (image_size, image_size, 3), resnet),
        recipe=recipe,
        batch_size=recipe.batch_size if batch_size is None else batch_size,
        seed=seed,
        views=views,
        label_name="age",
        label_unit="years",
        facts={
            "split_file": str(split_file),
            "split_sha256": file_hash(split_file),
            "image_size": image_size,
            "network": f"ResNet-50 {resnet}",
        },
    )
