"""Writes the split file of an age benchmark from its raw photographs.

    python -m keras_ranksim.data.faces.splits agedb --data-dir data/agedb
    python -m keras_ranksim.data.faces.splits imdb_wiki --data-dir data/imdb-wiki

It cannot reproduce the published split files, whose random draw is unknown. To compare with the
papers, use theirs (`download=True`); use this for other draws, sizes or filters.
"""

import argparse
from pathlib import Path

from keras_ranksim.data.faces.raw import agedb_faces, imdb_wiki_faces, split_ages
from keras_ranksim.data.faces.split_file import SPLITS, write_split_file

MAX_PER_AGE = {"agedb": 30, "imdb_wiki": 150}


def main(arguments=None) -> None:
    """Runs the command and prints the counts."""
    parser = argparse.ArgumentParser(
        prog="python -m keras_ranksim.data.faces.splits",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dataset", choices=sorted(MAX_PER_AGE))
    parser.add_argument("--data-dir", required=True, help="folder of the raw photographs")
    parser.add_argument("--output", help="the file to write (default: DATA_DIR/DATASET.csv)")
    parser.add_argument(
        "--max-per-age",
        type=int,
        help="maximum samples per age in validation, and in test (default: 30; imdb_wiki 150)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the draw")
    parser.add_argument(
        "--min-face-score",
        type=float,
        default=1.0,
        help="imdb_wiki: lowest score of the face detector (default: 1.0)",
    )
    parser.add_argument(
        "--max-age", type=int, default=186, help="imdb_wiki: highest age to keep (default: 186)"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
    chosen = parser.parse_args(arguments)
    output = Path(chosen.output or Path(chosen.data_dir, f"{chosen.dataset}.csv"))
    if output.exists() and not chosen.overwrite:
        parser.error(f"'{output}' exists; name another --output or add --overwrite")
    try:
        if chosen.dataset == "agedb":
            ages, paths = agedb_faces(chosen.data_dir)
        else:
            ages, paths = imdb_wiki_faces(
                chosen.data_dir, chosen.min_face_score, max_age=chosen.max_age
            )
        max_per_age = chosen.max_per_age
        max_per_age = MAX_PER_AGE[chosen.dataset] if max_per_age is None else max_per_age
        split = split_ages(ages, max_per_age, chosen.seed)
    except (FileNotFoundError, ImportError, ValueError) as error:
        parser.error(str(error))
    write_split_file(output, ages, paths, split)
    counts = ", ".join(f"{int((split == name).sum()):,} {name}" for name in SPLITS)
    print(f"{len(ages):,} faces, ages {ages.min()} to {ages.max()}: {counts}")  # noqa: T201
    print(f"Written to {output}")  # noqa: T201


if __name__ == "__main__":
    main()
