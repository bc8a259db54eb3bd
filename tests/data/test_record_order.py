"""The order of records: random in training, repeatable, shared by several workers."""

import json

import pytest
import tensorflow as tf
from drawn_dots import SIZES, places

import keras_ranksim as kr

# Order


def test_a_seed_repeats_epochs_and_each_has_an_order_of_its_own(written, folder):
    written(shards=1)
    one, again, other = (kr.data.read_records(folder, seed=seed) for seed in (1, 1, 2))
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


def test_training_samples_are_stored_and_read_in_random_order(written, folder):
    written(shards=4)
    stored = stored_places(folder)
    assert all(places != sorted(places) for places in stored)
    order = places(kr.data.read_records(folder, block=10).train)
    assert sorted(order) == list(range(SIZES["train"]))
    for file in stored:
        assert set(order[:10]) & set(file)
        assert file != [place for place in order if place in file]


def test_each_epoch_begins_with_other_files(written, folder):
    written(shards=20)
    stored = stored_places(folder)
    benchmark = kr.data.read_records(folder, block=8)
    train, begun = benchmark.train, []
    for _ in range(2):
        first = places(train)[:8]
        begun.append({n for n, file in enumerate(stored) if set(file) & set(first)})
    assert len(begun[0]) == len(begun[1]) == 8
    assert begun[0] != begun[1]


def test_files_hold_the_same_number_of_samples_but_one(written, folder):
    written(shards=4)
    manifest = json.loads((folder / "records.json").read_text())
    assert [shard["samples"] for shard in manifest["splits"]["train"]] == [14, 13, 13, 13]
    assert len(manifest["splits"]["test"]) == 3
    assert len(list(folder.glob("*.tfrecord"))) == 11


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
def test_two_workers_share_the_files_out(written, folder, split):
    written(shards=4)
    manifest = json.loads((folder / "records.json").read_text())
    sizes = [shard["samples"] for shard in manifest["splits"][split]]
    epochs = []
    for _ in range(2):
        shares = []
        for worker in range(2):
            benchmark = kr.data.read_records(folder)
            dataset = benchmark.dataset(split, epoch=len(epochs))
            policy = dataset.options().experimental_distribute.auto_shard_policy
            assert policy == tf.data.experimental.AutoShardPolicy.FILE
            shares.append(places(shared_by_tf_distribute(dataset, 2, worker)))
        assert not set(shares[0]) & set(shares[1])
        assert sorted(shares[0] + shares[1]) == list(range(SIZES[split]))
        assert len(shares[0]) in {a + b for a in sizes for b in sizes}
        epochs.append(shares)
    assert (epochs[0] == epochs[1]) is (split == "val")


def test_workers_that_know_their_number_share_the_files_out(written, folder):
    written(shards=4)
    shares = []
    for worker in range(2):
        context = tf.distribute.InputContext(2, worker, 2)
        benchmark = kr.data.read_records(folder, input_context=context)
        dataset = benchmark.train
        first = places(dataset)
        assert sorted(places(dataset)) == sorted(first)
        assert len(dataset) == -(-len(first) // benchmark.batch_size)
        shares.append(first)
    assert sorted(shares[0] + shares[1]) == list(range(SIZES["train"]))
    context = tf.distribute.InputContext(4, 3, 4)
    with pytest.raises(ValueError, match="at least 4 `shards`. Received: 3 files for 4 workers"):
        _ = kr.data.read_records(folder, input_context=context).test


def test_two_replicas_read_records_too(written, folder, two_replicas):
    written()
    strategy = two_replicas
    dataset = strategy.experimental_distribute_dataset(kr.data.read_records(folder).train)
    found = [
        int(y) // 2
        for _, labels, _ in dataset
        for part in strategy.experimental_local_results(labels)
        for y in part.numpy().ravel()
    ]
    assert sorted(found) == list(range(SIZES["train"]))
