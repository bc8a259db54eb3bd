"""AgeDB-DIR: the age of a face, 16,488 photographs, 1 to 101 years."""

import dataclasses
from pathlib import Path

from keras_ranksim.data.benchmark import Benchmark
from keras_ranksim.data.download import download_file
from keras_ranksim.data.faces.load_faces import FACE_RECIPE, load_faces
from keras_ranksim.labels.bins import LabelBins

SPLIT_URL = (
    "https://raw.githubusercontent.com/YyzHarry/imbalanced-regression/main/agedb-dir/data/agedb.csv"
)
SPLIT_SHA256 = "ab9f8d4c7099a9d74ec5094c42b6fe9f1927a166a48d2ab800a88b2fd6081252"
WHERE_TO_ASK = "https://ibug.doc.ic.ac.uk/resources/agedb/"

AGEDB_RECIPE = dataclasses.replace(
    FACE_RECIPE,
    epochs=120,
    fds_bins=LabelBins.uniform(start=3, stop=100, width=1),
)


def load_agedb_dir(
    data_dir, *, split_file=None, download: bool = False, verbose: bool = True, **options
) -> Benchmark:
    """Loads AgeDB-DIR, the age of a face from its photograph, with a ResNet-50.

    It expects, `data_dir` being any folder:

    ```
    data_dir/agedb.csv                              the split file: age, path, split
    data_dir/AgeDB/11706_OliviaHussey_31_f.jpg      and 16,487 more photographs
    ```

    The published split has 12,208 training, 2,140 validation and 2,140 test samples. The authors
    send the photographs on request.

    Args:
        data_dir: The folder.
        split_file: Another split file; `None` means `data_dir/agedb.csv`.
        download: Whether to download the published split file if it is missing.
        verbose: Whether to show progress bars.
        **options: `image_size`, `batch_size`, `seed`, `views`, `in_memory`, `check_images` and
            `resnet`, as in `load_faces`.

    Returns:
        A `Benchmark` whose pipelines yield images scaled to [-1, 1], ages and weights.

    Example:

    >>> import keras_ranksim as kr
    >>> benchmark = kr.data.load_agedb_dir("data", download=True)  # doctest: +SKIP

    Reference: [Moschoglou et al., CVPRW 2017](https://ibug.doc.ic.ac.uk/resources/agedb/),
    [Yang et al., ICML 2021](https://arxiv.org/abs/2102.09554)
    """
    data_dir = Path(data_dir)
    if split_file is None:
        split_file = data_dir / "agedb.csv"
        if download:
            download_file(SPLIT_URL, split_file, sha256=SPLIT_SHA256, verbose=verbose)
    benchmark = load_faces(
        data_dir,
        split_file,
        name="agedb-dir",
        recipe=AGEDB_RECIPE,
        advice=f"Ask the authors of AgeDB for the photographs at {WHERE_TO_ASK} (their zip needs "
        f"the password they send) and unpack it in '{data_dir}', so that "
        f"'{data_dir / 'AgeDB' / '11706_OliviaHussey_31_f.jpg'}' is one of them.",
        verbose=verbose,
        **options,
    )
    benchmark.facts["split_as_published"] = benchmark.facts["split_sha256"] == SPLIT_SHA256
    return benchmark
