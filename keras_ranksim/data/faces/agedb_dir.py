"""AgeDB-DIR: the age of a face, 16,488 photographs, 1 to 101 years."""

from pathlib import Path

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.faces.benchmark import CONR, face_benchmark
from keras_ranksim.data.faces.split_file import fetch_split_file
from keras_ranksim.data.recipe import Recipe
from keras_ranksim.labels.bins import LabelBins

SPLIT_URL = (
    "https://raw.githubusercontent.com/YyzHarry/imbalanced-regression/main/agedb-dir/data/agedb.csv"
)
SPLIT_SHA256 = "ab9f8d4c7099a9d74ec5094c42b6fe9f1927a166a48d2ab800a88b2fd6081252"
WHERE_TO_ASK = "https://ibug.doc.ic.ac.uk/resources/agedb/"

AGEDB_RECIPE = Recipe(
    epochs=120,
    batch_size=256,
    learning_rate=1e-3,
    milestones=(60, 80),
    fds_bins=LabelBins.uniform(start=3, stop=100, width=1),
    conr=CONR,
    conr_views=3,
)


def load_agedb_dir(
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
    """AgeDB-DIR, the age of a face from its photograph, with a ResNet-50.

    What it expects on disk, `data_dir` being any folder:

    ```
    data_dir/agedb.csv                              the split file: age, path, split
    data_dir/AgeDB/11706_OliviaHussey_31_f.jpg      and 16,487 more photographs
    ```

    The published split has 12,208 training, 2,140 validation and 2,140 test samples. The
    photographs are given on request by their authors.

    Args:
        data_dir: The folder.
        image_size: Height and width the images are resized to; below 224 for quick trials.
        batch_size: Samples of a batch; `None` takes the recipe's.
        seed: Seed of shuffling and augmentation.
        views: 1; or 2 for a tuple of two independently augmented views of each training
            image; or 3 for those two and, third, the image as evaluation sees it.
        cache: Whether to keep the resized images in memory once read: `3 * image_size ** 2`
            bytes each, 1.8 GB for the training images at 224, and twice that while they
            are read.
        check_images: Whether to decode every file once now, rather than meet a broken one
            in training.
        download: Whether to fetch the published split file when there is none.
        split_file: Another split file; `None` means `data_dir/agedb.csv`.
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
    >>> _ = (folder / "agedb.csv").write_text(rows)
    >>> benchmark = kr.data.load_agedb_dir(folder, image_size=32)
    >>> x, y, weight = next(iter(benchmark.train))
    >>> x.shape, y.numpy()
    (TensorShape([1, 32, 32, 3]), array([[31.]], dtype=float32))

    Reference: [Moschoglou et al., CVPRW 2017](https://ibug.doc.ic.ac.uk/resources/agedb/),
    [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554)
    """
    data_dir = Path(data_dir)
    if split_file is None:
        split_file = data_dir / "agedb.csv"
        if download:
            fetch_split_file(SPLIT_URL, split_file, SPLIT_SHA256)
    return face_benchmark(
        name="agedb-dir",
        data_dir=data_dir,
        split_file=split_file,
        recipe=AGEDB_RECIPE,
        how_to_get_images=(
            f"Ask the authors of AgeDB for the photographs at {WHERE_TO_ASK} (their zip needs the "
            f"password they send) and unpack it in '{data_dir}', so that "
            f"'{data_dir / 'AgeDB' / '11706_OliviaHussey_31_f.jpg'}' is one of them."
        ),
        published_sha256=SPLIT_SHA256,
        image_size=image_size,
        batch_size=batch_size,
        seed=seed,
        views=views,
        cache=cache,
        check=check_images,
        resnet=resnet,
    )
