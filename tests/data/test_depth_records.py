"""Depth maps in records: the same samples, weights and counts as from their own files."""

import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from drawn_depth import IMAGE_SIZE, all_of, draw, load, write_png

import keras_ranksim as kr

SPLITS = ("train", "val", "test")


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    draw(folder)
    benchmark = load(folder, seed=5, batch_size=2, test_depth_size=IMAGE_SIZE)
    weights = benchmark.label_weights(**benchmark.recipe.weights, **benchmark.recipe.lds)
    return benchmark.replace(weights=weights)


@pytest.fixture(scope="module")
def folder(benchmark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    kr.data.write_records(benchmark, folder, shards=3, verbose=False)
    return folder


def sorted_samples(dataset):
    images, depths, weights = all_of(dataset)
    order = np.argsort(images.sum(axis=(1, 2, 3)))
    return images[order], depths[order], weights[order]


def test_a_sample_of_an_epoch_is_the_one_its_files_make(benchmark, folder):
    again = kr.data.read_records(folder, seed=5)
    one = benchmark.replace()
    for split in ("train", "train", "val", "test"):
        for mine, its in zip(*(sorted_samples(getattr(b, split)) for b in (one, again))):
            np.testing.assert_array_equal(mine, its)
    for split in ("val", "test"):
        for mine, its in zip(all_of(getattr(one, split)), all_of(getattr(again, split))):
            np.testing.assert_array_equal(mine, its)


def test_the_masked_pixels_of_testing_stay_masked(benchmark, folder):
    *_, weights = all_of(kr.data.read_records(folder).test)
    assert weights.shape == (4, *IMAGE_SIZE)
    assert 0 < weights.sum() < weights.size


def test_the_benchmark_around_them_comes_back_too(benchmark, folder):
    again = kr.data.read_records(folder)
    np.testing.assert_array_equal(again.pixel_counts, benchmark.pixel_counts)
    np.testing.assert_array_equal(again.weights, benchmark.weights)
    assert (again.bins, again.recipe) == (benchmark.bins, benchmark.recipe)
    assert again.shot_limits == benchmark.shot_limits
    assert again.label_unit == "m"
    for split in SPLITS:
        np.testing.assert_array_equal(again.labels[split], benchmark.labels[split])
    table = again.label_weights(scheme="sqrt_inverse")
    np.testing.assert_array_equal(table, benchmark.label_weights(scheme="sqrt_inverse"))
    assert not (all_of(again.replace(weights=None).train)[2] != 1).any()


def test_files_are_stored_byte_by_byte(benchmark, folder):
    stored = {"image": set(), "depth": set()}
    for file in folder.glob("*.tfrecord"):
        for record in tf.data.TFRecordDataset(str(file)):
            features = tf.train.Example.FromString(record.numpy()).features.feature
            for name, found in stored.items():
                found.add(features[name].bytes_list.value[0])
    for name in stored:
        originals = {
            Path(path).read_bytes()
            for files in benchmark.make_pipeline.files.values()
            for path in files[name]
        }
        assert stored[name] == originals


def test_a_subset_that_was_counted_stays_the_one_that_counts(tmp_path):
    draw(tmp_path)
    benchmark = load(tmp_path, count_list="subset.csv", mask_file=None)
    kr.data.write_records(benchmark, tmp_path / "records", shards=2, verbose=False)
    again = kr.data.read_records(tmp_path / "records")
    assert len(again.labels["train"]) == 3
    assert len(all_of(again.train)[0]) == 9
    assert (all_of(again.test)[2] == 1).all()


def test_a_network_of_this_package_comes_back_with_its_head(tmp_path):
    draw(tmp_path)
    benchmark = load(tmp_path, make_network=None)
    kr.data.write_records(benchmark, tmp_path / "records", shards=2, verbose=False)
    again = kr.data.read_records(tmp_path / "records")
    for make in ("make_network", "make_head"):
        mine, its = getattr(benchmark, make), getattr(again, make)
        assert getattr(mine, "func", mine) is its.func
    assert benchmark.make_network.args == again.make_network.args
    assert benchmark.make_network.keywords == again.make_network.keywords


def test_another_network_must_be_set_again(folder):
    with pytest.raises(ValueError, match="`make_network` must be set again"):
        kr.data.read_records(folder).make_network()


def test_workers_share_the_files_out(folder):
    manifest = json.loads((folder / "records.json").read_text())
    sizes = [shard["samples"] for shard in manifest["splits"]["train"]]
    found = []
    for worker in range(2):
        context = tf.distribute.InputContext(2, worker, 2)
        dataset = kr.data.read_records(folder, input_context=context).train
        policy = dataset.options().experimental_distribute.auto_shard_policy
        assert policy == tf.data.experimental.AutoShardPolicy.FILE
        found.append(len(all_of(dataset)[0]))
    assert found == [sizes[0] + sizes[2], sizes[1]]


# What goes wrong


def test_two_views_are_refused(folder):
    with pytest.raises(ValueError, match="`views` must be 1 for dense labels"):
        _ = kr.data.read_records(folder, views=2).train


@pytest.mark.parametrize("name", ["office/2.jpg", "office/2.png"])
def test_a_broken_file_is_named_when_it_is_written_and_leaves_nothing(tmp_path, name):
    draw(tmp_path)
    benchmark = load(tmp_path)
    path = tmp_path / "nyu2_train" / name
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError, match=rf"{name}' cannot be decoded"):
        kr.data.write_records(benchmark, tmp_path / "records", verbose=False)
    assert list((tmp_path / "records").iterdir()) == []


def test_a_broken_file_that_was_not_checked_is_named_by_its_sample(tmp_path):
    draw(tmp_path)
    benchmark = load(tmp_path)
    write_png(tmp_path / "nyu2_test/00002_depth.png", np.ones((4, 4, 1), "uint16"))
    kr.data.write_records(
        benchmark, tmp_path / "records", shards=2, check_images=False, verbose=False
    )
    again = kr.data.read_records(tmp_path / "records")
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"test sample 2' of 4 x"):
        all_of(again.test)
