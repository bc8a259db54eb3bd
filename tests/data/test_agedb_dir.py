"""AgeDB-DIR: the real split file, and the loader on a folder the tests draw."""

import csv
import functools
import http.server
import threading
from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.data.faces import agedb_dir
from keras_ranksim.data.faces.split_file import read_split_file
from keras_ranksim.data.images import training_image
from keras_ranksim.files import file_hash

SIZE = 48
TRAIN = 24


@pytest.fixture
def folder(tmp_path, random):
    """24 training, 4 validation and 4 test faces; sample i is `i` years old."""
    rows = []
    (tmp_path / "AgeDB").mkdir()
    for age in range(TRAIN + 8):
        name = f"AgeDB/{age}_Somebody_{age}_f.png"
        pixels = random.integers(0, 256, (SIZE, SIZE, 3), dtype="uint8")
        (tmp_path / name).write_bytes(tf.io.encode_png(pixels).numpy())
        rows.append(f"{age},{name},{'train' if age < TRAIN else 'val' if age % 2 else 'test'}")
    (tmp_path / "agedb.csv").write_text("\n".join(["age,path,split", *rows]) + "\n")
    return tmp_path


def load(folder, **options):
    return kr.data.load_agedb_dir(folder, **{"image_size": SIZE, "batch_size": 8, **options})


def one_epoch(dataset):
    """Images and ages of an epoch; images a list of views."""
    batches = [(tf.nest.flatten(x), y) for x, y, _ in dataset]
    views = [np.concatenate(view) for view in zip(*(x for x, _ in batches))]
    return views, np.concatenate([y for _, y in batches])[:, 0]


def rewrite(folder, change):
    lines = (folder / "agedb.csv").read_text().splitlines()
    (folder / "agedb.csv").write_text("\n".join(change(lines)) + "\n")


def test_the_published_split_has_the_published_sizes_and_shots(shared_data):
    split = read_split_file(shared_data / "agedb-dir" / "agedb.csv")
    assert [len(split.ages[part]) for part in ("train", "val", "test")] == [12208, 2140, 2140]
    assert split.paths["train"][0] == "AgeDB/11706_OliviaHussey_31_f.jpg"
    assert split.ages["train"][0] == 31
    bins = kr.LabelBins.uniform(0, 121, 1)
    for part, expected in {
        "train": {"many": 11154, "medium": 851, "few": 203},
        "val": {"many": 1530, "medium": 448, "few": 162},
        "test": {"many": 1530, "medium": 448, "few": 162},
    }.items():
        assert Counter(kr.shots(split.ages["train"], split.ages[part], bins).tolist()) == expected


def test_no_row_of_the_published_split_is_lost_or_changed(shared_data):
    path = shared_data / "agedb-dir" / "agedb.csv"
    split = read_split_file(path)
    with open(path, newline="") as file:
        expected = sorted((row["split"], row["path"], row["age"]) for row in csv.DictReader(file))
    found = sorted(
        (part, path, f"{age:g}")
        for part in ("train", "val", "test")
        for path, age in zip(split.paths[part], split.ages[part])
    )
    assert found == expected


def test_without_the_photographs_the_error_says_where_to_ask(shared_data):
    with pytest.raises(FileNotFoundError, match="16488 of the 16488 files") as error:
        kr.data.load_agedb_dir(shared_data / "agedb-dir")
    for part in ("11706_OliviaHussey_31_f.jpg", "https://ibug.doc.ic.ac.uk", "password", "AgeDB"):
        assert part in str(error.value)


def test_a_benchmark_has_the_papers_settings(folder):
    benchmark = load(folder, batch_size=None)
    assert benchmark.name == "agedb-dir"
    assert (benchmark.label_name, benchmark.label_unit) == ("age", "years")
    assert benchmark.batch_size == 256
    assert len(benchmark.bins) == 121
    recipe = benchmark.recipe
    assert (recipe.epochs, recipe.learning_rate, recipe.milestones) == (120, 1e-3, (60, 80))
    np.testing.assert_array_equal(recipe.fds_bins.edges[[0, -2]], [3, 99])
    assert benchmark.describe().loc["train", "all"] == TRAIN
    assert benchmark.facts["split_as_published"] is False


def test_evaluation_batches_are_in_order_and_not_augmented(folder):
    benchmark = load(folder)
    (images,), ages = one_epoch(benchmark.val)
    np.testing.assert_array_equal(ages, [25, 27, 29, 31])
    for image, age in zip(images, ages):
        path = folder / f"AgeDB/{age:.0f}_Somebody_{age:.0f}_f.png"
        pixels = tf.io.decode_png(path.read_bytes()).numpy()
        np.testing.assert_allclose(image, pixels / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(one_epoch(benchmark.test)[1], [24, 26, 28, 30])


def test_training_visits_every_sample_once_with_its_own_weight(folder):
    weights = np.linspace(0.5, 2, TRAIN)
    dataset = load(folder).replace(weights=weights).train
    seen = {float(age): float(w) for _, y, batch in dataset for age, w in zip(y[:, 0], batch)}
    assert seen == {float(age): np.float32(weights[age]) for age in range(TRAIN)}


def test_the_crop_differs_from_image_to_image(folder):
    (images,), ages = one_epoch(load(folder).train)
    offsets = set()
    for image, age in zip(images, ages):
        path = folder / f"AgeDB/{age:.0f}_Somebody_{age:.0f}_f.png"
        pixels = tf.io.decode_png(path.read_bytes()).numpy()
        padded = np.pad(pixels, ((16, 16), (16, 16), (0, 0)))
        view = np.round((image + 1) * 127.5)
        placed = [
            (top, left, mirrored)
            for top in range(33)
            for left in range(33)
            for mirrored in (1, -1)
            if np.array_equal(padded[top : top + SIZE, left : left + SIZE][:, ::mirrored], view)
        ]
        assert len(placed) == 1
        offsets.update(placed)
    assert len(offsets) > TRAIN - 4


def test_a_seed_repeats_an_epoch_exactly(folder):
    (first,), ages = one_epoch(load(folder, seed=3).train)
    (again,), same_ages = one_epoch(load(folder, seed=3).train)
    (_,), other_ages = one_epoch(load(folder, seed=4).train)
    np.testing.assert_array_equal(ages, same_ages)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(ages, other_ages)


def test_a_second_epoch_is_shuffled_and_cropped_again_and_can_be_resumed(folder):
    benchmark = load(folder)
    dataset = benchmark.train
    (first,), ages = one_epoch(dataset)
    (second,), second_ages = one_epoch(dataset)
    assert not np.array_equal(ages, second_ages)
    assert sorted(ages) == sorted(second_ages)
    assert not np.array_equal(first[np.argsort(ages)], second[np.argsort(second_ages)])
    (third,), third_ages = one_epoch(load(folder).dataset("train", epoch=1))
    np.testing.assert_array_equal(third_ages, second_ages)
    np.testing.assert_array_equal(third, second)


def test_two_views_of_each_image_and_a_plain_one_on_request(folder):
    benchmark = load(folder)
    (first, second), ages = one_epoch(benchmark.replace(views=2).train)
    assert not np.array_equal(first, second)
    (_, _, plain), same_ages = one_epoch(benchmark.replace(views=3).train)
    np.testing.assert_array_equal(ages, same_ages)
    path = folder / f"AgeDB/{ages[0]:.0f}_Somebody_{ages[0]:.0f}_f.png"
    pixels = tf.io.decode_png(path.read_bytes()).numpy()
    np.testing.assert_allclose(plain[0], pixels / 127.5 - 1, atol=1e-6)
    assert len(one_epoch(benchmark.replace(views=2).val)[0]) == 1


def test_images_kept_in_memory_are_the_same_and_are_read_once(folder, capsys):
    (images,), ages = one_epoch(load(folder, image_size=32).train)
    kept = load(folder, image_size=32, in_memory=True)
    (cached,), cached_ages = one_epoch(kept.train)
    np.testing.assert_array_equal(ages, cached_ages)
    np.testing.assert_array_equal(images, cached)
    for path in (folder / "AgeDB").iterdir():
        path.unlink()
    assert "24/24" in capsys.readouterr().err
    (again,), _ = one_epoch(kept.replace(seed=0).train)
    np.testing.assert_array_equal(again, images)


def test_augmentation_is_that_of_the_pure_function(folder):
    (images,), ages = one_epoch(load(folder, seed=5).train)
    age = int(ages[0])
    pixels = tf.io.decode_png((folder / f"AgeDB/{age}_Somebody_{age}_f.png").read_bytes())
    expected = training_image(pixels, tf.constant([5, age], dtype="int64"))
    np.testing.assert_array_equal(images[0], expected)


def test_a_network_trains_on_it(folder):
    benchmark = load(folder, image_size=32, views=1)
    inputs, embedding = benchmark.make_network()
    assert inputs.shape == (None, 32, 32, 3)
    assert embedding.shape == (None, 2048)
    small = keras.Input((32, 32, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(small))
    model = kr.ImbalancedRegressor(small, keras.layers.Dense(1)(pooled))
    model.compile("adam", loss="mae")
    history = model.fit(benchmark.train, validation_data=benchmark.val, epochs=2, verbose=0)
    assert np.isfinite(history.history["val_loss"]).all()


def test_a_truncated_photograph_is_named_in_training_and_beforehand(folder):
    path = folder / "AgeDB" / "7_Somebody_7_f.png"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"1 of 32 images cannot be decoded.*7_Somebody_7_f"):
        load(folder, check_images=True)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"7_Somebody_7_f\.png' cannot be"):
        one_epoch(load(folder).train)


def test_missing_photographs_are_counted_and_the_first_named(folder):
    for age in (3, 9, 11, 25):
        (folder / f"AgeDB/{age}_Somebody_{age}_f.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"4 of the 32 .*: .*3_Some.*11_S.*png, \.\.\."):
        load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: ["age,file,split", *lines[1:]], "columns age, file, split, without path"),
        (lambda lines: [*lines, "old,a.png,train"], "`age` must be a number .*'old' in line 34"),
        (lambda lines: [*lines, ",a.png,train"], "`age` must be a number .*'' in line 34, and 1 s"),
        (lambda lines: [*lines, "nan,a.png,val"], "`age` must be a number"),
        (lambda lines: [*lines, "inf,a.png,val"], "`age` must be a number"),
        (lambda lines: [*lines, "3,,val"], "`path` must name an image"),
        (lambda lines: [*lines, "3,a.png,dev"], "`split` must be one of train, val, test .*'dev'"),
        (lambda lines: lines[: 1 + TRAIN], "24 rows, none of val, test"),
        (lambda lines: lines[:1], "0 rows, none of train, val, test"),
        (lambda lines: [], "must be a CSV file with a header line|columns"),
        (lambda lines: [*lines, "1,2,3,4,5"], "must be a CSV file with a header line"),
    ],
)
def test_a_wrong_split_file_raises(folder, change, message):
    rewrite(folder, change)
    with pytest.raises(ValueError, match=message) as error:
        load(folder)
    assert "agedb.csv" in str(error.value)


def test_a_missing_split_file_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"split file .*agedb\.csv'; `download=True`"):
        load(tmp_path)


def test_another_split_file_can_be_given(folder):
    (folder / "agedb.csv").rename(folder / "mine.csv")
    assert len(load(folder, split_file=folder / "mine.csv").train_labels) == TRAIN


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_size": 0}, "`image_size` must be"),
        ({"image_size": 15}, "`image_size` must be at least 16 pixels"),
        ({"resnet": "v2"}, "`resnet` must be one of 'v1.5', 'v1'"),
        ({"views": 4}, "`views` must be one of"),
        ({"batch_size": 0}, "`batch_size` must be"),
    ],
)
def test_wrong_options_raise(folder, options, message):
    with pytest.raises(ValueError, match=message):
        load(folder, **options)


@pytest.fixture
def split_server(folder, tmp_path_factory, monkeypatch):
    """Serves the split file of the folder, which has none any more, from elsewhere."""
    site = tmp_path_factory.mktemp("site")
    (folder / "agedb.csv").rename(site / "agedb.csv")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=site)
    monkeypatch.setattr(http.server.SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/agedb.csv"
        monkeypatch.setattr(agedb_dir, "SPLIT_URL", url)
        yield site / "agedb.csv"
        server.shutdown()
        thread.join()


def test_the_split_file_is_fetched_and_checked_by_its_hash(split_server, folder, monkeypatch):
    monkeypatch.setattr(agedb_dir, "SPLIT_SHA256", file_hash(split_server))
    benchmark = load(folder, download=True)
    assert benchmark.facts["split_as_published"] is True
    assert (folder / "agedb.csv").read_bytes() == split_server.read_bytes()
    split_server.unlink()
    load(folder, download=True)


def test_a_split_file_with_another_hash_is_refused_and_not_kept(split_server, folder):
    with pytest.raises(ValueError, match=r"agedb\.csv must have the sha256 ab9f8d4c7099a9d7"):
        load(folder, download=True)
    assert sorted(path.name for path in folder.iterdir()) == ["AgeDB"]


def test_a_split_file_that_cannot_be_had_raises(split_server, folder):
    split_server.unlink()
    with pytest.raises(ConnectionError, match=r"agedb\.csv could not be downloaded: .*404"):
        load(folder, download=True)
    assert sorted(path.name for path in folder.iterdir()) == ["AgeDB"]


def test_the_hash_is_that_of_the_real_split_file(shared_data):
    path = shared_data / "agedb-dir" / "agedb.csv"
    assert file_hash(path) == agedb_dir.SPLIT_SHA256
