"""Records: written whole, read in a fixed order, shared out by file, the same samples as before."""

import functools

import keras
import numpy as np
import pandas
import pytest
import tensorflow as tf
from drawn_dots import SIZES, SPLITS, dots, places, samples

import keras_ranksim as kr


@pytest.fixture
def faces(tmp_path):
    """An age benchmark of JPEG files of several sizes."""
    random = np.random.default_rng(2)
    lines = ["age,path,split"]
    for number in range(24):
        shape = (16, 16, 3) if number % 3 else (20 + number, 18, 3)
        picture = random.integers(0, 256, shape, dtype="uint8")
        (tmp_path / f"{number}.jpg").write_bytes(tf.io.encode_jpeg(picture).numpy())
        lines.append(f"{20 + number},{number}.jpg,{('train', 'train', 'val', 'test')[number % 4]}")
    (tmp_path / "agedb.csv").write_text("\n".join(lines) + "\n")
    return kr.data.load_agedb_dir(tmp_path, image_size=16, batch_size=4, seed=3)


# What is written is what is read


def test_pictures_and_labels_come_back_as_they_were(written, folder):
    benchmark = written()
    again = kr.data.read_records(folder)
    for split in ("val", "test"):
        found = samples(getattr(again, split))
        assert len(found) == SIZES[split]
        for mine, its in zip(samples(getattr(benchmark, split)), found):
            np.testing.assert_array_equal(mine[0], its[0])
            assert mine[1:] == its[1:]


def test_the_benchmark_around_them_comes_back_too(written, folder):
    benchmark = written()
    again = kr.data.read_records(folder)
    for field in ("name", "batch_size", "label_name", "label_unit", "label_offset", "label_scale"):
        assert getattr(again, field) == getattr(benchmark, field)
    assert (again.bins, again.recipe) == (benchmark.bins, benchmark.recipe)
    assert again.shot_limits == benchmark.shot_limits
    assert again.facts == {"origin": "drawn"}
    for split in SPLITS:
        np.testing.assert_array_equal(again.labels[split], benchmark.labels[split])
    assert kr.data.read_records(folder, batch_size=9).batch_size == 9


def test_evaluation_keeps_the_order_of_the_labels(written, folder):
    written()
    again = kr.data.read_records(folder)
    assert places(again.val) == list(range(SIZES["val"]))
    assert places(again.test) == list(range(SIZES["test"]))


def test_jpeg_files_are_stored_byte_by_byte(tmp_path, faces):
    kr.data.write_records(faces, tmp_path / "records", shards=2, verbose=False)
    originals = {path.read_bytes() for path in tmp_path.glob("*.jpg")}
    stored = set()
    for file in (tmp_path / "records").glob("*.tfrecord"):
        for record in tf.data.TFRecordDataset(str(file)):
            features = tf.train.Example.FromString(record.numpy()).features.feature
            stored.add(features["image"].bytes_list.value[0])
    assert stored == originals


@pytest.mark.parametrize("views", [1, 3])
def test_a_sample_of_an_epoch_is_the_one_its_loader_makes(tmp_path, faces, views):
    kr.data.write_records(faces, tmp_path / "records", shards=3, verbose=False)
    again = kr.data.read_records(tmp_path / "records", seed=3, views=views)
    faces = faces.replace(views=views)
    for split in ("train", "train", "val"):
        one, other = (
            {float(y[0]): x for x, y, _ in _rows(getattr(benchmark, split), views)}
            for benchmark in (faces, again)
        )
        assert one.keys() == other.keys()
        for age, x in one.items():
            np.testing.assert_array_equal(other[age], x)


def _rows(dataset, views):
    for x, y, weight in dataset:
        stacked = np.stack([np.array(view) for view in x], 1) if isinstance(x, tuple) else x.numpy()
        yield from zip(stacked, y.numpy(), weight.numpy())


def test_portraits_in_records_are_portraits(tmp_path):
    portraits = kr.data.load_portraits(
        train_samples=12, evaluation_per_age=1, image_size=16, augment=True, verbose=False
    )
    kr.data.write_records(portraits, tmp_path, shards=2, verbose=False)
    again = kr.data.read_records(tmp_path)
    one, other = (
        sorted(
            (float(y[0]), x.round(4).tolist())
            for x, y, _ in samples(benchmark.dataset("train", epoch=4))
        )
        for benchmark in (portraits, again)
    )
    assert one == other
    inputs, embedding = again.make_network()
    assert inputs.shape == (None, 16, 16, 3)
    assert embedding.shape == portraits.make_network()[1].shape
    assert again.label_offset == portraits.label_offset


def test_images_of_a_table_in_records_keep_their_network(tmp_path):
    random = np.random.default_rng(4)
    table = pandas.DataFrame({"path": [f"{i}.png" for i in range(30)], "label": range(30)})
    for path in table["path"]:
        pixels = random.integers(0, 256, (16, 16, 3), dtype="uint8")
        keras.utils.save_img(tmp_path / path, pixels, scale=False)
    images = kr.data.load_images(table, images_dir=tmp_path, image_size=16, augment=False)
    kr.data.write_records(images, tmp_path / "records")
    again = kr.data.read_records(tmp_path / "records")
    np.testing.assert_array_equal(next(iter(again.test))[0], next(iter(images.test))[0])
    assert again.make_network()[1].shape == images.make_network()[1].shape


def test_weights_come_back_and_others_may_be_given(written, folder, random):
    weights = random.random(SIZES["train"]).astype("float32")
    written(weights=weights)
    again = kr.data.read_records(folder)
    np.testing.assert_array_equal(again.weights, weights)
    for benchmark in (again, again.replace(weights=weights * 2), again.replace(weights=None)):
        expected = np.ones(SIZES["train"]) if benchmark.weights is None else benchmark.weights
        for _, y, weight in samples(benchmark.train):
            assert weight == pytest.approx(expected[int(y[0]) // 2])
    assert {float(weight) for *_, weight in samples(again.val)} == {1.0}


def test_labels_may_be_vectors(written, folder):
    labels = {split: np.stack([np.arange(n), -np.arange(n)], 1) for split, n in SIZES.items()}
    written(labels=labels)
    again = kr.data.read_records(folder)
    np.testing.assert_array_equal([y for _, y, _ in samples(again.val)], labels["val"])
    assert again.labels["train"].shape == (SIZES["train"], 2)


def test_a_report_of_records_is_that_of_the_files(written, folder):
    benchmark = written()
    again = kr.data.read_records(folder)
    mean = keras.layers.GlobalAveragePooling2D()
    model = keras.Sequential([keras.Input((16, 18, 3)), mean, keras.layers.Dense(1)])
    reports = [
        kr.shot_report(
            source.labels["val"],
            model.predict(source.val, verbose=0),
            source.train_labels,
            source.bins,
        )
        for source in (benchmark, again)
    ]
    assert reports[0].loc["all", "n"] == SIZES["val"]
    pandas.testing.assert_frame_equal(*reports)


def test_a_bar_shows_how_far_writing_is(images, folder, capsys):
    kr.data.write_records(dots(images), folder, shards=2)
    assert "53/53" in capsys.readouterr().err


# What goes wrong


def test_a_failed_write_leaves_nothing_behind(tmp_path, faces):
    whole = (tmp_path / "10.jpg").read_bytes()
    (tmp_path / "10.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"Image '.*10.jpg' cannot be decoded"):
        kr.data.write_records(faces, tmp_path / "records", shards=2, verbose=False)
    assert list((tmp_path / "records").iterdir()) == []
    kr.data.write_records(faces, tmp_path / "records", shards=2, check_images=False, verbose=False)


def test_an_interrupted_write_is_noticed_and_can_be_repeated(written, folder):
    benchmark = written(shards=4)
    (folder / "records.json").unlink()
    (folder / "mine.txt").write_text("kept")
    with pytest.raises(FileNotFoundError, match=r"without 'records.json': .* was interrupted"):
        kr.data.read_records(folder)
    write = functools.partial(kr.data.write_records, benchmark, folder, shards=2, verbose=False)
    with pytest.raises(ValueError, match=r"unless overwrite=True .* with 12 such files"):
        write()
    write(overwrite=True)
    assert len(list(folder.glob("*-of-*"))) == 6
    assert (folder / "mine.txt").exists()
    with pytest.raises(ValueError, match=r"with 8 such files, the first '.*records.json'"):
        write()
    assert len(samples(kr.data.read_records(folder).train)) == SIZES["train"]


def test_missing_and_damaged_files_are_named_before_they_are_read(written, folder):
    written()
    first, second, third = sorted(folder.glob("train*"))[:3]
    contents = {path: path.read_bytes() for path in (first, second, third)}
    first.unlink()
    second.unlink()
    with pytest.raises(
        FileNotFoundError, match=r"2 of the 11 files .* are missing, the first: train-00000-of-0"
    ):
        kr.data.read_records(folder)
    first.write_bytes(contents[first])
    second.write_bytes(contents[second][:100])
    third.write_bytes(contents[third][:-1] + b"?")
    with pytest.raises(ValueError, match=rf"1 of the 11 .* damaged, the first: {second.name}"):
        kr.data.read_records(folder)
    second.write_bytes(contents[second])
    again = kr.data.read_records(folder)
    with pytest.raises(ValueError, match=rf"1 of the 11 .* damaged, the first: {third.name}"):
        kr.data.read_records(folder, verify=True)
    with pytest.raises(tf.errors.DataLossError):
        samples(again.train)
    third.write_bytes(contents[third])
    kr.data.read_records(folder, verify=True)
    third.unlink()
    with pytest.raises(tf.errors.NotFoundError, match=third.name):
        samples(again.train)


@pytest.mark.parametrize("text", ["{}", "[]", "not json", '{"format": "keras_ranksim records 1"}'])
def test_other_manifests_are_refused(tmp_path, text):
    (tmp_path / "records.json").write_text(text)
    with pytest.raises(ValueError, match=r"records.json' must describe 'keras_ranksim records 2'"):
        kr.data.read_records(tmp_path)


@pytest.mark.parametrize("odd", [[1, 2], None, "table"])
def test_only_benchmarks_of_images_can_be_written(folder, odd):
    if odd == "table":
        frame = pandas.DataFrame({"x": np.arange(40) % 3, "y": np.arange(40.0) % 4})
        odd = kr.data.load_table(frame, label="y")
    with pytest.raises(ValueError, match="`benchmark` must be a Benchmark of image files, depth"):
        kr.data.write_records(odd, folder)


def test_what_records_cannot_hold_must_be_set_again(written, folder):
    written(make_network=lambda: (1, 2))
    again = kr.data.read_records(folder)
    with pytest.raises(ValueError, match="`make_network` must be set again"):
        again.make_network()
    assert again.replace(make_network=lambda: (3, 4)).make_network() == (3, 4)


def test_shards_and_block_must_be_whole_numbers(written, folder):
    with pytest.raises(ValueError, match="`shards` must be a whole number"):
        written(shards=0)
    written()
    with pytest.raises(ValueError, match="`block` must be a whole number"):
        kr.data.read_records(folder, block=0)
    with pytest.raises(ValueError, match="`batch_size` must be a whole number"):
        kr.data.read_records(folder, batch_size=0)
