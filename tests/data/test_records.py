"""Records: written whole, read in a fixed order, shared out by file, the same samples as before."""

import functools
import json

import numpy as np
import pytest
import tensorflow as tf

import keras_ranksim as kr
from keras_ranksim.data.records.batches import batches_from_records

SPLITS = ("train", "val", "test")
SIZES = {"train": 53, "val": 11, "test": 3}


def pictures(count, channels=3):
    """Pictures that differ in every pixel; the first pixel says which one it is."""
    array = np.random.default_rng(count).integers(0, 256, (count, 6, 8, channels), dtype="uint8")
    array[:, 0, 0, 0] = np.arange(count)
    return array


def dots(channels=3, **changes):
    """A benchmark of small pictures, and its pictures."""
    labels = {split: np.arange(count, dtype="float32") * 2 for split, count in SIZES.items()}
    images = {split: pictures(count, channels) for split, count in SIZES.items()}
    benchmark = kr.data.Benchmark.of(
        name="dots",
        labels=labels,
        bins=kr.LabelBins.uniform(0, 106, 2),
        make_pipeline=lambda split, benchmark: None,
        make_network=lambda: None,
        recipe=kr.data.Recipe(
            epochs=7,
            batch_size=5,
            learning_rate=0.1,
            milestones=(3, 5),
            fds={"variance_clip": (0.5, 2.0)},
            fds_bins=kr.LabelBins([0, 50, 106]),
        ),
        batch_size=5,
        label_name="place",
        label_unit="px",
        label_offset=4.0,
        label_scale=3.0,
        facts={"origin": "drawn", "not json": {1, 2}},
    )
    return benchmark.replace(**changes), images


def written(folder, shards=4, **changes):
    benchmark, images = dots(**changes)
    kr.data.write_records(benchmark, folder, images=images, shards=shards, progress=False)
    return benchmark, images


def samples(dataset):
    """Samples of a dataset, one (x, y, weight) each, as arrays."""
    return [sample for batch in dataset for sample in zip(*tf.nest.map_structure(np.array, batch))]


def places(dataset):
    return [int(y[0]) // 2 for _, y, _ in samples(dataset)]


def scaled(picture):
    return picture.astype("float32") / 127.5 - 1


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


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pictures_and_labels_come_back_as_they_were(tmp_path, channels):
    _, images = written(tmp_path / "records", channels=channels)
    again = kr.data.read_records(tmp_path / "records")
    for split in ("train", "test") if channels == 3 else ("test",):
        found = samples(getattr(again, split))
        assert len(found) == SIZES[split]
        for x, y, weight in found:
            assert (x.dtype, y.shape, float(weight)) == ("float32", (1,), 1.0)
            np.testing.assert_allclose(x, scaled(images[split][int(y[0]) // 2]), atol=1e-6)


def test_the_benchmark_around_them_comes_back_too(tmp_path):
    benchmark, _ = written(tmp_path)
    again = kr.data.read_records(tmp_path)
    for field in ("name", "batch_size", "label_name", "label_unit", "label_offset", "label_scale"):
        assert getattr(again, field) == getattr(benchmark, field)
    assert (again.bins, again.recipe) == (benchmark.bins, benchmark.recipe)
    assert again.shot_limits == benchmark.shot_limits
    assert again.facts == {"origin": "drawn"}
    for split in SPLITS:
        np.testing.assert_array_equal(again.labels[split], benchmark.labels[split])
    assert kr.data.read_records(tmp_path, batch_size=9).batch_size == 9


def test_evaluation_keeps_the_order_of_the_labels(tmp_path):
    written(tmp_path)
    again = kr.data.read_records(tmp_path)
    assert places(again.val) == list(range(SIZES["val"]))
    assert places(again.test) == list(range(SIZES["test"]))


def test_jpeg_files_are_stored_byte_by_byte(tmp_path, faces):
    kr.data.write_records(faces, tmp_path / "records", shards=2, progress=False)
    originals = {path.read_bytes() for path in tmp_path.glob("*.jpg")}
    stored = set()
    for file in (tmp_path / "records").glob("*.tfrecord"):
        for record in tf.data.TFRecordDataset(str(file)):
            features = tf.train.Example.FromString(record.numpy()).features.feature
            stored.add(features["image"].bytes_list.value[0])
            assert features["weight"].float_list.value[0] == 1
    assert stored == originals


@pytest.mark.parametrize("views", [1, 3])
def test_a_sample_of_an_epoch_is_the_one_its_loader_makes(tmp_path, faces, views):
    kr.data.write_records(faces, tmp_path / "records", shards=3, progress=False)
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
    kr.data.write_records(portraits, tmp_path, shards=2, progress=False)
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


def test_weights_come_back_and_others_may_be_given(tmp_path, random):
    weights = random.random(SIZES["train"]).astype("float32")
    written(tmp_path, weights=weights)
    again = kr.data.read_records(tmp_path)
    np.testing.assert_array_equal(again.weights, weights)
    for benchmark in (again, again.replace(weights=weights * 2), again.replace(weights=None)):
        expected = np.ones(SIZES["train"]) if benchmark.weights is None else benchmark.weights
        for _, y, weight in samples(benchmark.train):
            assert weight == pytest.approx(expected[int(y[0]) // 2])
    assert {float(weight) for *_, weight in samples(again.val)} == {1.0}


def test_labels_may_be_vectors(tmp_path):
    labels = {split: np.stack([np.arange(n), -np.arange(n)], 1) for split, n in SIZES.items()}
    written(tmp_path, labels=labels)
    again = kr.data.read_records(tmp_path)
    np.testing.assert_array_equal([y for _, y, _ in samples(again.val)], labels["val"])
    assert again.labels["train"].shape == (SIZES["train"], 2)


def test_images_are_resized_and_prepared_as_asked(tmp_path):
    _, images = written(tmp_path)
    resized = kr.data.read_records(tmp_path, image_size=3)
    assert resized.val.element_spec[0].shape == (None, 3, 3, 3)
    expected = tf.image.resize(images["val"][:1], (3, 3), antialias=True)[0].numpy()
    x, _, _ = samples(resized.val)[0]
    np.testing.assert_allclose((x + 1) * 127.5, expected, atol=0.51)
    mirrored = kr.data.read_records(
        tmp_path,
        image_size=(6, 8),
        prepare=lambda image, seed, views: image if seed is None else image[:, ::-1],
    )
    np.testing.assert_array_equal(samples(mirrored.val)[1][0], images["val"][1])
    for x, y, _ in samples(mirrored.train):
        np.testing.assert_array_equal(x, images["train"][int(y[0]) // 2][:, ::-1])


def test_datasets_of_arrays_or_of_file_bytes_can_be_written(tmp_path):
    _, images = dots()

    def dataset(split, encode):
        rows = [
            (tf.io.encode_png(picture) if encode else tf.constant(picture), number * 2, 0.5)
            for number, picture in enumerate(images[split])
        ]
        columns = tuple(tf.stack([row[column] for row in rows]) for column in range(3))
        return tf.data.Dataset.from_tensor_slices(columns)

    for encode in (True, False):
        source = {split: dataset(split, encode) for split in SPLITS}
        bins = kr.LabelBins.uniform(0, 106, 2)
        kr.data.write_records(
            source, tmp_path, bins=bins, name="own", shards=2, overwrite=True, progress=False
        )
        again = kr.data.read_records(tmp_path, image_size=(6, 8))
        assert (again.name, again.bins, again.recipe.epochs) == ("own", bins, 40)
        np.testing.assert_array_equal(again.labels["val"], np.arange(SIZES["val"]) * 2)
        np.testing.assert_array_equal(again.weights, np.full(SIZES["train"], 0.5))
        for x, y, _ in samples(again.train):
            np.testing.assert_allclose(x, scaled(images["train"][int(y[0]) // 2]), atol=1e-6)


def test_a_bar_shows_how_far_writing_is(tmp_path, capsys):
    benchmark, images = dots()
    kr.data.write_records(benchmark, tmp_path, images=images, shards=2)
    assert "53/53" in capsys.readouterr().err


# Order


def test_a_seed_repeats_epochs_and_each_has_an_order_of_its_own(tmp_path):
    written(tmp_path, shards=1)
    one, again, other = (kr.data.read_records(tmp_path, seed=seed) for seed in (1, 1, 2))
    dataset = one.train
    first, second = places(dataset), places(dataset)
    assert sorted(first) == sorted(second) == list(range(SIZES["train"]))
    assert first != second
    assert places(other.train) != first
    assert places(again.dataset("train", epoch=1)) == second


def stored_places(folder):
    """Places of the training samples of every file, in the order they are stored."""
    return [
        [
            tf.train.Example.FromString(record.numpy())
            .features.feature["index"]
            .int64_list.value[0]
            for record in tf.data.TFRecordDataset(str(file))
        ]
        for file in sorted(folder.glob("train*"))
    ]


def test_training_samples_are_stored_and_read_in_random_order(tmp_path):
    written(tmp_path, shards=4)
    stored = stored_places(tmp_path)
    assert all(places != sorted(places) for places in stored)
    order = places(kr.data.read_records(tmp_path, block=10).train)
    assert sorted(order) == list(range(SIZES["train"]))
    for file in stored:
        assert set(order[:10]) & set(file)
        assert file != [place for place in order if place in file]


def test_each_epoch_begins_with_other_files(tmp_path):
    written(tmp_path, shards=20)
    stored = stored_places(tmp_path)
    benchmark = kr.data.read_records(tmp_path, block=8)
    train, begun = benchmark.train, []
    for _ in range(2):
        first = places(train)[:8]
        begun.append({n for n, file in enumerate(stored) if set(file) & set(first)})
    assert len(begun[0]) == len(begun[1]) == 8
    assert begun[0] != begun[1]


def test_files_hold_the_same_number_of_samples_but_one(tmp_path):
    written(tmp_path, shards=4)
    manifest = json.loads((tmp_path / "records.json").read_text())
    assert [shard["samples"] for shard in manifest["splits"]["train"]] == [14, 13, 13, 13]
    assert len(manifest["splits"]["test"]) == 3
    assert len(list(tmp_path.glob("*.tfrecord"))) == 11


# Workers


def shared_by_tf_distribute(dataset, workers, worker):
    """What worker gets of a dataset under a strategy of several workers."""
    policy = dataset.options().experimental_distribute.auto_shard_policy
    spec = dataset.element_spec
    variant = tf.raw_ops.AutoShardDataset(
        input_dataset=tf.data.experimental.to_variant(dataset),
        num_workers=workers,
        index=worker,
        output_types=tf.nest.flatten(
            tf.nest.map_structure(lambda s: s.dtype, dataset.element_spec)
        ),
        output_shapes=tf.nest.flatten(
            tf.nest.map_structure(lambda s: s.shape, dataset.element_spec)
        ),
        auto_shard_policy=int(policy),
        num_replicas=workers,
    )
    return tf.data.experimental.from_variant(variant, spec)


@pytest.mark.parametrize("split", ["train", "val"])
def test_two_workers_share_the_files_out(tmp_path, split):
    written(tmp_path, shards=4)
    manifest = json.loads((tmp_path / "records.json").read_text())
    sizes = [shard["samples"] for shard in manifest["splits"][split]]
    epochs = []
    for _ in range(2):
        shares = []
        for worker in range(2):
            benchmark = kr.data.read_records(tmp_path)
            dataset = benchmark.dataset(split, epoch=len(epochs))
            policy = dataset.options().experimental_distribute.auto_shard_policy
            assert policy == tf.data.experimental.AutoShardPolicy.FILE
            shares.append(places(shared_by_tf_distribute(dataset, 2, worker)))
        assert not set(shares[0]) & set(shares[1])
        assert sorted(shares[0] + shares[1]) == list(range(SIZES[split]))
        assert len(shares[0]) in {a + b for a in sizes for b in sizes}
        epochs.append(shares)
    assert (epochs[0] == epochs[1]) is (split == "val")


def test_workers_that_know_their_number_share_the_files_out(tmp_path):
    written(tmp_path, shards=4)
    shares = []
    for worker in range(2):
        context = tf.distribute.InputContext(2, worker, 2)
        benchmark = kr.data.read_records(tmp_path, input_context=context)
        dataset = benchmark.train
        first = places(dataset)
        assert sorted(places(dataset)) == sorted(first)
        assert len(dataset) == -(-len(first) // benchmark.batch_size)
        shares.append(first)
    assert sorted(shares[0] + shares[1]) == list(range(SIZES["train"]))
    context = tf.distribute.InputContext(4, 3, 4)
    with pytest.raises(ValueError, match="at least 4 `shards`. Received: 3 files for 4 workers"):
        _ = kr.data.read_records(tmp_path, input_context=context).test


def test_two_replicas_read_records_too(tmp_path, two_replicas):
    written(tmp_path)
    strategy = two_replicas
    dataset = strategy.experimental_distribute_dataset(kr.data.read_records(tmp_path).train)
    found = [
        int(y) // 2
        for _, labels, _ in dataset
        for part in strategy.experimental_local_results(labels)
        for y in part.numpy().ravel()
    ]
    assert sorted(found) == list(range(SIZES["train"]))


# What goes wrong


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, faces):
    whole = (tmp_path / "10.jpg").read_bytes()
    (tmp_path / "10.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"Image '.*10.jpg' cannot be decoded"):
        kr.data.write_records(faces, tmp_path / "records", shards=2, progress=False)
    assert list((tmp_path / "records").iterdir()) == []
    kr.data.write_records(faces, tmp_path / "records", shards=2, check_images=False, progress=False)


def test_a_write_that_was_cut_off_is_noticed_and_can_be_repeated(tmp_path):
    benchmark, images = written(tmp_path, shards=4)
    (tmp_path / "records.json").unlink()
    (tmp_path / "val-00000.part").write_bytes(b"half")
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(FileNotFoundError, match=r"without 'records.json', which is written last"):
        kr.data.read_records(tmp_path)
    write = functools.partial(
        kr.data.write_records, benchmark, tmp_path, images=images, shards=2, progress=False
    )
    with pytest.raises(ValueError, match=r"with 12 record files, the first .* cut off"):
        write()
    write(overwrite=True)
    assert len(list(tmp_path.glob("*-of-*"))) == 6
    assert not list(tmp_path.glob("*.part"))
    assert (tmp_path / "mine.txt").exists()
    with pytest.raises(ValueError, match=r"unless overwrite=True .* there is a 'records.json'"):
        write()
    assert len(samples(kr.data.read_records(tmp_path).train)) == SIZES["train"]


def test_missing_and_damaged_files_are_named_before_they_are_read(tmp_path):
    written(tmp_path)
    first, second, third = sorted(tmp_path.glob("train*"))[:3]
    contents = {path: path.read_bytes() for path in (first, second, third)}
    first.unlink()
    second.unlink()
    with pytest.raises(
        FileNotFoundError, match=r"2 of the 12 files .* are missing, the first: train-00000-of-0"
    ):
        kr.data.read_records(tmp_path)
    first.write_bytes(contents[first])
    second.write_bytes(contents[second][:100])
    third.write_bytes(contents[third][:-1] + b"?")
    size = len(contents[second])
    with pytest.raises(ValueError, match=rf"1 of the 12 .* {second.name} \(100 of {size} bytes\)"):
        kr.data.read_records(tmp_path)
    second.write_bytes(contents[second])
    kr.data.read_records(tmp_path)
    with pytest.raises(ValueError, match=rf"1 of the 12 .* {third.name} \(another sha256"):
        kr.data.read_records(tmp_path, verify=True)
    labels = tmp_path / "records.npz"
    labels.write_bytes(labels.read_bytes()[:-1] + b"?")
    with pytest.raises(ValueError, match=r"records.npz \(another sha256 than when written\)"):
        kr.data.read_records(tmp_path)


@pytest.mark.parametrize("text", ["{}", "[]", "not json", '{"format": "keras_ranksim records 0"}'])
def test_other_manifests_are_told(tmp_path, text):
    (tmp_path / "records.json").write_text(text)
    with pytest.raises(ValueError, match=r"records.json' must describe 'keras_ranksim records 1'"):
        kr.data.read_records(tmp_path)


@pytest.mark.parametrize("place", [0, -5])
def test_a_file_damaged_later_is_named_when_it_is_met(tmp_path, place):
    written(tmp_path)
    benchmark = kr.data.read_records(tmp_path)
    file = sorted(tmp_path.glob("train*"))[2]
    contents = bytearray(file.read_bytes())
    contents[place] ^= 1
    file.write_bytes(contents)
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"file is damaged.*{file.name}"):
        samples(benchmark.train)
    file.write_bytes(contents[:50])
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"file is damaged.*{file.name}"):
        samples(benchmark.train)
    file.unlink()
    with pytest.raises(tf.errors.NotFoundError, match=file.name):
        samples(benchmark.train)


def test_sources_that_cannot_be_written_are_told(tmp_path, faces):
    benchmark, images = dots()
    write = functools.partial(kr.data.write_records, folder=tmp_path / "new", progress=False)
    for source, arguments, message in [
        (benchmark, {}, "`images` must hold the images of each split.*benchmark 'dots'"),
        (benchmark, {"images": {"train": images["train"]}}, r"Received: \['train'\]"),
        (
            benchmark,
            {"images": {**images, "val": images["val"][:5]}},
            "Received: 5 images and 11 labels of the val split",
        ),
        (
            benchmark,
            {"images": {**images, "val": images["val"] / 255}},
            "`images` of the val split must be paths .* Received: float64 of shape",
        ),
        (benchmark, {"images": images, "shards": 0}, "`shards` must be a whole number"),
        (
            benchmark.replace(pixel_counts=np.ones(53)),
            {"images": images},
            "whose labels are images themselves",
        ),
        ({"train": None}, {}, r"dictionary of the datasets .* Received: \['train'\]"),
        ([1, 2], {}, "Received: list"),
    ]:
        with pytest.raises(ValueError, match=message):
            write(source, **arguments)
    paths = {split: [f"{split}{n}.jpg" for n in range(count)] for split, count in SIZES.items()}
    with pytest.raises(FileNotFoundError, match=r"53 of the 53 images .* the first: train0.jpg"):
        write(benchmark, images=paths)


def test_datasets_that_cannot_be_written_are_told(tmp_path):
    bins = kr.LabelBins.uniform(0, 106, 2)
    write = functools.partial(
        kr.data.write_records, folder=tmp_path / "new", bins=bins, progress=False
    )

    def source(images, labels):
        return dict.fromkeys(SPLITS, tf.data.Dataset.from_tensor_slices((images, labels)))

    whole = source(pictures(4), [1.0, 2.0, 3.0, 4.0])
    with pytest.raises(ValueError, match="`bins` must be a keras_ranksim.LabelBins"):
        write(whole, bins=None)
    batched = {split: dataset.batch(2) for split, dataset in whole.items()}
    floats = source(pictures(4) / 255, [1, 2, 3, 4])
    for odd in (batched, floats, dict.fromkeys(SPLITS, tf.data.Dataset.range(3))):
        with pytest.raises(ValueError, match="The train dataset must yield .*, unbatched"):
            write(odd)
    with pytest.raises(ValueError, match="must be a finite number. Received: nan at sample 2"):
        write(source(pictures(4), [1.0, 2.0, np.nan, 4.0]))
    with pytest.raises(ValueError, match="The val split must not be empty"):
        write({**whole, "val": whole["val"].take(0)})
    assert list((tmp_path / "new").iterdir()) == []


def test_what_records_cannot_hold_is_asked_for(tmp_path):
    benchmark, images = written(tmp_path / "one")
    again = kr.data.read_records(tmp_path / "one")
    with pytest.raises(ValueError, match="`make_network` must be passed to read_records"):
        again.make_network()
    network = functools.partial(kr.networks.mlp, 4)
    assert kr.data.read_records(tmp_path / "one", make_network=network).make_network is network
    with pytest.raises(ValueError, match="`views` must be 1 for records .* pass `prepare`"):
        _ = again.replace(views=2).train
    paths = {}
    for split, array in images.items():
        paths[split] = [tmp_path / f"{split}{number}.png" for number in range(len(array))]
        for path, picture in zip(paths[split], array):
            path.write_bytes(tf.io.encode_png(picture).numpy())
    kr.data.write_records(benchmark, tmp_path / "two", images=paths, progress=False)
    with pytest.raises(ValueError, match="`image_size` must be given for '.*two', whose images"):
        kr.data.read_records(tmp_path / "two")
    with pytest.raises(ValueError, match="`image_size` must be a whole number"):
        kr.data.read_records(tmp_path / "two", image_size=0)
    assert places(kr.data.read_records(tmp_path / "two", image_size=8).val) == list(range(11))


def test_batch_and_block_must_be_whole_numbers(tmp_path):
    written(tmp_path)
    with pytest.raises(ValueError, match="`block` must be a whole number"):
        _ = kr.data.read_records(tmp_path, block=0).train
    with pytest.raises(ValueError, match="`batch_size` must be a whole number"):
        batches_from_records(["a"], [1], None, batch_size=0)
