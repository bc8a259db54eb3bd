"""The files of STS-B-DIR: sources, hashes, pairs of sentences."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from keras_ranksim.data.download import download_file
from keras_ranksim.files import file_hash

FILES = {"train": "train_new.tsv", "val": "dev_new.tsv", "test": "test_new.tsv"}
SHA256 = {
    "yang": {
        "train": "4da3322ae29f7ad1b7d03cdeafcb2480c276e5df1d08737678a7856697218a9a",
        "val": "9ec12d785aa817ffe4b0f88fde442d3bf57161d8cbeaa84aaa1fdf764cca6dd6",
        "test": "55f90b3c5a0b2947d5ff64c41536191e9e1ba3bb5ffe64aca5465ab25fa8e94c",
    },
    "ranksim": {
        "train": "cc71336eb2061891c3f165fa9f812c780f1e86eca0f81e62b4da49ecb9dfb3d1",
        "val": "e5b56cd14e68a5d02ec2a05bfe11d1a45d74582170e61e679c1288f05aa82535",
        "test": "8fd7e51459a3deb30adedde0d6a777fea60d2f8a4c65ac86c76d25ca560f3bc8",
    },
}
# Fixed commits, so that the files cannot change.
SOURCES = {
    "yang": "https://raw.githubusercontent.com/YyzHarry/imbalanced-regression/"
    "c37d6f46d35e5a0b37277d8d925ad112ed8ef487/sts-b-dir/glue_data/STS-B",
    "ranksim": "https://raw.githubusercontent.com/BorealisAI/ranksim-imbalanced-regression/"
    "b08052da550d61837b1218106f688a732d06bcca/sts-b-dir/glue_data/STS-B",
}
COLUMNS = 10
FIRST, SECOND, SCORE = 7, 8, 9
LARGEST_SCORE = 5.0


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Pairs of sentences and how similar they are.

    Args:
        first: First sentences.
        second: Second sentences.
        scores: Similarity scores from 0 to 5, float32.
        lines: The lines of the file that they come from.
    """

    first: list[str]
    second: list[str]
    scores: np.ndarray
    lines: list[str]

    def __len__(self):
        return len(self.scores)


def read_pairs(path) -> Pairs:
    """Reads pairs of sentences from a file in the format of GLUE's STS-B.

    A header line, then one pair per line: ten columns separated by tabs, the sentences in the
    eighth and ninth, the score in the tenth. Quotes are ordinary characters, and only a line feed
    ends a line.

    Args:
        path: The file, UTF-8.

    Returns:
        The `Pairs`, in the order of the file.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path} must be a file of sentence pairs. Received: no such file")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be encoded in UTF-8. Received: {error}") from error
    header, *lines = [line.rstrip("\r") for line in text.split("\n")]
    rows = [_row(path, 1, header)]
    if rows[0][FIRST:] != ["sentence1", "sentence2", "score"]:
        raise ValueError(
            f"{path} must begin with a header line that ends in sentence1, sentence2, score. "
            f"Received: {header[:100]!r}"
        )
    if lines and lines[-1] == "":
        lines = lines[:-1]
    rows = [_row(path, number, line) for number, line in enumerate(lines, start=2)]
    scores = [_score(path, number, row[SCORE]) for number, row in enumerate(rows, start=2)]
    return Pairs(
        first=[row[FIRST] for row in rows],
        second=[row[SECOND] for row in rows],
        scores=np.array(scores, dtype="float32"),
        lines=lines,
    )


def _row(path, number, line):
    row = line.split("\t")
    if len(row) != COLUMNS:
        raise ValueError(
            f"Every line of {path} must have {COLUMNS} columns separated by tabs. "
            f"Received: line {number} with {len(row)}, {line[:80]!r}"
        )
    return row


def _score(path, number, text):
    try:
        score = float(text)
    except ValueError:
        score = np.nan
    if not 0 <= score <= LARGEST_SCORE:
        raise ValueError(
            f"Every score of {path} must be a number from 0 to {LARGEST_SCORE:g}. "
            f"Received: {text!r} in line {number}"
        )
    return score


def repeated_pairs(pairs: Pairs, train: Pairs) -> int:
    """How many of `pairs` also occur, with the same sentences, among the training pairs."""
    trained = set(zip(train.first, train.second))
    return sum(pair in trained for pair in zip(pairs.first, pairs.second))


def find_files(
    data_dir, split: str, *, download: bool = False, verbose: bool = True
) -> dict[str, Path]:
    """The paths of the three files, in `data_dir` itself or in its folder named like the split."""
    data_dir = Path(data_dir)
    folders = [data_dir / split, data_dir]
    folder = next(
        (f for f in folders if any((f / name).is_file() for name in FILES.values())), None
    )
    folder = folders[0] if folder is None else folder
    paths = {part: folder / name for part, name in FILES.items()}
    if download:
        for part, path in paths.items():
            url = f"{SOURCES[split]}/{path.name}"
            download_file(url, path, sha256=SHA256[split][part], verbose=verbose)
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise FileNotFoundError(
            f"`data_dir` must hold {', '.join(FILES.values())}, itself or in its folder "
            f"'{split}'; `download=True` downloads them. Received: data_dir='{data_dir}', without "
            f"{', '.join(missing)}"
        )
    return paths


def published_split(paths: dict[str, Path]) -> str:
    """The name of the published split that these files are, or `"own"`."""
    hashes = {part: file_hash(path) for part, path in paths.items()}
    return next((split for split, known in SHA256.items() if known == hashes), "own")


def check_published(paths: dict[str, Path], split: str) -> None:
    """Raises unless the files are those of the published split, and says what they are."""
    known = {digest: (name, part) for name in SHA256 for part, digest in SHA256[name].items()}
    for part, path in paths.items():
        digest = file_hash(path)
        if digest == SHA256[split][part]:
            continue
        other = known.get(digest)
        found = (
            f"the file {FILES[other[1]]} of the split '{other[0]}'"
            if other
            else f"a file with the sha256 {digest}, which neither published split has"
        )
        raise ValueError(
            f"{path} must be the published file of the split '{split}'; `verify=False` allows "
            f"files of your own. Received: {found}"
        )
