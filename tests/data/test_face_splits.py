"""Split files made from raw photographs and their metadata."""

import datetime
import re
import sys
from collections import Counter

import numpy as np
import pytest

from keras_ranksim.data.faces.raw import ages_in_midyear, split_ages
from keras_ranksim.data.faces.split_file import read_split_file
from keras_ranksim.data.faces.splits import main

scipy_io = pytest.importorskip("scipy.io")


def matlab_date(year, month, day):
    """MATLAB's serial number: its day 1 is 366 days before Python's."""
    return datetime.date(year, month, day).toordinal() + 366.0


def agedb_folder(folder, ages):
    (folder / "AgeDB").mkdir()
    for number, age in enumerate(ages):
        (folder / "AgeDB" / f"{number}_Some_Body_{age}_{'fm'[number % 2]}.jpg").touch()


def metadata(folder, database, rows):
    """Writes `.mat` metadata of `(path, birth, year, face score, second score)`."""
    path, birth, year, score, second = zip(*rows)
    cells = np.empty((1, len(path)), dtype=object)
    cells[0] = path
    (folder / f"{database}_crop").mkdir()
    table = {
        "dob": np.array([birth], dtype="float64"),
        "photo_taken": np.array([year], dtype="uint16"),
        "full_path": cells,
        "face_score": np.array([score], dtype="float64"),
        "second_face_score": np.array([second], dtype="float64"),
    }
    scipy_io.savemat(folder / f"{database}_crop" / f"{database}.mat", {database: table})


def test_ages_are_those_of_the_middle_of_the_year():
    births = [(1950, 1, 1), (1950, 6, 30), (1950, 7, 1), (1950, 12, 31), (1896, 2, 29)]
    ages = ages_in_midyear([matlab_date(*birth) for birth in births], [2000] * 5)
    np.testing.assert_array_equal(ages, [50, 50, 49, 49, 104])


def test_a_date_of_birth_that_is_none_gives_no_age():
    assert np.isnan(ages_in_midyear([np.nan, 0.0, -5.0], [2000, 2000, 2000])).all()


def test_agedb_ages_are_read_from_the_file_names(tmp_path, capsys):
    agedb_folder(tmp_path, [30] * 9 + [70] * 3 + [101])
    (tmp_path / "AgeDB" / "Thumbs.db").touch()
    main(["agedb", "--data-dir", str(tmp_path)])
    said = capsys.readouterr().out
    assert "13 faces, ages 30 to 101: 5 train, 4 val, 4 test" in said
    assert str(tmp_path / "agedb.csv") in said
    split = read_split_file(tmp_path / "agedb.csv")
    assert Counter(split.ages["test"].tolist()) == {30: 3, 70: 1}
    for part in ("train", "val", "test"):
        for age, path in zip(split.ages[part], split.paths[part]):
            assert path.startswith("AgeDB/")
            assert f"_{age:.0f}_" in path
            assert (tmp_path / path).exists()


def test_the_real_ages_give_the_published_sizes(shared_data):
    split = read_split_file(shared_data / "agedb-dir" / "agedb.csv")
    ages = np.concatenate(list(split.ages.values()))
    counts = Counter(split_ages(ages, max_per_age=30, seed=0).tolist())
    assert counts == {"train": 12208, "val": 2140, "test": 2140}


def test_the_most_of_an_age_is_bounded_and_a_seed_repeats_the_draw():
    ages = np.array([20] * 300 + [60] * 5)
    split = split_ages(ages, max_per_age=40, seed=1)
    assert Counter(split[ages == 20].tolist()) == {"train": 220, "val": 40, "test": 40}
    assert Counter(split[ages == 60].tolist()) == {"train": 3, "val": 1, "test": 1}
    np.testing.assert_array_equal(split, split_ages(ages, max_per_age=40, seed=1))
    assert (split != split_ages(ages, max_per_age=40, seed=2)).any()


def test_ages_above_120_are_only_trained_on():
    assert set(split_ages([121, 150, 186] * 30, max_per_age=30, seed=0)) == {"train"}
    assert set(split_ages([120] * 9, max_per_age=30, seed=0)) == {"train", "val", "test"}


def test_imdb_wiki_keeps_clear_single_faces_of_possible_age(tmp_path, capsys):
    born, nan = matlab_date(1950, 1, 10), np.nan
    metadata(
        tmp_path,
        "imdb",
        [
            ("01/good.jpg", born, 1980, 3.2, nan),
            ("01/at the limit.jpg", born, 1980, 1.0, nan),
            ("01/dim.jpg", born, 1980, 0.9, nan),
            ("01/no face.jpg", born, 1980, -np.inf, nan),
            ("01/two faces.jpg", born, 1980, 3.2, 1.5),
            ("01/unborn.jpg", born, 1940, 3.2, nan),
            ("01/no date.jpg", nan, 1980, 3.2, nan),
            ("01/too old.jpg", matlab_date(1800, 1, 1), 1990, 3.2, nan),
            ("01/oldest.jpg", matlab_date(1800, 1, 1), 1986, 3.2, nan),
        ],
    )
    wiki = [(f"00/{i}.jpg", matlab_date(1950, 9, 1), 2000, 2.0, nan) for i in range(7)]
    metadata(tmp_path, "wiki", wiki)
    output = tmp_path / "new" / "mine.csv"
    main(["imdb_wiki", "--data-dir", str(tmp_path), "--output", str(output), "--seed", "3"])
    assert "10 faces, ages 30 to 186: 6 train, 2 val, 2 test" in capsys.readouterr().out
    split = read_split_file(output)
    ages = {
        path: age
        for part in split.paths
        for path, age in zip(split.paths[part], split.ages[part].tolist())
    }
    assert ages == {
        "imdb_crop/01/good.jpg": 30,
        "imdb_crop/01/at the limit.jpg": 30,
        "imdb_crop/01/oldest.jpg": 186,
        **{f"wiki_crop/00/{i}.jpg": 49 for i in range(7)},
    }


def test_the_filters_can_be_moved(tmp_path, capsys):
    born = matlab_date(1950, 1, 10)
    rows = [(f"{year}.jpg", born, year, year / 1000, np.nan) for year in (1980, 2000, 2050)]
    metadata(tmp_path, "imdb", rows)
    metadata(tmp_path, "wiki", rows)
    options = ["--min-face-score", "1.99", "--max-age", "60"]
    main(["imdb_wiki", "--data-dir", str(tmp_path), *options])
    assert "2 faces, ages 50 to 50" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("prepare", "dataset", "message"),
    [
        (lambda folder: None, "agedb", "There must be a folder of photographs at"),
        (lambda folder: (folder / "AgeDB").mkdir(), "agedb", "must be named as in .*no images"),
        (lambda folder: None, "imdb_wiki", "There must be the metadata of the imdb photographs"),
        (lambda folder: (folder / "agedb.csv").touch(), "agedb", "exists; name another --output"),
    ],
)
def test_the_command_says_what_is_wrong_in_one_sentence(
    tmp_path, capsys, prepare, dataset, message
):
    prepare(tmp_path)
    with pytest.raises(SystemExit):
        main([dataset, "--data-dir", str(tmp_path)])
    assert re.search(message, capsys.readouterr().err.replace("\n", " "))


def test_a_strange_file_name_raises(tmp_path, capsys):
    agedb_folder(tmp_path, [30, 40])
    (tmp_path / "AgeDB" / "portrait.jpg").touch()
    with pytest.raises(SystemExit):
        main(["agedb", "--data-dir", str(tmp_path)])
    assert "1 others, the first 'portrait.jpg'" in capsys.readouterr().err


def test_an_existing_split_file_is_replaced_only_with_overwrite(tmp_path):
    agedb_folder(tmp_path, [30] * 9)
    (tmp_path / "agedb.csv").write_text("mine")
    with pytest.raises(SystemExit):
        main(["agedb", "--data-dir", str(tmp_path)])
    assert (tmp_path / "agedb.csv").read_text() == "mine"
    main(["agedb", "--data-dir", str(tmp_path), "--overwrite"])
    assert len(read_split_file(tmp_path / "agedb.csv").ages["train"]) == 3


def test_without_scipy_the_command_says_what_to_install(tmp_path, capsys, monkeypatch):
    born = matlab_date(1950, 1, 1)
    metadata(tmp_path, "imdb", [("a.jpg", born, 1980, 3.0, np.nan)])
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(SystemExit):
        main(["imdb_wiki", "--data-dir", str(tmp_path)])
    assert "pip install 'keras_ranksim[faces]'" in capsys.readouterr().err.replace("\n", " ")
