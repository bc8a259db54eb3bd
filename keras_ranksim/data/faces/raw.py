"""Ages of the raw photographs of AgeDB and IMDB-WIKI, and their random split."""

import re
from pathlib import Path

import numpy as np

from keras_ranksim.data.faces.load_faces import AGE_BINS
from keras_ranksim.labels.splits import balanced_split
from keras_ranksim.validation import optional_package

IMAGE_ENDINGS = {".jpg", ".jpeg", ".png"}
AGE_IN_NAME = re.compile(r"^.+_(\d{1,3})_[fm]$")
YEAR_ZERO = np.datetime64("0000-01-01", "D")


def agedb_faces(data_dir) -> tuple[np.ndarray, list[str]]:
    """Age and path of every photograph in `data_dir/AgeDB`, by file name.

    Args:
        data_dir: The folder that holds `AgeDB`, whose files are named as in
            `11706_OliviaHussey_31_f.jpg`: number, name, age, gender.

    Returns:
        The ages and the paths relative to `data_dir`, sorted by path.
    """
    folder = Path(data_dir) / "AgeDB"
    if not folder.is_dir():
        raise FileNotFoundError(f"There must be a folder of photographs at '{folder}'.")
    names = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in IMAGE_ENDINGS)
    matches = [AGE_IN_NAME.match(Path(name).stem) for name in names]
    strange = [name for name, match in zip(names, matches) if match is None]
    if strange or not names:
        received = f"{len(strange)} others, the first '{strange[0]}'" if strange else "no images"
        raise ValueError(
            f"Images in '{folder}' must be named as in '11706_OliviaHussey_31_f.jpg', number, "
            f"name, age and gender. Received: {received}"
        )
    ages = np.array([int(match.group(1)) for match in matches])
    return ages, [f"AgeDB/{name}" for name in names]


def imdb_wiki_faces(
    data_dir,
    min_face_score: float = 1.0,
    max_second_score: float = 0.0,
    max_age: int = 186,
) -> tuple[np.ndarray, list[str]]:
    """Age and path of the usable photographs of IMDB-WIKI, from its metadata.

    A photograph is usable if exactly one face was clearly detected in it and the age computed
    from the date of birth and the year of the photograph is possible.

    Args:
        data_dir: The folder that holds `imdb_crop/imdb.mat` and `wiki_crop/wiki.mat`.
        min_face_score: Lowest score of the face detector.
        max_second_score: Highest score of a second face.
        max_age: Highest age; the published training set goes up to 186, errors in its metadata
            included.

    Returns:
        The ages and the paths relative to `data_dir`, those of IMDB first.
    """
    ages, paths = [], []
    for database in ("imdb", "wiki"):
        faces = _metadata(Path(data_dir) / f"{database}_crop" / f"{database}.mat", database)
        age = ages_in_midyear(faces["dob"], faces["photo_taken"])
        usable = (faces["face_score"] >= min_face_score) & (age >= 0) & (age <= max_age)
        usable &= ~(faces["second_face_score"] > max_second_score)
        ages.append(age[usable].astype(int))
        paths += [f"{database}_crop/{path}" for path in faces["full_path"][usable]]
    return np.concatenate(ages), paths


def ages_in_midyear(birth, year) -> np.ndarray:
    """Age in the middle of a year, since only the year of a photograph is known.

    Args:
        birth: Dates of birth as MATLAB serial numbers, days from 1 on 1 January of year 0.
        year: Years of the photographs.

    Returns:
        Ages in whole years; NaN for an invalid date.

    Example:

    >>> from keras_ranksim.data.faces.raw import ages_in_midyear
    >>> ages_in_midyear([730486.0, 730668.0, 0.0], [2010, 2010, 2010])
    array([10.,  9., nan])
    """
    birth, year = np.asarray(birth, dtype="float64"), np.asarray(year, dtype="float64")
    known = np.isfinite(birth) & (birth >= 1)
    days = np.where(known, birth, 1).astype("int64") - 1
    months = (YEAR_ZERO + days).astype("datetime64[M]").astype("int64") + 1970 * 12
    birth_year, birth_month = months // 12, months % 12 + 1
    return np.where(known, year - birth_year - (birth_month >= 7), np.nan)


def split_ages(ages, max_per_age: int, seed: int) -> np.ndarray:
    """Assigns every age to `"train"`, `"val"` or `"test"`, the latter two balanced.

    A third of each age, at most `max_per_age`, goes to validation and as many to test; ages
    above 120, errors in the metadata, stay in training.
    """
    ages = np.asarray(ages)
    split = np.full(len(ages), "train")
    possible = np.flatnonzero(ages < AGE_BINS.edges[-1])
    split[possible] = balanced_split(ages[possible], AGE_BINS, max_per_age, 1 / 3, seed)
    return split


def _metadata(path, database):
    if not path.is_file():
        raise FileNotFoundError(
            f"There must be the metadata of the {database} photographs at '{path}'; it comes with "
            f"the archive {database}_crop.tar."
        )
    optional_package("scipy", "faces")
    import scipy.io

    table = scipy.io.loadmat(path)[database][0, 0]
    columns = {
        name: np.ravel(table[name]).astype("float64")
        for name in ("dob", "photo_taken", "face_score", "second_face_score")
    }
    files = [np.ravel(cell) for cell in np.ravel(table["full_path"])]
    return {**columns, "full_path": np.array([str(file[0]) for file in files])}
