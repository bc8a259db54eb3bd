"""IMDB-WIKI-DIR: the age of a face, 213,553 photographs from film and encyclopedia pages."""

from pathlib import Path

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.download import download_file, unpack_tar
from keras_ranksim.data.faces.load_faces import FACE_RECIPE, load_faces

SPLIT_URL = (
    "https://raw.githubusercontent.com/YyzHarry/imbalanced-regression/main/"
    "imdb-wiki-dir/data/imdb_wiki.csv"
)
FACES_URL = "https://data.vision.ee.ethz.ch/cvl/rrothe/imdb-wiki/static/"
FOLDERS = ("imdb_crop", "wiki_crop")


def load_imdb_wiki_dir(
    data_dir, *, split_file=None, download: bool = False, verbose: bool = True, **options
) -> Benchmark:
    """Loads IMDB-WIKI-DIR, the age of a face from its photograph, with a ResNet-50.

    It expects, `data_dir` being any folder:

    ```
    data_dir/imdb_wiki.csv      the split file: age, path, split
    data_dir/imdb_crop/...      the unpacked imdb_crop.tar
    data_dir/wiki_crop/...      the unpacked wiki_crop.tar
    ```

    The published split has 191,509 training, 11,022 validation and 11,022 test samples.
    `download=True` downloads and unpacks what is missing, about 8 GB. If that is interrupted, the
    same call resumes. The archives may be deleted afterwards.

    Args:
        data_dir: The folder.
        split_file: Another split file; `None` means `data_dir/imdb_wiki.csv`.
        download: Whether to download what is missing.
        verbose: Whether to show progress bars.
        **options: `image_size`, `batch_size`, `seed`, `views`, `in_memory`, `check_images` and
            `resnet`, as in `load_faces`.

    Returns:
        A `Benchmark` whose pipelines yield images scaled to [-1, 1], ages and weights.

    Example:

    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_imdb_wiki_dir("data", download=True)  # doctest: +SKIP

    Reference: [Rothe, Timofte, Van Gool, IJCV 2018](
    https://data.vision.ee.ethz.ch/cvl/rrothe/imdb-wiki/),
    [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554)
    """
    data_dir = Path(data_dir)
    if split_file is None:
        split_file = data_dir / "imdb_wiki.csv"
        if download:
            download_file(SPLIT_URL, split_file, verbose=verbose)
    for name in FOLDERS if download else ():
        if not (data_dir / name).exists():
            archive = data_dir / f"{name}.tar"
            download_file(f"{FACES_URL}{name}.tar", archive, verbose=verbose)
            unpack_tar(archive, data_dir / name, verbose=verbose)
    return load_faces(
        data_dir,
        split_file,
        name="imdb-wiki-dir",
        recipe=FACE_RECIPE,
        advice="`download=True` downloads and unpacks the folders imdb_crop and wiki_crop (about "
        f"8 GB) in '{data_dir}'; a folder that exists is left alone, so delete it first if it is "
        "incomplete.",
        verbose=verbose,
        **options,
    )
