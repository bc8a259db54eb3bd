"""IMDB-WIKI-DIR: the age of a face, 213,553 photographs from film and encyclopedia pages."""

from pathlib import Path

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.download import download_file
from keras_ranksim.data.faces.benchmark import CONR, face_benchmark
from keras_ranksim.data.faces.split_file import fetch_split_file
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.data.unpack import unpack_tar
from keras_ranksim.labels.bins import LabelBins

SPLIT_URL = (
    "https://raw.githubusercontent.com/YyzHarry/imbalanced-regression/main/"
    "imdb-wiki-dir/data/imdb_wiki.csv"
)
FACES_URL = "https://data.vision.ee.ethz.ch/cvl/rrothe/imdb-wiki/static/"
FOLDERS = ("imdb_crop", "wiki_crop")

IMDB_WIKI_RECIPE = Recipe(
    epochs=90,
    batch_size=256,
    learning_rate=1e-3,
    milestones=(60, 80),
    fds_bins=LabelBins.uniform(start=0, stop=100, width=1),
    conr=CONR,
    conr_views=3,
)


def load_imdb_wiki_dir(
    data_dir,
    *,
    image_size: int = 224,
    batch_size: int | None = None,
    seed: int = 0,
    views: int = 1,
    cache: bool = False,
    check_images: bool = False,
    download: bool = False,
    split_file=None,
    resnet: str = "v1.5",
) -> Benchmark:
    """IMDB-WIKI-DIR, the age of a face from its photograph, with a ResNet-50.

    What it expects on disk, `data_dir` being any folder:

    ```
    data_dir/imdb_wiki.csv      the split file: age, path, split
    data_dir/imdb_crop/...      the unpacked imdb_crop.tar
    data_dir/wiki_crop/...      the unpacked wiki_crop.tar
    ```

    The published split has 191,509 training, 11,022 validation and 11,022 test samples. With
    `download=True` whatever of this is missing is fetched, about 8 GB, and unpacked. When that
    is interrupted, call it again: it goes on where it stopped. The archives may be deleted
    afterwards.

    Args:
        data_dir: The folder.
        image_size: Height and width the images are resized to; below 224 for quick trials.
        batch_size: Samples of a batch; `None` takes the recipe's.
        seed: Seed of shuffling and augmentation.
        views: 1; or 2 for a tuple of two independently augmented views of each training
            image; or 3 for those two and, third, the image as evaluation sees it.
        cache: Whether to keep the resized images in memory once read: `3 * image_size ** 2`
            bytes each, 29 GB for the training images at 224, and twice that while they
            are read.
        check_images: Whether to decode every file once now, rather than meet a broken one
            in training.
        download: Whether to fetch what is missing.
        split_file: Another split file; `None` means `data_dir/imdb_wiki.csv`.
        resnet: `"v1.5"`, the papers' form, or `"v1"`, that of `keras.applications`.

    Returns:
        A `Benchmark` whose pipelines yield images scaled to [-1, 1], ages and weights.

    Example:

    >>> import pathlib, tempfile
    >>> import keras_ranksim as kr, tensorflow as tf
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> photograph = tf.io.encode_jpeg(tf.zeros((40, 30, 3), "uint8")).numpy()
    >>> _ = (folder / "face.jpg").write_bytes(photograph)
    >>> rows = "age,path,split\\n31,face.jpg,train\\n59,face.jpg,val\\n44,face.jpg,test\\n"
    >>> _ = (folder / "imdb_wiki.csv").write_text(rows)
    >>> benchmark = kr.data.load_imdb_wiki_dir(folder, image_size=32, views=2)
    >>> (first, second), y, weight = next(iter(benchmark.train))
    >>> first.shape, second.shape
    (TensorShape([1, 32, 32, 3]), TensorShape([1, 32, 32, 3]))

    Reference: [Rothe, Timofte, Van Gool, IJCV 2018](
    https://data.vision.ee.ethz.ch/cvl/rrothe/imdb-wiki/),
    [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554)
    """
    data_dir = Path(data_dir)
    if split_file is None:
        split_file = data_dir / "imdb_wiki.csv"
        if download:
            fetch_split_file(SPLIT_URL, split_file)
    if download:
        fetch_imdb_wiki_faces(data_dir)
    return face_benchmark(
        name="imdb-wiki-dir",
        data_dir=data_dir,
        split_file=split_file,
        recipe=IMDB_WIKI_RECIPE,
        how_to_get_images=(
            "`download=True` fetches and unpacks the folders imdb_crop and wiki_crop (about 8 GB) "
            f"in '{data_dir}'; a folder that is there already is left alone, so delete it first "
            "when it is incomplete."
        ),
        published_sha256=None,
        image_size=image_size,
        batch_size=batch_size,
        seed=seed,
        views=views,
        cache=cache,
        check=check_images,
        resnet=resnet,
    )


def fetch_imdb_wiki_faces(data_dir) -> None:
    """Downloads and unpacks the two archives of faces, unless their folders are there."""
    for name in FOLDERS:
        folder = Path(data_dir) / name
        if not folder.exists():
            archive = download_file(f"{FACES_URL}{name}.tar", folder.with_suffix(".tar"))
            unpack_tar(archive, folder)
