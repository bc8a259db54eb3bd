"""Splits balanced validation and test sets off the STS-B files of GLUE.

    python -m keras_ranksim.data.sentences.sts_b_split --glue-dir glue/STS-B --output my-sts-b-dir

Then `kr.data.load_sts_b_dir("my-sts-b-dir", verify=False)`.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

import numpy as np

from keras_ranksim.data.sentences.sts_b_files import (
    FILES,
    LARGEST_SCORE,
    Pairs,
    read_pairs,
    repeated_pairs,
)
from keras_ranksim.files import whole_file
from keras_ranksim.labels.bins import LabelBins
from keras_ranksim.labels.splits import balanced_split
from keras_ranksim.validation import positive_integer

GLUE_FILES = ("train.tsv", "dev.tsv")


def split_glue(
    glue_dir, output, *, bins: int = 20, pairs_per_bin: int = 50, seed: int = 0
) -> dict[str, Pairs]:
    """Splits STS-B again: balanced validation and test sets, the rest for training.

    From every bin of scores, `pairs_per_bin` random pairs go to validation and as many to test.
    GLUE's `test.tsv` has no scores and is not used.

    Args:
        glue_dir: Folder with GLUE's `train.tsv` and `dev.tsv` of STS-B.
        output: Folder to write `train_new.tsv`, `dev_new.tsv` and `test_new.tsv` to; existing
            files are not replaced.
        bins: Bins of the scores from 0 to 5.
        pairs_per_bin: Pairs per bin in validation, and in test.
        seed: Seed of the draw.

    Returns:
        The pairs of `"train"`, `"val"` and `"test"`.
    """
    positive_integer("bins", bins, "bins of the scores")
    positive_integer("pairs_per_bin", pairs_per_bin, "pairs per bin in each evaluation set")
    output = Path(output)
    existing = [name for name in FILES.values() if (output / name).exists()]
    if existing:
        raise FileExistsError(
            "`output` must be a folder without an earlier split. "
            f"Received: output='{output}', which holds {', '.join(existing)}"
        )
    sources = [Path(glue_dir) / name for name in GLUE_FILES]
    pairs = _together([read_pairs(path) for path in sources])
    edges = LabelBins.uniform(0, LARGEST_SCORE, LARGEST_SCORE / bins)
    counts = edges.count(pairs.scores)
    if counts.min() < 2 * pairs_per_bin:
        raise ValueError(
            "`pairs_per_bin` must be at most half of the pairs of every bin. Received: "
            f"pairs_per_bin={pairs_per_bin}, with {counts.min()} pairs in bin {counts.argmin()} "
            f"of {bins}"
        )
    parts = balanced_split(pairs.scores, edges, pairs_per_bin, fraction=0.5, seed=seed)
    header = sources[0].read_bytes().decode("utf-8-sig").split("\n")[0].rstrip("\r")
    cut = {part: _chosen(pairs, np.flatnonzero(parts == part)) for part in FILES}
    with contextlib.ExitStack() as files:  # Renames all three files, or none.
        for part, name in FILES.items():
            lines = [header, *cut[part].lines]
            file = files.enter_context(whole_file(output / name))
            file.write_bytes("".join(f"{line}\n" for line in lines).encode())
    return cut


def _together(files):
    return Pairs(
        first=[sentence for pairs in files for sentence in pairs.first],
        second=[sentence for pairs in files for sentence in pairs.second],
        scores=np.concatenate([pairs.scores for pairs in files]),
        lines=[line for pairs in files for line in pairs.lines],
    )


def _chosen(pairs, index):
    return Pairs(
        first=[pairs.first[i] for i in index],
        second=[pairs.second[i] for i in index],
        scores=pairs.scores[index],
        lines=[pairs.lines[i] for i in index],
    )


def main(arguments: list[str] | None = None) -> None:
    """The command described at the top of this file."""
    parser = argparse.ArgumentParser(
        prog="python -m keras_ranksim.data.sentences.sts_b_split",
        description="Splits balanced validation and test sets off the STS-B files of GLUE.",
    )
    parser.add_argument("--glue-dir", required=True, help="folder with train.tsv and dev.tsv")
    parser.add_argument("--output", required=True, help="folder to write the new split to")
    parser.add_argument("--bins", type=int, default=20, help="bins of the scores (%(default)s)")
    parser.add_argument(
        "--pairs-per-bin", type=int, default=50, help="of each evaluation set (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the draw (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        cut = split_glue(
            options.glue_dir,
            options.output,
            bins=options.bins,
            pairs_per_bin=options.pairs_per_bin,
            seed=options.seed,
        )
    except (ValueError, OSError) as error:
        parser.error(str(error))
    edges = LabelBins.uniform(0, LARGEST_SCORE, LARGEST_SCORE / options.bins)
    for part, pairs in cut.items():
        counts = " ".join(str(count) for count in edges.count(pairs.scores))
        sys.stdout.write(f"{FILES[part]}: {len(pairs)} pairs; by bin: {counts}\n")
        if part != "train":
            repeated = repeated_pairs(pairs, cut["train"])
            sys.stdout.write(f"  {repeated} of them have the sentences of a training pair\n")


if __name__ == "__main__":
    main()
